// One frame as the services want it: what heplify-server makes of a packet before it hands it to Loki,
// Elasticsearch and line protocol, under its names, so that labels and documents match its own.
//
//   text      the payload as UTF-8: NUL and bytes that are not UTF-8 are left out
//   document  the same; of RTCP the JSON with the correlation id as `cid` in it, keys in order
//   id        names the frame for good: spool, lane, file, number in the lane
//
// What heplify-server throws away (SIP it cannot parse) is described without the fields of SIP.
import { isUtf8 } from 'node:buffer'
import { decodeHep, type HepPacket, PROTOCOL } from '#hep'
import { parseSip, type SipMessage } from '#sip'
import type { FrameWalk, Parcel } from '../outlet.ts'

export interface DescribedFrame {
  readonly packet: HepPacket
  readonly sip: SipMessage | undefined
  /** `sip`, `rtcp` … or the number. */
  readonly type: string
  /** The agent's name, or its number. */
  readonly node: string
  readonly text: string
  readonly document: string
  /** Of SIP its Call-ID, else chunk 17. */
  readonly callId: string
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

/** The frame at hand; undefined when it is no HEP. */
export function describeFrame(
  walk: FrameWalk,
  place: Parcel['place'],
  isWanted: (protocolType: number) => boolean = () => true,
): DescribedFrame | 'unwanted' | undefined {
  const packet = decodeHep(walk.bytes.subarray(walk.from, walk.to))
  if (packet.kind === 'malformed') return undefined
  const { protocolType, payload, correlationId } = packet
  if (!isWanted(protocolType)) return 'unwanted'
  const parsed = protocolType === PROTOCOL.sip ? parseSip(payload) : undefined
  const sip = parsed?.kind === 'malformed' ? undefined : parsed
  const text = textOf(payload)
  return {
    ...{ packet, sip, text, receivedUs: walk.receivedUs, number: walk.number },
    type: TYPES[protocolType] ?? String(protocolType),
    node: packet.captureNode || String(packet.captureId),
    document: protocolType === PROTOCOL.rtcp ? withCallId(text, correlationId) : text,
    callId: sip?.callId || correlationId,
    atUs: packet.atUs || walk.receivedUs,
    id: `${place.spool}.${place.lane}.${place.file}.${walk.number}`,
  }
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
