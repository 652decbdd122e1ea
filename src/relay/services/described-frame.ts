// One frame as the services want it: what heplify-server makes of a packet before it hands it to Loki,
// Elasticsearch and line protocol, under its names, so that labels and documents match its own.
//
//   text      the payload as UTF-8: NUL and bytes that are not UTF-8 are left out
//   document  the same; of RTCP the JSON with the correlation id as `cid` in it, keys in order
//   id        names the frame for good: spool, lane, file, number in the lane
//
// What heplify-server throws away (SIP it cannot parse) is described without the fields of SIP.
import { isUtf8 } from 'node:buffer'
import type { Filter, Filtered } from '#filter'
import { decodeHep, type HepPacket, PROTOCOL } from '#hep'
import { parseSip, type SipMessage } from '#sip'
import type { FrameWalk, Parcel } from '../outlet.ts'

export interface DescribedFrame {
  /** As the operator wants it kept. */
  readonly packet: HepPacket
  readonly sip: SipMessage | undefined
  /** Where headers are read. */
  readonly headersIn: Buffer
  /** What a header says is the other leg; '' = none does. */
  readonly alegId: string
  /** Labels and a name that scripts set. */
  readonly labels: Readonly<Record<string, string>>
  readonly targetName: string
  /** `sip`, `rtcp` … or the number. */
  readonly type: string
  /** The agent's name, or its number. */
  readonly node: string
  readonly text: string
  readonly document: string
  /** Of SIP its Call-ID, else chunk 17. */
  readonly callId: string
  /** heplify-server's CID: chunk 17, the other leg, else the Call-ID. */
  readonly cid: string
  /** And its SID: of SIP the Call-ID. */
  readonly sid: string
  /** By the agent's clock, or ours where it has none. */
  readonly atUs: number
  readonly receivedUs: number
  readonly number: number
  readonly id: string
}

const TYPES: Readonly<Record<number, string>> = {
  [PROTOCOL.sip]: 'sip',
  [PROTOCOL.rtcp]: 'rtcp',
  [PROTOCOL.rtpagent]: 'rtpagent',
  [PROTOCOL.rtcpxr]: 'rtcpxr',
  [PROTOCOL.horaclifix]: 'horaclifix',
  [PROTOCOL.dns]: 'dns',
  [PROTOCOL.log]: 'log',
}

/** The frame at hand as the filter lets it pass; undefined when it is no HEP. */
export function describeFrame(
  walk: FrameWalk,
  place: Parcel['place'],
  isWanted: (protocolType: number) => boolean = () => true,
  filter?: Filter,
): DescribedFrame | 'unwanted' | undefined {
  const decoded = decodeHep(walk.bytes.subarray(walk.from, walk.to))
  if (decoded.kind === 'malformed') return undefined
  // A script may make another type of it, but then it must be of its types.
  if (!isWanted(decoded.protocolType) && !filter?.mayChange(decoded.protocolType, ''))
    return 'unwanted'
  const passed = pass(decoded, walk, place.lane, filter)
  if (passed.kind === 'discarded' || !isWanted(passed.packet.protocolType)) return 'unwanted'
  const { packet, sip, headersIn, alegId, said } = passed
  const { protocolType, correlationId } = packet
  const text = textOf(packet.payload)
  const callId = sip?.callId || correlationId
  return {
    ...{ packet, sip, headersIn, alegId, text, receivedUs: walk.receivedUs, number: walk.number },
    ...{ labels: said?.lokiLabels ?? {}, targetName: said?.targetName ?? '' },
    type: TYPES[protocolType] ?? String(protocolType),
    node: packet.captureNode || String(packet.captureId),
    document: protocolType === PROTOCOL.rtcp ? withCallId(text, correlationId) : text,
    ...{ callId, cid: correlationId || callId, sid: said?.sid ?? callId },
    atUs: packet.atUs || walk.receivedUs,
    id: `${place.spool}.${place.lane}.${place.file}.${walk.number}`,
  }
}

function pass(packet: HepPacket, walk: FrameWalk, lane: string, filter?: Filter): Filtered {
  const { number, receivedUs, transport } = walk
  if (filter && !filter.isIdle && transport !== 'import')
    return filter.apply(packet, { lane, number, receivedUs })
  const { protocolType, payload } = packet
  const parsed = protocolType === PROTOCOL.sip ? parseSip(payload) : undefined
  const sip = parsed?.kind === 'malformed' ? undefined : parsed
  return { kind: 'passed', packet, sip, headersIn: payload, alegId: '', said: undefined }
}

function textOf(payload: Buffer): string {
  const text = payload.toString('utf8')
  const clean = isUtf8(payload) ? text : text.replaceAll('\ufffd', '')
  return clean.includes('\0') ? clean.replaceAll('\0', '') : clean
}

function withCallId(text: string, cid: string): string {
  try {
    const report: unknown = JSON.parse(text)
    if (typeof report !== 'object' || report === null || Array.isArray(report)) return text
    return JSON.stringify(inOrder({ ...report, cid }))
  } catch {
    return text // binary RTCP, or cut short
  }
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]))
}

/** Microseconds since 1970 as RFC 3339, in UTC. */
export function isoMicros(us: number): string {
  const micros = String(Math.floor(us % 1e6)).padStart(6, '0')
  return `${new Date(Math.floor(us / 1_000)).toISOString().slice(0, 19)}.${micros}Z`
}
