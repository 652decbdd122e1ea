// A phone's own judgement of a call, RFC 6035: the body of a PUBLISH (application/vq-rtcpxr), or the same text
// in HEP type 35. It names the call (CallID), which its own PUBLISH is not part of.
//
//   VQSessionReport: CallTerm
//   CallID: 12345@…                  LocalAddr: IP=10.0.0.1 PORT=5000 SSRC=0x1234
//   LocalMetrics:
//   PacketLoss: NLR=5.0 JDR=2.0      percent          QualityEst: MOSLQ=4.2 MOSCQ=4.1 RCQ=85
//   RemoteMetrics:                   the same of the other end
//   DialogID: …
//
// Where no LocalMetrics line comes first the metrics are local ones. Limits: LINES_MAX, METRICS_MAX.
import type { StreamQuality, VqReport } from './report.ts'
import { addressText } from './report-json.ts'
import { streamQuality } from './stream-quality.ts'

const LINES_MAX = 200
const METRICS_MAX = 128
/** RFC 6035 §4.6.2: lines of metrics. */
const METRIC_LINES = new Set([
  ...['timestamps', 'sessiondesc', 'jitterbuffer', 'packetloss', 'burstgaploss', 'delay'],
  ...['signal', 'qualityest'],
])
const BEGIN = /^[ \t]*(VQ(?:Session|Interval|Alert)Report)\b/m

/** Reads such a report out of a body, or anything with one in it; undefined without. */
export function readVqReport(text: string): VqReport | undefined {
  const begin = BEGIN.exec(text)
  if (begin === null) return undefined
  const heads: Record<string, string> = {}
  const sides = { local: {} as Record<string, string>, remote: {} as Record<string, string> }
  let side: 'local' | 'remote' = 'local'
  for (const line of text.slice(begin.index).split(/\r?\n/, LINES_MAX)) {
    const [, name = '', value = ''] = /^\s*([\w-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    const lower = name.toLowerCase()
    if (lower === 'localmetrics') side = 'local'
    else if (lower === 'remotemetrics') side = 'remote'
    else if (METRIC_LINES.has(lower)) addPairs(sides[side], value)
    else if (name !== '' && !Object.hasOwn(heads, lower)) heads[lower] = value
  }
  return reportOf(begin[1]!, heads, sides)
}

function reportOf(
  name: string,
  heads: Readonly<Record<string, string>>,
  { local, remote }: Pick<VqReport, 'local' | 'remote'>,
): VqReport {
  const localAddr = pairsOf(heads.localaddr)
  const remoteAddr = pairsOf(heads.remoteaddr)
  return {
    kind: 'vq',
    name,
    ...{ local, remote },
    localAddress: addressText(localAddr.IP ?? '', Number(localAddr.PORT)),
    remoteAddress: addressText(remoteAddr.IP ?? '', Number(remoteAddr.PORT)),
    callId: heads.callid || (heads.dialogid ?? '').split(/[;\s]/, 1)[0]!,
    // What a side received, the other one sent.
    streams: [streamOf('local', local, remoteAddr), streamOf('remote', remote, localAddr)].flat(),
  }
}

function streamOf(
  side: 'local' | 'remote',
  metrics: Readonly<Record<string, string>>,
  sender: Readonly<Record<string, string>>,
): readonly StreamQuality[] {
  if (Object.keys(metrics).length === 0) return []
  const of = (name: string) => numberIn(metrics[name])
  const share = (name: string) => {
    const percent = of(name)
    return percent === undefined ? undefined : percent / 100
  }
  const said = ['MOSLQ', 'MOSCQ'].map(of).filter((mos) => mos !== undefined && mos >= 1 && mos <= 5)
  return [
    streamQuality({
      side,
      ssrc: sender.SSRC === undefined ? undefined : Number(sender.SSRC),
      lossShare: share('NLR'),
      discardShare: share('JDR'),
      jitterMs: of('IAJ'),
      jitterMsMax: of('MAJ'),
      roundTripMs: of('RTD'),
      mos: said.length > 0 ? Math.min(...(said as number[])) : undefined,
      rating: of('RCQ') ?? of('RLQ'),
      codec: codecOf(metrics),
    }),
  ]
}

const codecOf = ({ PD = '', SR = '' }: Readonly<Record<string, string>>): string =>
  PD !== '' && /^\d+$/.test(SR) ? `${PD}/${SR}` : PD

function numberIn(text: string | undefined): number | undefined {
  const number = Number.parseFloat(text ?? '')
  return Number.isFinite(number) ? number : undefined
}

function pairsOf(text: string | undefined): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {}
  addPairs(pairs, text ?? '')
  return pairs
}

/** NAME=value, NAME="some words"; the first of a name counts. */
function addPairs(pairs: Record<string, string>, text: string): void {
  let room = METRICS_MAX - Object.keys(pairs).length
  for (const [, name = '', quoted, bare = ''] of text.matchAll(
    /([A-Za-z]\w*)=(?:"([^"]*)"|(\S*))/g,
  )) {
    const key = name.toUpperCase()
    if (room <= 0) return
    if (Object.hasOwn(pairs, key)) continue
    pairs[key] = quoted ?? bare
    room -= 1
  }
}
