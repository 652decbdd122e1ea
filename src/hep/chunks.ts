// The HEP v3 frame, all integers big-endian:
//
//   'HEP3' | u16 length of the whole frame | chunk | chunk | …
//   chunk = u16 vendor | u16 type | u16 length, these 6 bytes included | body
//
// Only vendor 0 is generic: OpenSIPS numbers chunks of its own with vendor 3, and their types may
// look like ours. Chunks come in any order. Of duplicates the last one that is not empty counts,
// which is what the servers agents were written against do.

export const MAGIC = Buffer.from('HEP3')

/** Bytes before the first chunk, and before a chunk's body. */
export const HEAD_BYTES = 6

/** Agents send about a dozen; the bound keeps a walk over hostile bytes short and extras few. */
export const CHUNKS_MAX = 128

/** Types of vendor 0 that have a field in HepPacket; all others travel in `extras`. */
export const CHUNK = {
  ipFamily: 1,
  ipProtocol: 2,
  srcIpv4: 3,
  dstIpv4: 4,
  srcIpv6: 5,
  dstIpv6: 6,
  srcPort: 7,
  dstPort: 8,
  seconds: 9,
  microseconds: 10,
  protocolType: 11,
  captureId: 12,
  authKey: 14,
  payload: 15,
  compressedPayload: 16,
  correlationId: 17,
  vlan: 18,
  captureNode: 19,
} as const

/** Whole size of each generic chunk that has only one; 0 where the body may have any length. */
export const FIXED_BYTES = new Uint8Array(32)
for (const [type, bodyBytes] of [
  [CHUNK.ipFamily, 1],
  [CHUNK.ipProtocol, 1],
  [CHUNK.srcIpv4, 4],
  [CHUNK.dstIpv4, 4],
  [CHUNK.srcIpv6, 16],
  [CHUNK.dstIpv6, 16],
  [CHUNK.srcPort, 2],
  [CHUNK.dstPort, 2],
  [CHUNK.seconds, 4],
  [CHUNK.microseconds, 4],
  [CHUNK.protocolType, 1],
  [CHUNK.captureId, 4],
  [CHUNK.vlan, 2],
] as const) {
  FIXED_BYTES[type] = HEAD_BYTES + bodyBytes
}

export const u16 = (bytes: Buffer, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!

export const u32 = (bytes: Buffer, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

/** True where the four bytes 'HEP3' stand. */
export const magicAt = (bytes: Buffer, at: number): boolean =>
  bytes[at] === 0x48 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x50 && bytes[at + 3] === 0x33
