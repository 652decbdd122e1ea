// One record in a batch, little-endian; the hot code of the spool.
//
//    0   4   5   6     8          16  17
//   ┌───┬───┬───┬─────┬──────────┬───┬──────────┬───────────────┐
//   │ n │ k │ t │port │receivedUs│ p │ peer     │ n bytes       │
//   └───┴───┴───┴─────┴──────────┴───┴──────────┴───────────────┘
//    u32  kind    u16   f64        │   p = 0: 4 bytes of IPv4
//            transport             └── p > 0: p bytes of text (IPv6 with its scope, or anything)
//
// IPv4 is packed because nearly every peer is one; text comes back exactly as it came.
import { type IncomingFrame, type RecordKind, TRANSPORTS, type Transport } from './record.ts'

/** Of a record, before the peer's address. */
export const RECORD_FIXED_BYTES = 17
const KINDS: readonly RecordKind[] = ['frame', 'quarantined']
const transportNumber = new Map(TRANSPORTS.map((transport, i) => [transport, i]))

/** An address as records keep it, first byte its length (0 for IPv4). */
export type PackedPeer = Uint8Array

export const recordBytes = (peer: PackedPeer, bytes: number): number =>
  RECORD_FIXED_BYTES - 1 + peer.length + bytes

/** Writes a record without its bytes and returns where they belong. */
export function writeRecordHead(
  buffer: Buffer,
  at: number,
  kind: RecordKind,
  frame: IncomingFrame,
  peer: PackedPeer,
  bytes: number,
): number {
  buffer.writeUInt32LE(bytes, at)
  buffer[at + 4] = kind === 'frame' ? 0 : 1
  buffer[at + 5] = transportNumber.get(frame.transport) ?? 0
  buffer.writeUInt16LE(frame.peerPort & 0xffff, at + 6)
  buffer.writeDoubleLE(frame.receivedUs, at + 8)
  for (let i = 0; i < peer.length; i++) buffer[at + 16 + i] = peer[i]!
  return at + 16 + peer.length
}

export const readKind = (buffer: Buffer, at: number): RecordKind =>
  KINDS[buffer[at + 4]!] ?? 'quarantined'

export const readTransport = (buffer: Buffer, at: number): Transport =>
  TRANSPORTS[buffer[at + 5]!] ?? 'udp'

/** Bytes of the peer's address whose length byte is `textBytes`. */
export const peerLength = (textBytes: number): number => textBytes || 4

const PEERS_MAX = 4_096 // remembered at once; when more talk to us, the memory starts afresh
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/

/** Packs addresses for the writer, remembering them: a few peers send nearly everything. */
export class PeerPacker {
  readonly #known = new Map<string, PackedPeer>()

  pack(ip: string): PackedPeer {
    return this.#known.get(ip) ?? this.#remember(ip)
  }

  #remember(ip: string): PackedPeer {
    if (this.#known.size >= PEERS_MAX) this.#known.clear()
    const packed = packPeer(ip)
    this.#known.set(ip, packed)
    return packed
  }
}

function packPeer(ip: string): PackedPeer {
  const octets = IPV4.exec(ip)?.slice(1).map(Number)
  if (octets?.every((octet) => octet < 256)) return Uint8Array.from([0, ...octets])
  const text = Buffer.from(ip || '?').subarray(0, 255)
  return Uint8Array.from([text.length, ...text])
}

/** Gives addresses their text back, one shared string for each peer. */
export class PeerNames {
  readonly #ipv4 = new Map<number, string>()
  #last = 0
  #lastName = '0.0.0.0'

  name(buffer: Buffer, at: number, textBytes: number): string {
    if (textBytes > 0) return buffer.toString('utf8', at, at + textBytes)
    const packed = buffer.readUInt32BE(at)
    if (packed === this.#last) return this.#lastName
    this.#last = packed
    this.#lastName = this.#ipv4.get(packed) ?? this.#remember(packed)
    return this.#lastName
  }

  #remember(packed: number): string {
    if (this.#ipv4.size >= PEERS_MAX) this.#ipv4.clear()
    const text = [packed >>> 24, (packed >>> 16) & 255, (packed >>> 8) & 255, packed & 255].join(
      '.',
    )
    this.#ipv4.set(packed, text)
    return text
  }
}
