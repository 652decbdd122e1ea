// HEP versions 1 and 2: C structs as agents copy them out of memory.
//
//   u8 version | u8 header bytes (16 or 40) | u8 family (2 or 10) | u8 IP protocol
//   u16be source port | u16be destination port | source | destination      (4 or 16 bytes each)
//   version 2 only: u32 seconds | u32 microseconds | u16 capture id | 2 bytes of padding
//   payload, to the end of the datagram
//
// The version 2 part is in the sender's own byte order, and the header length does not count it.
// Nothing in the frame says which order, so we take the one that makes a time of it.
import { u16, u32 } from './chunks.ts'
import { malformed, noPayload } from './fault.ts'
import { ipBytes, writeIp } from './ip-bytes.ts'
import { ipv4Text, ipv6Text } from './ip-text.ts'
import { type HepPacket, type MalformedHep, PROTOCOL } from './packet.ts'

const TIME_BYTES = 12

/** The fault of a frame whose first byte is 1 or 2, or undefined. */
export function checkOld(frame: Buffer): MalformedHep | undefined {
  const version = frame[0]!
  const headBytes = frame[2] === 10 ? 40 : 16
  if (frame.length < 3 || frame[1] !== headBytes) return headFault(frame, headBytes)
  if (frame[2] !== 2 && frame[2] !== 10)
    return malformed('not_hep', 2, `HEP v${version} has IP family 2 or 10, here is ${frame[2]}.`)
  const payloadAt = headBytes + (version === 2 ? TIME_BYTES : 0)
  if (frame.length < payloadAt) {
    const sizes = `its header takes ${payloadAt} bytes, ${frame.length} came`
    return malformed('truncated', frame.length, `The HEP v${version} frame is cut short: ${sizes}.`)
  }
  return frame.length === payloadAt ? noPayload(payloadAt) : undefined
}

function headFault(frame: Buffer, headBytes: number): MalformedHep {
  if (frame.length < 3)
    return malformed('truncated', frame.length, `The frame ends after ${frame.length} bytes.`)
  const detail = `HEP v${frame[0]} with IP family ${frame[2]} has a header of ${headBytes} bytes, here it says ${frame[1]}.`
  return malformed('not_hep', 1, detail)
}

/** Reads a frame that checkOld found sound. */
export function readOld(frame: Buffer): HepPacket {
  const version = frame[0] as 1 | 2
  const wide = frame[2] === 10
  const timeAt = wide ? 40 : 16
  return {
    kind: 'packet',
    version,
    ipFamily: frame[2]!,
    ipProtocol: frame[3]!,
    srcIp: wide ? ipv6Text(frame, 8) : ipv4Text(frame, 8),
    dstIp: wide ? ipv6Text(frame, 24) : ipv4Text(frame, 12),
    srcPort: u16(frame, 4),
    dstPort: u16(frame, 6),
    ...(version === 2 ? readTime(frame, timeAt, Date.now() / 1000) : { atUs: 0, captureId: 0 }),
    protocolType: PROTOCOL.sip,
    captureNode: '',
    correlationId: '',
    authKey: '',
    vlan: 0,
    payload: frame.subarray(version === 2 ? timeAt + TIME_BYTES : timeAt),
    extras: [],
  }
}

// Microseconds below a million decide: in the wrong order they are so once in 4,096. Agents that
// send whole seconds have 0 there in either order; then the time nearer to now is the right one.
function readTime(frame: Buffer, at: number, now: number): Pick<HepPacket, 'atUs' | 'captureId'> {
  const little = { seconds: frame.readUInt32LE(at), us: frame.readUInt32LE(at + 4) }
  const big = { seconds: u32(frame, at), us: u32(frame, at + 4) }
  const bothOrNeither = little.us < 1e6 === big.us < 1e6
  const bigIsNearer = Math.abs(big.seconds - now) < Math.abs(little.seconds - now)
  const isBig = bothOrNeither ? bigIsNearer : big.us < 1e6
  const { seconds, us } = isBig ? big : little
  return {
    atUs: seconds * 1e6 + us,
    captureId: isBig ? u16(frame, at + 8) : frame.readUInt16LE(at + 8),
  }
}

/** What the old versions can carry of a packet. */
export type OldFields = Pick<
  HepPacket,
  'ipProtocol' | 'srcIp' | 'dstIp' | 'srcPort' | 'dstPort' | 'atUs' | 'captureId' | 'payload'
>

export const sizeOld = (version: 1 | 2, { srcIp, dstIp, payload }: OldFields): number =>
  (isWide(srcIp, dstIp) ? 40 : 16) + (version === 2 ? TIME_BYTES : 0) + payload.length

/** Writes the frame at `at`; version 2 in little-endian order, as agents on x86 and ARM do. */
export function writeOld(version: 1 | 2, fields: OldFields, target: Buffer, at: number): void {
  const wide = isWide(fields.srcIp, fields.dstIp)
  const ipLength = wide ? 16 : 4
  const timeAt = at + 8 + 2 * ipLength
  target.fill(0, at, timeAt + (version === 2 ? TIME_BYTES : 0)) // an absent address is all zero
  target[at] = version
  target[at + 1] = 8 + 2 * ipLength
  target[at + 2] = wide ? 10 : 2
  target[at + 3] = fields.ipProtocol
  target.writeUInt16BE(fields.srcPort, at + 4)
  target.writeUInt16BE(fields.dstPort, at + 6)
  if (fields.srcIp !== '') writeIp(fields.srcIp, target, at + 8)
  if (fields.dstIp !== '') writeIp(fields.dstIp, target, at + 8 + ipLength)
  if (version === 2) {
    target.writeUInt32LE(Math.floor(fields.atUs / 1e6), timeAt)
    target.writeUInt32LE(fields.atUs % 1e6, timeAt + 4)
    target.writeUInt16LE(fields.captureId, timeAt + 8)
  }
  fields.payload.copy(target, timeAt + (version === 2 ? TIME_BYTES : 0))
}

function isWide(srcIp: string, dstIp: string): boolean {
  const [src, dst] = [ipBytes(srcIp), ipBytes(dstIp)]
  if (src !== 0 && dst !== 0 && src !== dst)
    throw new TypeError(`HEP v1 and v2 carry one IP family, not '${srcIp}' and '${dstIp}'`)
  return src === 16 || dst === 16
}
