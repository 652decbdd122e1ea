// The header of a batch; src/spool/spool.ts draws it. Everything is little-endian. The CRC comes
// first and covers all the rest, so "everything but itself" is one span of bytes. The spool's own id
// stands beside the magic: a frame that carries bytes looking like a batch (by accident, or sent on
// purpose) cannot know it, so looking for the next batch after damage never finds a false one.
import { DROP_REASONS, LEDGER_SLOTS, REJECT_REASONS } from '#ledger'
import { BATCH_MAGIC, type SpoolId } from './spool-id.ts'

export const BATCH_FORMAT = 1
const FIXED_BYTES = 56
const COUNTERS = 2 // received and appended stand before the reasons

/** Bytes of the header as this version writes it; records follow. */
export const HEADER_BYTES = FIXED_BYTES + LEDGER_SLOTS * 8
/** No batch is longer: a length above this is damage. Leaves room for one record of any size. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024

export interface BatchHeader {
  /** Of the whole batch, header included. */
  readonly bytes: number
  readonly headerBytes: number
  readonly records: number
  /** Records that count: those of kind `frame`. */
  readonly frames: number
  /** Frames of the lane before this batch. */
  readonly firstFrame: number
  readonly writtenUs: number
  /** The lane's counters at the end of this batch, in the order this version uses. */
  readonly ledger: Float64Array
}

export interface BatchSeal {
  readonly bytes: number
  readonly records: number
  readonly frames: number
  readonly firstFrame: number
  readonly writtenUs: number
  readonly ledger: Float64Array
}

/** Fills in the header of a batch whose records already stand behind it, checksum last. */
export function sealBatch(buffer: Buffer, spoolId: SpoolId, seal: BatchSeal): void {
  buffer.writeUInt32LE(BATCH_MAGIC, 4)
  spoolId.bytes.copy(buffer, 8)
  buffer.writeUInt16LE(BATCH_FORMAT, 24)
  buffer[26] = REJECT_REASONS.length
  buffer[27] = DROP_REASONS.length
  buffer.writeUInt32LE(seal.bytes, 28)
  buffer.writeUInt32LE(seal.records, 32)
  buffer.writeUInt32LE(seal.frames, 36)
  buffer.writeDoubleLE(seal.firstFrame, 40)
  buffer.writeDoubleLE(seal.writtenUs, 48)
  for (let i = 0; i < LEDGER_SLOTS; i++) {
    buffer.writeDoubleLE(seal.ledger[i] ?? 0, FIXED_BYTES + i * 8)
  }
  buffer.writeUInt32LE(crcOf(buffer, 0, seal.bytes), 0)
}

/**
 * What stands at `at`: a whole batch, the beginning of one (`more` bytes are needed to tell), or
 * something else, with the reason.
 */
export type BatchProbe =
  | { readonly kind: 'batch'; readonly header: BatchHeader }
  | { readonly kind: 'partial'; readonly bytesNeeded: number }
  | { readonly kind: 'damaged'; readonly reason: string }

export function probeBatch(buffer: Buffer, at: number, spoolId: SpoolId): BatchProbe {
  const left = buffer.length - at
  if (left < FIXED_BYTES) return { kind: 'partial', bytesNeeded: FIXED_BYTES }
  if (buffer.readUInt32LE(at + 4) !== BATCH_MAGIC) return damaged('no batch begins here')
  if (buffer.compare(spoolId.bytes, 0, 16, at + 8, at + 24) !== 0) return damaged('not this spool')
  const format = buffer.readUInt16LE(at + 24)
  if (format !== BATCH_FORMAT) return damaged(`batch format ${format}, known is ${BATCH_FORMAT}`)
  const bytes = buffer.readUInt32LE(at + 28)
  const headerBytes = FIXED_BYTES + (COUNTERS + buffer[at + 26]! + buffer[at + 27]!) * 8
  if (bytes < headerBytes || bytes > BATCH_BYTES_MAX) return damaged(`impossible length ${bytes}`)
  if (left < bytes) return { kind: 'partial', bytesNeeded: bytes }
  if (buffer.readUInt32LE(at) !== crcOf(buffer, at, bytes))
    return damaged('checksum does not match')
  return { kind: 'batch', header: readHeader(buffer, at, bytes, headerBytes) }
}

/** When the batch was written, from its unchecked header; undefined when no batch begins here. */
export function writtenUsOf(head: Buffer, spoolId: SpoolId): number | undefined {
  if (head.length < FIXED_BYTES || head.compare(spoolId.mark, 0, 20, 4, 24) !== 0) return undefined
  return head.readDoubleLE(48)
}

const damaged = (reason: string): BatchProbe => ({ kind: 'damaged', reason })

const crcOf = (buffer: Buffer, at: number, bytes: number): number =>
  Bun.hash.crc32(buffer.subarray(at + 4, at + bytes))

function readHeader(buffer: Buffer, at: number, bytes: number, headerBytes: number): BatchHeader {
  return {
    bytes,
    headerBytes,
    records: buffer.readUInt32LE(at + 32),
    frames: buffer.readUInt32LE(at + 36),
    firstFrame: buffer.readDoubleLE(at + 40),
    writtenUs: buffer.readDoubleLE(at + 48),
    ledger: readLedger(buffer, at),
  }
}

// An older version knew fewer reasons: its counters are put where this version keeps them. Reasons
// are only ever added at the end of their own list, so the position within the list holds.
function readLedger(buffer: Buffer, at: number): Float64Array {
  const rejects = buffer[at + 26]!
  const drops = buffer[at + 27]!
  const slots = new Float64Array(LEDGER_SLOTS)
  const read = (i: number) => buffer.readDoubleLE(at + FIXED_BYTES + i * 8)
  for (let i = 0; i < COUNTERS; i++) slots[i] = read(i)
  for (let i = 0; i < Math.min(rejects, REJECT_REASONS.length); i++) {
    slots[COUNTERS + i] = read(COUNTERS + i)
  }
  for (let i = 0; i < Math.min(drops, DROP_REASONS.length); i++) {
    slots[COUNTERS + REJECT_REASONS.length + i] = read(COUNTERS + rejects + i)
  }
  return slots
}

/** Where the next thing that may be a batch begins at or after `from`; -1 when nowhere. */
export function findBatch(buffer: Buffer, from: number, spoolId: SpoolId): number {
  const at = buffer.indexOf(spoolId.mark, from + 4)
  return at === -1 ? -1 : at - 4
}
