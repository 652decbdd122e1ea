// What a phone sums up when it hangs up, in headers of its BYE or of the answer to it:
//
//   X-RTP-Stat    AVM, snom, AudioCodes, baresip     CS=1000;PR=1463;PS=1490;PL=3,0;JI=3.0,2.1;EN=PCMA/8000
//   P-RTP-Stat    Cisco gateways, Yealink            PS=300,OS=48000,PR=365,OR=58400,PL=0,JI=0,LA=0,DU=7
//   RTP-RxStat    Cisco phones                       Dur=29,Pkt=1426,LostPkt=0,AvgJit=0,VQMetrics="MLQK=4.5;…"
//                                                    └ of two numbers, here and there, the worse counts
//
// A MOS given outright (MOS, MOSLQ, MOSCQ, MLQK) is taken as it is, else the E-model computes one. What is
// absurd, and a report on no packets, says nothing.
import { customHeaders } from '../headers.ts'
import type { PhoneReport, StreamQuality } from './report.ts'
import { streamQuality } from './stream-quality.ts'

const REPORT_HEADERS = ['x-rtp-stat', 'p-rtp-stat', 'rtp-rxstat']
const SENT_NAMES: Readonly<Record<string, string>> = {
  'x-rtp-stat': 'X-RTP-Stat',
  'p-rtp-stat': 'P-RTP-Stat',
  'rtp-rxstat': 'RTP-RxStat',
}

/** Reads the headers of a SIP message; undefined when none reports. Of several, one stream each. */
export function readPhoneReport(payload: Buffer): PhoneReport | undefined {
  const found = Object.entries(customHeaders(payload, REPORT_HEADERS))
  if (found.length === 0) return undefined
  const values = found.map(([, text]) => valuesOf(text))
  return {
    kind: 'phone',
    header: found.map(([name]) => SENT_NAMES[name]).join(', '),
    values: Object.assign({}, ...values.toReversed()),
    callId: '',
    streams: values.map(streamOf),
  }
}

/** The quality a header's value tells of. */
export const phoneQuality = (text: string): StreamQuality => streamOf(valuesOf(text))

/** A comma parts pairs, unless what follows is no name: then it parts the numbers of one value. */
const PAIR = /([A-Za-z]+)=\s*((?:[^;,=\s]|,(?!\s*[A-Za-z]+=))*)/g
const PAIRS_MAX = 64
const NUMBER_MAX = 1e12
const MS_MAX = 1_000

type Values = Readonly<Record<string, string>>

/** By upper-case name. */
function valuesOf(text: string): Values {
  const values: Record<string, string> = {}
  PAIR.lastIndex = 0
  for (let count = 0; count < PAIRS_MAX; count += 1) {
    const pair = PAIR.exec(text)
    if (pair === null) break
    values[pair[1]!.toUpperCase()] = pair[2]!
  }
  return values
}

function streamOf(values: Values): StreamQuality {
  const given = ['MOS', 'MOSLQ', 'MOSCQ', 'MLQK'].flatMap((name) => numbersOf(values[name]))
  const said = given.filter((mos) => mos >= 1 && mos <= 5)
  const [received] = numbersOf(values.PR ?? values.PKT)
  return streamQuality({
    packets: received,
    packetsLost: numbersOf(values.PL ?? values.LOSTPKT)[0],
    lossShare: lossShareOf(values),
    jitterMs: worst(values.JI ?? values.AVGJIT),
    roundTripMs: worst(values.LA) ?? numbersOf(values.DL)[0],
    mos: said.length > 0 ? Math.min(...said) : undefined,
    rating: numbersOf(values.RLQ ?? values.RCQ)[0],
    codec: values.DE ?? values.EN ?? '',
  })
}

function numbersOf(text: string | undefined): readonly number[] {
  if (text === undefined) return []
  const numbers = text.split(',').map((part) => Number.parseFloat(part))
  return numbers.filter((number) => number >= 0 && number <= NUMBER_MAX)
}

function lossShareOf(values: Values): number | undefined {
  const [received = 0] = numbersOf(values.PR ?? values.PKT)
  const [sent = 0] = numbersOf(values.PS)
  const [lostHere = 0, lostThere = 0] = numbersOf(values.PL ?? values.LOSTPKT)
  // Of a stream nobody received nothing is known: silence on one side has many reasons.
  if (received === 0) return undefined
  const there = sent > 0 ? Math.min(1, lostThere / sent) : 0
  return Math.max(lostHere / (received + lostHere), there)
}

function worst(text: string | undefined): number | undefined {
  const numbers = numbersOf(text).filter((number) => number <= MS_MAX)
  return numbers.length > 0 ? Math.max(...numbers) : undefined
}
