// The batch being filled: records are copied in behind the place of the header, which is written
// last. One buffer for the life of the lane, so appending allocates nothing.
import { HEADER_BYTES, sealBatch } from './batch.ts'
import type { IncomingFrame, RecordKind } from './record.ts'
import { type PackedPeer, recordBytes, writeRecordHead } from './record-codec.ts'
import type { SpoolId } from './spool-id.ts'

const NO_HEAD = Buffer.alloc(0)

export class BatchBuffer {
  readonly #spoolId: SpoolId
  #buffer: Buffer
  #end = HEADER_BYTES
  #records = 0
  #frames = 0

  constructor(spoolId: SpoolId, bytesMax: number) {
    this.#spoolId = spoolId
    this.#buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + bytesMax)
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  /** Of the batch as it stands, header included. */
  get bytes(): number {
    return this.#end
  }

  get records(): number {
    return this.#records
  }

  get frames(): number {
    return this.#frames
  }

  fits(bytes: number): boolean {
    return this.#end + bytes <= this.#buffer.length
  }

  /** Makes room for one record larger than any before; only while empty. */
  grow(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + bytes)
  }

  addFrame(frame: IncomingFrame, peer: PackedPeer): void {
    this.#frames++
    this.#add('frame', frame, peer, NO_HEAD)
  }

  addQuarantined(frame: IncomingFrame, peer: PackedPeer, head: Buffer): void {
    this.#add('quarantined', frame, peer, head)
  }

  /** Writes the header; `buffer` up to `bytes` is then a whole batch. */
  seal(firstFrame: number, ledger: Float64Array, writtenUs: number): void {
    sealBatch(this.#buffer, this.#spoolId, {
      bytes: this.#end,
      records: this.#records,
      frames: this.#frames,
      firstFrame,
      writtenUs,
      ledger,
    })
  }

  clear(): void {
    this.#end = HEADER_BYTES
    this.#records = 0
    this.#frames = 0
  }

  #add(kind: RecordKind, frame: IncomingFrame, peer: PackedPeer, head: Buffer): void {
    const bytes = head.length + frame.bytes.length
    const begin = this.#end
    const at = writeRecordHead(this.#buffer, begin, kind, frame, peer, bytes)
    if (head.length > 0) head.copy(this.#buffer, at)
    frame.bytes.copy(this.#buffer, at + head.length)
    this.#end = begin + recordBytes(peer, bytes)
    this.#records++
  }
}
