// How the messages of call segments become the bytes of call_segments.messages and back. Segments of
// neighbouring rows are packed together as a block:
//
//   ┌ counts, length of each column ───────────────┐
//   │ places     ip, port: each once               │
//   │ contexts   transport, protocol, capture id,  │
//   │            node, correlation id: each once   │
//   │ segments   messages, places used             │ ─▶ zstd ─▶ in the block's first row
//   │ flags │ routes │ contexts │ times │ lags │   │
//   │ lengths │ extras     a column each           │
//   │ payloads   one behind the other              │
//   └──────────────────────────────────────────────┘
//
// The first row of a block holds it; `block_place` of the others says how many rows they stand behind it
// (segment-sql.ts). Like lies beside like, which zstd rewards: two messages alone shrink to 390 bytes
// each, in a block of 512 KiB to 46 (measured; segment-columns.ts says what is in a column).
//
// `format` (a column of its own) says how the bytes are packed: 1 = zstd, 2 = zstd with a dictionary
// (segment-packing.ts). Later ones take the next number. SIP fields are not kept: they are read from the
// payload again. Text is UTF-8; payloads are the exact bytes.
//
// Limits: a segment is split by the writer (call-groups.ts) long before BLOCK_BYTES_MAX. Damaged
// bytes throw SegmentError; what cannot be read whole is not read at all.
import { parseSip, type TracedMessage } from '#sip'
import { SegmentColumns } from './segment-columns.ts'
import { type Packed, packBlock, unpackBlock } from './segment-packing.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentError, type StoredMessage } from './stored-message.ts'

export { SegmentError } from './stored-message.ts'

const PROTOCOL_SIP = 1

/** Collects the segments of a block. */
export class BlockBuilder {
  readonly #columns = new SegmentColumns()
  readonly #level: number | undefined

  /** Of compression: the writer's when it is not given. */
  constructor(level?: number) {
    this.#level = level
  }

  /** Bytes so far, before compression. */
  get bytes(): number {
    return this.#columns.bytes
  }

  add(messages: readonly StoredMessage[]): void {
    this.#columns.add(messages)
  }

  /** Forgets what was added: a batch before this one may have been given up half way. */
  begin(): void {
    this.#columns.finish()
  }

  /** The packed block; begins anew. `decodeMessages(…, place)` gives a segment back. */
  finish(): Packed {
    return packBlock(this.#columns.finish(), this.#level)
  }
}

const alone = new BlockBuilder()

/** A block of one segment. */
export function encodeMessages(messages: readonly StoredMessage[]): Packed {
  alone.add(messages)
  return alone.finish()
}

/** Reads a segment back; `format` and `place` (in its block) are the row's own. Throws SegmentError. */
export function decodeMessages(format: number, bytes: Buffer, place = 0): TracedMessage[] {
  return readBlock(format, bytes).segment(place).map(withSip)
}

/** Reads every segment of a block, without their SIP. Throws SegmentError. */
export function decodeBlock(format: number, bytes: Buffer): StoredMessage[][] {
  return readBlock(format, bytes).segments()
}

/** A block unpacked, to read several segments from. Its methods throw SegmentError. */
export interface OpenBlock {
  segment(place: number): StoredMessage[]
  segments(): StoredMessage[][]
}

export function readBlock(format: number, bytes: Buffer): OpenBlock {
  const plain = orDamaged(bytes, () => unpackBlock(format, bytes))
  return {
    segment: (place) => orDamaged(bytes, () => new SegmentReader(plain).segment(place)),
    segments: () => orDamaged(bytes, () => new SegmentReader(plain).segments()),
  }
}

function orDamaged<Result>(bytes: Buffer, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SegmentError) throw cause
    throw new SegmentError(`segment of ${bytes.length} bytes is damaged: ${cause}`, { cause })
  }
}

export function withSip(message: StoredMessage): TracedMessage {
  return { ...message, sip: sipOf(message.protocolType, message.payload) }
}

/** The SIP in a payload; undefined for other protocols and for text that is not SIP. */
export function sipOf(protocolType: number, payload: Buffer): TracedMessage['sip'] {
  if (protocolType !== PROTOCOL_SIP) return undefined
  const sip = parseSip(payload)
  return sip.kind === 'malformed' ? undefined : sip
}
