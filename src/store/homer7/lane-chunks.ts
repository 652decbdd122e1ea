// The lanes of the spool, read in turn, a chunk at a time into one buffer: whoever takes a chunk in has
// copied what it needs of it when the next one is read.
import { type Cursor, type LaneReader, openReader } from '#spool'
import { countFrames } from '../write/collect.ts'
import type { Homer7Batch } from './homer7-batch.ts'

const CHUNK_BYTES_MAX = 512 * 1024
const LOOK_MS = 250

export class LaneChunks {
  /** Batches go as soon as there is nothing more to read. */
  isDraining = false
  readonly #directory: string
  readonly #reader: string
  readonly #readers = new Map<string, LaneReader>()
  readonly #stored = new Map<string, Cursor>()
  readonly #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES_MAX)
  #lookedAt = 0

  constructor(directory: string, reader: string) {
    this.#directory = directory
    this.#reader = reader
  }

  has(lane: string): boolean {
    return this.#readers.has(lane)
  }

  /** Whether it is time to look for new lanes; asking says that it is being done. */
  isLookDue(): boolean {
    const now = performance.now()
    if (!this.isDraining && now - this.#lookedAt < LOOK_MS) return false
    this.#lookedAt = now
    return true
  }

  /** Reads a lane from `cursor` on; a lane that was never stored from its beginning. */
  open(lane: string, cursor: Cursor): void {
    this.#readers.get(lane)?.close()
    this.#stored.set(lane, cursor)
    const isNew = cursor.file === 0 && cursor.records === 0
    const directory = this.#directory
    this.#readers.set(lane, openReader({ directory, lane, ...(isNew ? {} : { from: cursor }) }))
  }

  /** One chunk of every lane that has one, until the batch is full; false when there was none. */
  readInto(batch: Homer7Batch, rowBytesMax: number): boolean {
    const bytesMax = Math.min(CHUNK_BYTES_MAX, rowBytesMax)
    let hasRead = false
    for (const [lane, reader] of this.#readers) {
      if (batch.rowBytes >= rowBytesMax) break
      const from = reader.cursor
      const chunk = reader.read({ bytesMax, into: this.#buffer })
      if (chunk === undefined) continue
      batch.add(lane, from, chunk)
      hasRead = true
    }
    return hasRead
  }

  /** Tells the spool that everything before the cursor may go. */
  release(lane: string, cursor: Cursor): void {
    this.#stored.set(lane, cursor)
    this.#readers.get(lane)?.release(this.#reader, cursor)
  }

  /** Frames in the spool that are not stored. */
  countLeft(): Promise<number> {
    return countFrames(this.#directory, this.#stored)
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
  }
}
