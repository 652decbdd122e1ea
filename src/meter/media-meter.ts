// Counts reports on media. Gauges hold the last value of each, in the units in which heplify-server has them;
// the histograms take every stream of every report, in seconds and shares.
import { type MediaReport, type QualityReport, readMediaReport } from '#sip'
import { tellBorder } from './border-meter.ts'
import type { Cell, Family } from './family.ts'
import type { Tables } from './tables.ts'
import type { Targets } from './targets.ts'

/** What is counted as an alert. */
const ALERTS = /^(warn|err|crit|alert|emerg|fatal|panic|severe)/
/** Beyond this a counter of RTCP ran below 0 or is nonsense. */
const RTCP_VALUE_MAX = 10_000_000

/** Where a report was seen. */
export interface ReportPlace {
  readonly node: string
  readonly srcIp: string
  readonly dstIp: string
  readonly atUs: number
}

export class MediaMeter {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** `protocolType` as HEP has it; 1 for the headers and bodies of SIP. */
  add(protocolType: number, payload: Buffer, place: ReportPlace, targets: Targets): void {
    const report = readMediaReport(protocolType, payload, place.atUs)
    if (report === undefined) return
    this.#tell(report, place, targets)
    if ('streams' in report) this.#observe(report, place, targets)
  }

  #tell(report: MediaReport, { node, srcIp, dstIp }: ReportPlace, targets: Targets): void {
    const tables = this.#tables
    switch (report.kind) {
      case 'rtcp':
        targets.forEach(srcIp, dstIp, (target, direction) =>
          tellRtcp(tables, report, [target, direction, node]),
        )
        break
      case 'rtp':
        set(tables.rtpDelta, report.delta, node)
        set(tables.rtpJitter, report.jitter, node)
        set(tables.rtpMos, report.mos, node)
        set(tables.rtpPacketsLost, report.packetsLost, node)
        break
      case 'vq':
        set(tables.vqNlr, numberIn(report.local.NLR), node)
        set(tables.vqJdr, numberIn(report.local.JDR), node)
        set(tables.vqIaj, numberIn(report.local.IAJ), node)
        set(tables.vqMosLq, numberIn(report.local.MOSLQ), node)
        set(tables.vqMosCq, numberIn(report.local.MOSCQ), node)
        break
      case 'border':
        tellBorder(tables, report)
        break
      case 'phone':
        tellPhone(tables, report, targets.between(srcIp, dstIp))
        break
      case 'log':
        if (ALERTS.test(report.level))
          tables.logAlert.at(node, report.level, report.host).value += 1
        break
      case 'dns':
      case 'isup':
        break
    }
  }

  #observe({ kind, streams }: QualityReport, place: ReportPlace, targets: Targets): void {
    const { mediaMos, mediaLoss, mediaJitter, mediaRoundTrip } = this.#tables
    const labels = [kind, targets.between(place.srcIp, place.dstIp), place.node]
    for (const { mos, lossShare, jitterMs, roundTripMs } of streams) {
      if (mos !== undefined) mediaMos.at(...labels).observe(mos)
      if (lossShare !== undefined) mediaLoss.at(...labels).observe(lossShare)
      if (jitterMs !== undefined) mediaJitter.at(...labels).observe(jitterMs / 1000)
      if (roundTripMs !== undefined) mediaRoundTrip.at(...labels).observe(roundTripMs / 1000)
    }
  }
}

type Of<Kind> = Extract<MediaReport, { kind: Kind }>

/** Of several blocks the first one's: a gauge has room for one. */
function tellRtcp(tables: Tables, { blocks, xr }: Of<'rtcp'>, labels: readonly string[]): void {
  const [block] = blocks
  if (block !== undefined) {
    set(tables.rtcpFractionLost, believable(block.fractionLost * 256), ...labels)
    set(tables.rtcpPacketsLost, believable(block.packetsLost), ...labels)
    set(tables.rtcpJitter, believable(block.jitter), ...labels)
    set(tables.rtcpDlsr, believable(block.dlsr), ...labels)
  }
  set(tables.xrFractionLost, xr?.fractionLost, ...labels)
  set(tables.xrFractionDiscard, xr?.fractionDiscard, ...labels)
  set(tables.xrBurstDensity, xr?.burstDensity, ...labels)
  set(tables.xrBurstDuration, xr?.burstDuration, ...labels)
  set(tables.xrGapDensity, xr?.gapDensity, ...labels)
  set(tables.xrGapDuration, xr?.gapDuration, ...labels)
  set(tables.xrRoundTripDelay, xr?.roundTripDelay, ...labels)
  set(tables.xrEndSystemDelay, xr?.endSystemDelay, ...labels)
}

const believable = (value: number): number => (value > RTCP_VALUE_MAX ? 0 : value)

function tellPhone(tables: Tables, { values, streams, header }: Of<'phone'>, target: string): void {
  if (header.toLowerCase() !== 'x-rtp-stat') return
  const { CS, PL, JI, DL } = values
  const setupMs = numberIn(CS)
  if (setupMs !== undefined) set(tables.xrtpCs, setupMs / 1000, target)
  tellPair(tables.xrtpPlr, tables.xrtpPls, PL, target)
  tellPair(tables.xrtpJir, tables.xrtpJis, JI, target)
  set(tables.xrtpDle, numberIn(DL?.split(',')[0]), target)
  const scores = streams.flatMap(({ mos }) => mos ?? [])
  if (scores.length > 0) set(tables.xrtpMos, Math.min(...scores), target)
}

/** '22,33': received, sent. */
function tellPair(
  first: Family<Cell>,
  second: Family<Cell>,
  pair: string | undefined,
  target: string,
) {
  const [received, sent] = (pair ?? '').split(',')
  set(first, numberIn(received), target)
  set(second, numberIn(sent), target)
}

function set(family: Family<Cell>, value: number | undefined, ...labels: readonly string[]): void {
  if (value !== undefined) family.at(...labels).value = value
}

function numberIn(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : undefined
}
