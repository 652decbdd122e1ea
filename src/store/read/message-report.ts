// What a message reports, as people see it: measures by stream, the rest as names and values.
import type { MessageReport, ReportedStream, ReportFact } from '#contract'
import {
  type MediaReport,
  readMediaReport,
  type StreamQuality,
  summariseReport,
  type TracedMessage,
} from '#sip'

const RTCP_TITLES: Readonly<Record<number, string>> = {
  ...{ 200: 'sender report', 201: 'receiver report', 202: 'source description', 203: 'goodbye' },
  ...{ 204: 'application data', 205: 'transport feedback', 206: 'payload feedback' },
  207: 'extended report',
}
const SIP = 1
const FACTS_MAX = 48

/** The report in a message; undefined for one that holds none. `codec`: of the stream it is about. */
export function messageReport(message: TracedMessage, codec = ''): MessageReport | undefined {
  const { protocolType, payload, atUs, sip } = message
  // The rest of SIP is not even looked through.
  const mayReport =
    sip === undefined || sip.mayReport || /^(?:PUBLISH|NOTIFY)$/.test(sip.cseqMethod)
  if (!mayReport || (protocolType === SIP && sip === undefined)) return undefined
  const report = readMediaReport(protocolType, payload, atUs, codec)
  if (report === undefined) return undefined
  return {
    kind: report.kind,
    title: titleOf(report),
    text: summariseReport(report),
    streams: 'streams' in report ? report.streams.map(reportedStream) : [],
    facts: factsOf(report)
      .filter(([, value]) => value !== undefined && value !== '')
      .slice(0, FACTS_MAX)
      .map(([name, value]): ReportFact => ({ name, value: String(value) })),
  }
}

function titleOf(report: MediaReport): string {
  switch (report.kind) {
    case 'rtcp':
      return RTCP_TITLES[report.type] ?? `type ${report.type}`
    case 'rtp':
      return report.phase.toLowerCase() || 'agent'
    case 'phone':
      return report.header
    case 'dns':
      return report.isResponse ? 'response' : 'query'
    case 'log':
      return report.level
    case 'vq':
    case 'border':
    case 'isup':
      return report.name
  }
}

type Facts = readonly (readonly [name: string, value: string | number | undefined])[]

function factsOf(report: MediaReport): Facts {
  switch (report.kind) {
    case 'rtcp':
      return [
        ['packets sent', report.packetsSent],
        ['octets sent', report.octetsSent],
        ['burst ms', report.xr?.burstDuration || undefined],
        ['gap ms', report.xr?.gapDuration || undefined],
      ]
    case 'rtp':
      return [
        ['from', report.src],
        ['to', report.dst],
        ['packet interval ms', report.delta],
      ]
    case 'vq':
      return [
        ['about', report.callId],
        ...([
          ['local address', report.localAddress],
          ['remote address', report.remoteAddress],
        ] as const),
        ...Object.entries(report.local).map(([name, value]) => [`local ${name}`, value] as const),
        ...Object.entries(report.remote).map(([name, value]) => [`remote ${name}`, value] as const),
      ]
    case 'border':
      return [
        ...([
          ['incoming realm', report.incRealm],
          ['outgoing realm', report.outRealm],
        ] as const),
        ...([
          ['incoming Call-ID', report.callId],
          ['outgoing Call-ID', report.otherCallId],
        ] as const),
      ]
    case 'phone':
      return Object.entries(report.values).map(([name, value]) => [
        PHONE_NAMES[name] ?? name,
        value,
      ])
    case 'dns':
      return [
        ['asked for', `${report.type} ${report.name}`.trim()],
        ['status', report.status],
        ...report.answers.map((answer) => ['answer', answer] as const),
      ]
    case 'isup':
      return [
        ...([
          ['calling', report.calling],
          ['called', report.called],
          ['cause', report.cause],
        ] as const),
        ...([
          ['circuit', report.cic],
          ['from point', report.opc],
          ['to point', report.dpc],
        ] as const),
      ]
    case 'log':
      return [['host', report.host]]
  }
}

// Phones of AVM, snom, Yealink and Cisco agree on these.
const PHONE_NAMES: Readonly<Record<string, string>> = {
  ...{ PS: 'packets sent', OS: 'octets sent', PR: 'packets received', OR: 'octets received' },
  ...{ PL: 'packets lost', JI: 'jitter ms', LA: 'latency ms', DL: 'delay ms', DU: 'seconds' },
  ...{ CS: 'setup ms', EN: 'encoder', DE: 'decoder', MOS: 'MOS', MOSLQ: 'MOS-LQ' },
  ...{ MOSCQ: 'MOS-CQ', RLQ: 'R factor', IP: 'addresses' },
}

function reportedStream(stream: StreamQuality): ReportedStream {
  const orNull = (value: number | undefined, digits = 0): number | null =>
    value === undefined ? null : Math.round(value * 10 ** digits) / 10 ** digits
  return {
    side: stream.side,
    ssrc: orNull(stream.ssrc),
    packets: orNull(stream.packets),
    packetsLost: orNull(stream.packetsLost),
    lossShare: orNull(stream.lossShare, 5),
    discardShare: orNull(stream.discardShare, 5),
    jitterMs: orNull(stream.jitterMs, 3),
    jitterMsMax: orNull(stream.jitterMsMax, 3),
    roundTripMs: orNull(stream.roundTripMs, 2),
    codec: stream.codec,
    mos: orNull(stream.mos, 2),
    rating: orNull(stream.rating, 1),
    mosFrom: stream.mosFrom ?? null,
  }
}
