// A packet to HEP bytes, in the order of chunks Kamailio uses: 1 2 3 4 7 8 9 10 11 12 [17] [14]
// [18] [19] extras 15. An absent address (the empty text) has no chunk, as absent texts have none.
// Versions 1 and 2 carry less; what they have no place for is left out.
//
// The caller's packet is ours, not the wire's: what cannot be encoded throws.
import { deflateSync, gzipSync } from 'node:zlib'
import { CHUNK, HEAD_BYTES, MAGIC } from './chunks.ts'
import { sizeOld, writeOld } from './hep-v1v2.ts'
import { ipBytes, writeIp } from './ip-bytes.ts'
import { FRAME_BYTES_MAX, type HepPacket, PROTOCOL } from './packet.ts'

type Required = 'srcIp' | 'dstIp' | 'srcPort' | 'dstPort' | 'atUs' | 'payload'

/**
 * What encodeHep needs of a packet; a decoded HepPacket will do.
 * Absent fields mean version 3, SIP over UDP, and nothing.
 */
export type HepPacketFields = Pick<HepPacket, Required> & Partial<Omit<HepPacket, Required>>

export interface EncodeOptions {
  /** Put the payload compressed into chunk 16 instead of chunk 15 (version 3 only). */
  readonly compress?: 'zlib' | 'gzip'
}

/** A new frame holding the packet. */
export function encodeHep(fields: HepPacketFields, { compress }: EncodeOptions = {}): Buffer {
  const packet =
    compress === undefined
      ? filled(fields)
      : { ...filled(fields), payload: COMPRESS[compress](fields.payload) }
  const target = Buffer.allocUnsafe(frameBytes(packet))
  write(packet, compress ? CHUNK.compressedPayload : CHUNK.payload, target, 0)
  return target
}

/** Writes the frame into `target` at `at` and returns the offset after it. */
export function encodeHepInto(fields: HepPacketFields, target: Buffer, at = 0): number {
  const packet = filled(fields)
  const end = at + frameBytes(packet)
  if (end > target.length)
    throw new RangeError(`the frame ends at byte ${end}, the buffer at ${target.length}`)
  write(packet, CHUNK.payload, target, at)
  return end
}

const COMPRESS = { zlib: deflateSync, gzip: gzipSync }

type FilledPacket = Omit<HepPacket, 'kind'>

const NO_EXTRAS: HepPacket['extras'] = []

const filled = (fields: HepPacketFields): FilledPacket => ({
  version: fields.version ?? 3,
  ipFamily: fields.ipFamily ?? (fields.srcIp.includes(':') || fields.dstIp.includes(':') ? 10 : 2),
  ipProtocol: fields.ipProtocol ?? 17,
  srcIp: fields.srcIp,
  dstIp: fields.dstIp,
  srcPort: fields.srcPort,
  dstPort: fields.dstPort,
  atUs: fields.atUs,
  protocolType: fields.protocolType ?? PROTOCOL.sip,
  captureId: fields.captureId ?? 0,
  captureNode: fields.captureNode ?? '',
  correlationId: fields.correlationId ?? '',
  authKey: fields.authKey ?? '',
  vlan: fields.vlan ?? 0,
  payload: fields.payload,
  extras: fields.extras ?? NO_EXTRAS,
})

function frameBytes(packet: FilledPacket): number {
  const bytes = packet.version === 3 ? sizeV3(packet) : sizeOld(packet.version, packet)
  if (bytes <= FRAME_BYTES_MAX) return bytes
  throw new RangeError(`the frame would have ${bytes} bytes, HEP allows ${FRAME_BYTES_MAX}`)
}

// 1, 2, 11 with one byte each, 7, 8 with two, 9, 10, 12 with four: present in every frame.
const ALWAYS_BYTES = HEAD_BYTES + 3 * 7 + 2 * 8 + 3 * 10

function sizeV3(packet: FilledPacket): number {
  let bytes = ALWAYS_BYTES + HEAD_BYTES + packet.payload.length
  if (packet.srcIp !== '') bytes += HEAD_BYTES + ipBytes(packet.srcIp)
  if (packet.dstIp !== '') bytes += HEAD_BYTES + ipBytes(packet.dstIp)
  bytes += textBytes(packet.correlationId) + textBytes(packet.authKey)
  bytes += textBytes(packet.captureNode)
  if (packet.vlan !== 0) bytes += 8
  for (const { body } of packet.extras) bytes += HEAD_BYTES + body.length
  return bytes
}

const textBytes = (text: string): number => (text === '' ? 0 : HEAD_BYTES + Buffer.byteLength(text))

function write(packet: FilledPacket, payloadType: number, target: Buffer, start: number): void {
  if (packet.version === 3) writeV3(packet, payloadType, target, start)
  else writeOld(packet.version, packet, target, start)
}

function writeV3(packet: FilledPacket, payloadType: number, target: Buffer, start: number): void {
  let at = start + HEAD_BYTES
  at = writeU8(target, at, CHUNK.ipFamily, packet.ipFamily)
  at = writeU8(target, at, CHUNK.ipProtocol, packet.ipProtocol)
  at = writeAddress(target, at, CHUNK.srcIpv4, packet.srcIp)
  at = writeAddress(target, at, CHUNK.dstIpv4, packet.dstIp)
  at = writeU16(target, at, CHUNK.srcPort, packet.srcPort)
  at = writeU16(target, at, CHUNK.dstPort, packet.dstPort)
  at = writeU32(target, at, CHUNK.seconds, Math.floor(packet.atUs / 1e6))
  at = writeU32(target, at, CHUNK.microseconds, packet.atUs % 1e6)
  at = writeU8(target, at, CHUNK.protocolType, packet.protocolType)
  at = writeU32(target, at, CHUNK.captureId, packet.captureId)
  at = writeText(target, at, CHUNK.correlationId, packet.correlationId)
  at = writeText(target, at, CHUNK.authKey, packet.authKey)
  if (packet.vlan !== 0) at = writeU16(target, at, CHUNK.vlan, packet.vlan)
  at = writeText(target, at, CHUNK.captureNode, packet.captureNode)
  for (const { vendor, type, body } of packet.extras) at = writeBody(target, at, vendor, type, body)
  at = writeBody(target, at, 0, payloadType, packet.payload)
  target.set(MAGIC, start)
  putU16(target, start + 4, at - start)
}

function head(target: Buffer, at: number, vendor: number, type: number, bodyBytes: number): number {
  putU16(target, at, vendor)
  putU16(target, at + 2, type)
  putU16(target, at + 4, HEAD_BYTES + bodyBytes)
  return at + HEAD_BYTES
}

function putU16(target: Buffer, at: number, value: number): void {
  target[at] = value >>> 8
  target[at + 1] = value
}

function writeU8(target: Buffer, at: number, type: number, value: number): number {
  const body = head(target, at, 0, type, 1)
  target[body] = value
  return body + 1
}

function writeU16(target: Buffer, at: number, type: number, value: number): number {
  const body = head(target, at, 0, type, 2)
  putU16(target, body, value)
  return body + 2
}

function writeU32(target: Buffer, at: number, type: number, value: number): number {
  const body = head(target, at, 0, type, 4)
  putU16(target, body, value >>> 16)
  putU16(target, body + 2, value)
  return body + 4
}

// IPv6 has the two chunk types after those of IPv4.
function writeAddress(target: Buffer, at: number, type: number, ip: string): number {
  const bytes = ipBytes(ip)
  if (bytes === 0) return at
  const body = head(target, at, 0, bytes === 16 ? type + 2 : type, bytes)
  writeIp(ip, target, body)
  return body + bytes
}

function writeText(target: Buffer, at: number, type: number, text: string): number {
  if (text === '') return at
  const body = at + HEAD_BYTES
  const bytes = target.write(text, body)
  return head(target, at, 0, type, bytes) + bytes
}

function writeBody(t: Buffer, at: number, vendor: number, type: number, bytes: Buffer): number {
  const body = head(t, at, vendor, type, bytes.length)
  t.set(bytes, body)
  return body + bytes.length
}
