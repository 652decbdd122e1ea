// Steps over the records of a chunk without making an object of each: the store reads a hundred
// thousand a second, and objects that live for one look are what the garbage collector costs.
//
//   walk ─▶ ┌ batch ──────────┐ ┌ batch ──────────┐      `next` moves to the following record and fills
//           │ head │ r │ r │ r│ │ head │ r │ r │ r│      in its fields; its bytes are bytes[from, to)
//           └──────┴───┴───┴──┘ └──────┴───┴───┴──┘
//
// Batches have passed their checksum, so lengths inside them are believed.
import type { RecordKind, SpoolRecord, Transport } from './record.ts'
import {
  type PeerNames,
  peerLength,
  RECORD_FIXED_BYTES,
  readKind,
  readTransport,
} from './record-codec.ts'

/** Where the records of one batch begin in the chunk, and how many there are. */
export interface BatchSpan {
  readonly at: number
  readonly records: number
}

/** One look at every record of a chunk, in order; the fields are those of the record at hand. */
export class RecordWalk {
  /** The whole chunk. */
  readonly bytes: Buffer
  kind: RecordKind = 'frame'
  receivedUs = 0
  transport: Transport = 'udp'
  peerIp = ''
  peerPort = 0
  /** Where the record's bytes begin and end in `bytes`. */
  from = 0
  to = 0
  readonly #spans: readonly BatchSpan[]
  readonly #peers: PeerNames
  #span = 0
  #left = 0

  constructor(bytes: Buffer, spans: readonly BatchSpan[], peers: PeerNames) {
    this.bytes = bytes
    this.#spans = spans
    this.#peers = peers
  }

  /** Goes to the next record; false when there is none. */
  next(): boolean {
    while (this.#left === 0) {
      const span = this.#spans[this.#span++]
      if (span === undefined) return false
      this.#left = span.records
      this.to = span.at
    }
    this.#left--
    this.#readAt(this.to)
    return true
  }

  /** The record at hand as an object; its bytes are a view into the chunk. */
  record(): SpoolRecord {
    const { kind, receivedUs, transport, peerIp, peerPort } = this
    const bytes = this.bytes.subarray(this.from, this.to)
    return { kind, receivedUs, transport, peerIp, peerPort, bytes }
  }

  #readAt(at: number): void {
    const { bytes } = this
    const textBytes = bytes[at + 16]!
    this.kind = readKind(bytes, at)
    this.transport = readTransport(bytes, at)
    this.receivedUs = bytes.readDoubleLE(at + 8)
    this.peerPort = bytes[at + 6]! | (bytes[at + 7]! << 8)
    this.peerIp = this.#peers.name(bytes, at + RECORD_FIXED_BYTES, textBytes)
    this.from = at + RECORD_FIXED_BYTES + peerLength(textBytes)
    this.to = this.from + bytes.readUInt32LE(at)
  }
}

/** All records that are left, as objects. */
export function recordsOf(walk: RecordWalk): SpoolRecord[] {
  const records: SpoolRecord[] = []
  while (walk.next()) records.push(walk.record())
  return records
}
