// IP packets around a captured payload, for export. HEP carries the payload and who sent it to whom;
// everything else in the headers is made up here, as plainly as it can be: no options, TTL 64, right
// checksums.
//
//   IPv4 20 | IPv6 40 │ UDP 8 │ payload          up to 65,507 | 65,527 bytes of payload
//                     │ TCP 20 │ payload         any length, in segments
import { writeIp } from '#hep'

/** Both ends of a packet; the families agree. */
export interface IpPath {
  readonly src: Buffer
  readonly dst: Buffer
  readonly srcPort: number
  readonly dstPort: number
}

const UDP = 17
const TCP = 6
const UDP_HEADER_BYTES = 8
const TCP_HEADER_BYTES = 20
const PSH_ACK = 0x18
// The length fields of IPv4 (header included), IPv6 (header excluded) and UDP are 16 bits each.
const LENGTH_MAX = 65_535

/** An address from the wire cannot be trusted to be one: what is none becomes the zero address. */
export function ipPath(src: string, srcPort: number, dst: string, dstPort: number): IpPath {
  const v6 = src.includes(':') || dst.includes(':')
  return {
    src: addressBytes(src, v6),
    dst: addressBytes(dst, v6),
    srcPort: srcPort & 0xffff,
    dstPort: dstPort & 0xffff,
  }
}

// When the ends disagree on the family, the IPv4 one is written as an IPv4-mapped address.
function addressBytes(text: string, v6: boolean): Buffer {
  const bytes = Buffer.alloc(v6 ? 16 : 4)
  try {
    writeIp(v6 && text.includes('.') && !text.includes(':') ? `::ffff:${text}` : text, bytes, 0)
  } catch {
    bytes.fill(0)
  }
  return bytes
}

/** Largest payload one UDP datagram on this path can have. */
export const udpPayloadMax = ({ src }: IpPath): number =>
  LENGTH_MAX - UDP_HEADER_BYTES - (src.length === 4 ? 20 : 0)

/** Largest payload one TCP segment on this path can have. */
export const tcpPayloadMax = ({ src }: IpPath): number =>
  LENGTH_MAX - TCP_HEADER_BYTES - (src.length === 4 ? 20 : 0)

/** A whole IP packet with one UDP datagram; the caller sees to it that the payload fits. */
export function udpPacket(path: IpPath, payload: Buffer): Buffer {
  const datagram = Buffer.alloc(UDP_HEADER_BYTES + payload.length)
  datagram.writeUInt16BE(path.srcPort, 0)
  datagram.writeUInt16BE(path.dstPort, 2)
  datagram.writeUInt16BE(datagram.length, 4)
  payload.copy(datagram, UDP_HEADER_BYTES)
  // Zero would say 'no checksum'; the sum has two zeros and the other one means the same.
  datagram.writeUInt16BE(transportChecksum(path, UDP, datagram) || 0xffff, 6)
  return withIpHeader(path, UDP, datagram)
}

/** `seq` and `ack` are byte counts of the two directions so far. */
export function tcpSegment(path: IpPath, seq: number, ack: number, payload: Buffer): Buffer {
  const segment = Buffer.alloc(TCP_HEADER_BYTES + payload.length)
  segment.writeUInt16BE(path.srcPort, 0)
  segment.writeUInt16BE(path.dstPort, 2)
  segment.writeUInt32BE(seq >>> 0, 4)
  segment.writeUInt32BE(ack >>> 0, 8)
  segment.writeUInt8((TCP_HEADER_BYTES / 4) << 4, 12)
  segment.writeUInt8(PSH_ACK, 13)
  // A full window: nothing here ever waits.
  segment.writeUInt16BE(LENGTH_MAX, 14)
  payload.copy(segment, TCP_HEADER_BYTES)
  segment.writeUInt16BE(transportChecksum(path, TCP, segment), 16)
  return withIpHeader(path, TCP, segment)
}

const withIpHeader = (path: IpPath, protocol: number, body: Buffer): Buffer =>
  Buffer.concat([
    path.src.length === 4
      ? ipv4Header(path, protocol, body.length)
      : ipv6Header(path, protocol, body.length),
    body,
  ])

function ipv4Header({ src, dst }: IpPath, protocol: number, bodyBytes: number): Buffer {
  const header = Buffer.alloc(20)
  // Version 4, five words of header. Identification stays 0, as it may when nothing is fragmented.
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(header.length + bodyBytes, 2)
  header.writeUInt16BE(0x4000, 6) // don't fragment: nothing was
  header.writeUInt8(64, 8)
  header.writeUInt8(protocol, 9)
  src.copy(header, 12)
  dst.copy(header, 16)
  header.writeUInt16BE(checksum(header), 10)
  return header
}

function ipv6Header({ src, dst }: IpPath, protocol: number, bodyBytes: number): Buffer {
  const header = Buffer.alloc(40)
  // Version 6; traffic class and flow label are not known.
  header.writeUInt32BE(0x60000000, 0)
  header.writeUInt16BE(bodyBytes, 4)
  header.writeUInt8(protocol, 6)
  header.writeUInt8(64, 7)
  src.copy(header, 8)
  dst.copy(header, 24)
  return header
}

// UDP and TCP sum a pseudo header of addresses, protocol and length too (RFC 768, 9293, 8200 §8.1).
// The IPv6 one is laid out differently, but its words add up to the same.
const transportChecksum = ({ src, dst }: IpPath, protocol: number, body: Buffer): number =>
  checksum(body, sum(src) + sum(dst) + protocol + body.length)

/** RFC 1071: the ones' complement of the ones' complement sum of 16-bit words. */
function checksum(bytes: Buffer, start = 0): number {
  let total = start + sum(bytes)
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000)
  return ~total & 0xffff
}

function sum(bytes: Buffer): number {
  let total = 0
  for (let i = 0; i + 1 < bytes.length; i += 2) total += bytes.readUInt16BE(i)
  return bytes.length % 2 === 1 ? total + (bytes.at(-1)! << 8) : total
}
