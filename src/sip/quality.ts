// The worst quality anybody reported of a call's media, as MOS, from what its messages say:
//
//   RTCP as JSON (HEP type 5)     each block of each report: loss, jitter, round trip
//   BYE and responses to it       X-RTP-Stat (AVM, AudioCodes, baresip), P-RTP-Stat (Cisco, Yealink),
//                                 RTP-RxStat (Cisco phones)
//
//   P-RTP-Stat: PS=300,OS=48000,PR=365,OR=58400,PL=0,JI=0,LA=0,DU=7
//   X-RTP-Stat: CS=1000;PR=1463;PS=1490;PL=3,0;JI=3.0,2.1;EN=PCMA/8000;DE=PCMA/8000
//                                       └ here, there: the worse of both counts
//
// A MOS given outright (MOS, MOSLQ, MOSCQ, MLQK) is taken as it is, else e-model.ts computes one. What
// is absurd, and a report on no packets, says nothing. RTCP counts jitter in ticks of the media clock and
// names no codec: 8 kHz is taken, as of telephony, and G.711.
import { mosOfStream } from './e-model.ts'
import { customHeaders } from './headers.ts'
import type { TracedMessage } from './message.ts'
import { parseRtcp, type RtcpBlock } from './rtcp.ts'

const RTCP = 5
const CLOCK_PER_MS = 8
/** More than that is a clock that is wrong, no line: by satellite it is 600. */
const ROUND_TRIP_MS_MAX = 1_000
const JITTER_MS_MAX = 1_000
const REPORT_HEADERS = ['x-rtp-stat', 'p-rtp-stat', 'rtp-rxstat']

/** The lowest MOS of the messages; undefined when nobody says anything about media. */
export function worstMosOf(messages: readonly TracedMessage[]): number | undefined {
  let worst: number | undefined
  for (const message of messages) {
    const mos = mosOfMessage(message)
    if (mos !== undefined && (worst === undefined || mos < worst)) worst = mos
  }
  return worst
}

// The writer asks this of every message: a payload may be a view that is made when it is asked for.
function mosOfMessage(message: TracedMessage): number | undefined {
  if (message.protocolType === RTCP) return mosOfRtcp(message.payload, message.atUs)
  const { sip } = message
  if (sip === undefined || sip.cseqMethod !== 'BYE' || sip.mayReport === false) return undefined
  const reports = Object.values(customHeaders(message.payload, REPORT_HEADERS))
  return lowest(reports.flatMap((report) => mosOfReport(report) ?? []))
}

function mosOfRtcp(payload: Buffer, atUs: number): number | undefined {
  const blocks = parseRtcp(payload, atUs)?.blocks ?? []
  return lowest(blocks.filter(isMeasured).map(mosOfBlock))
}

/** One that is all zeros was filled in by somebody who knew nothing. */
function isMeasured({ ssrc, fractionLost, jitter }: RtcpBlock): boolean {
  return ssrc !== 0 || fractionLost > 0 || jitter > 0
}

function mosOfBlock({ fractionLost, jitter, roundTripMs = 0 }: RtcpBlock): number {
  const jitterMs = jitter / CLOCK_PER_MS
  return mosOfStream({
    lossShare: fractionLost,
    jitterMs: jitterMs <= JITTER_MS_MAX ? jitterMs : 0,
    roundTripMs: roundTripMs <= ROUND_TRIP_MS_MAX ? roundTripMs : 0,
  })
}

/** MOS of a header's value; undefined when it holds no measure of received media. */
export function mosOfReport(report: string): number | undefined {
  const values = valuesOf(report)
  const given = ['MOS', 'MOSLQ', 'MOSCQ', 'MLQK'].flatMap((name) => numbersOf(values.get(name)))
  const known = lowest(given.filter((mos) => mos >= 1 && mos <= 5))
  if (known !== undefined) return known
  const lossShare = lossShareOf(values)
  if (lossShare === undefined) return undefined
  return mosOfStream({
    lossShare,
    jitterMs: worst(values.get('JI') ?? values.get('AVGJIT'), JITTER_MS_MAX),
    roundTripMs: worst(values.get('LA'), ROUND_TRIP_MS_MAX),
    codec: values.get('DE') ?? values.get('EN'),
  })
}

/** A comma parts pairs, unless what follows is no name: then it parts the numbers of one value. */
const PAIR = /([A-Za-z]+)=\s*((?:[^;,=\s]|,(?!\s*[A-Za-z]+=))*)/g
const PAIRS_MAX = 64
const NUMBER_MAX = 1e12

/** By upper-case name. */
function valuesOf(report: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  PAIR.lastIndex = 0
  for (let count = 0; count < PAIRS_MAX; count += 1) {
    const pair = PAIR.exec(report)
    if (pair === null) break
    values.set(pair[1]!.toUpperCase(), pair[2]!)
  }
  return values
}

function numbersOf(text: string | undefined): readonly number[] {
  if (text === undefined) return []
  const numbers = text.split(',').map((part) => Number.parseFloat(part))
  return numbers.filter((number) => number >= 0 && number <= NUMBER_MAX)
}

function lossShareOf(values: ReadonlyMap<string, string>): number | undefined {
  const [received = 0] = numbersOf(values.get('PR') ?? values.get('PKT'))
  const [sent = 0] = numbersOf(values.get('PS'))
  const [lostHere = 0, lostThere = 0] = numbersOf(values.get('PL') ?? values.get('LOSTPKT'))
  // Of a stream nobody received nothing is known: silence on one side has many reasons.
  if (received === 0) return undefined
  const there = sent > 0 ? Math.min(1, lostThere / sent) : 0
  return Math.max(lostHere / (received + lostHere), there)
}

function worst(text: string | undefined, max: number): number {
  return Math.max(0, ...numbersOf(text).filter((number) => number <= max))
}

function lowest(numbers: readonly number[]): number | undefined {
  return numbers.length > 0 ? Math.min(...numbers) : undefined
}
