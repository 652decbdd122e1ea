// Reads the lanes of the spool and collects batches: enough messages that calls group well, soon
// enough that people find them. A batch is complete when it is large, when the first of it was read
// `batchWaitMs` ago, or when there is nothing more to read and its oldest frame is that old.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause } from '#backoff'
import type { Filter } from '#filter'
import { type Cursor, type LaneReader, listLanes, openReader } from '#spool'
import { BatchBuilder, type BatchOptions } from './batch.ts'
import { HeapLimit } from './heap-limit.ts'
import { BlockBuilder } from './segment.ts'

/** One lane is read this far before the next has its turn: four batches as intake writes them. */
const CHUNK_BYTES_MAX = (1024 + 32) * 1024
const IDLE_MS = 20
const BEGINNING: Cursor = { file: 0, offset: 0, records: 0 }

export interface CollectOptions extends Omit<BatchOptions, 'filter'> {
  readonly batchBytes: number
  readonly batchWaitMs: number
}

export class Collector {
  readonly #directory: string
  readonly #options: CollectOptions
  readonly #readers = new Map<string, LaneReader>()
  readonly #stored = new Map<string, Cursor>()
  #current: BatchBuilder | undefined
  /** Room for chunks, and how many of them hold what the batch at hand is made of. */
  readonly #buffers: Buffer[] = []
  #buffersUsed = 0
  /** Records of the largest chunk so far. */
  #chunkBytes = 0
  readonly #heap = new HeapLimit()
  /** Batches go as soon as there is nothing more to read. */
  isDraining = false
  /** What the operator wants done to packets; from the next batch on. */
  filter: Filter | undefined

  constructor(directory: string, options: CollectOptions) {
    this.#directory = directory
    this.#options = { block: new BlockBuilder(), ...options }
  }

  has(lane: string): boolean {
    return this.#readers.has(lane)
  }

  /** To be called when the filter has changed. */
  lookAtFilter(): void {
    this.#current?.lookAtFilter()
  }

  /** When the oldest frame of the batch being collected reached us. */
  get oldestUs(): number | undefined {
    return this.#current?.oldestUs
  }

  /** Reads a lane from `cursor` on; a lane that was never stored from its beginning. */
  open(lane: string, cursor: Cursor): void {
    this.#readers.get(lane)?.close()
    this.#stored.set(lane, cursor)
    this.#readers.set(lane, readerAt(this.#directory, lane, cursor))
  }

  /** Tells the spool that everything before the cursor may go. */
  release(lane: string, cursor: Cursor): void {
    this.#stored.set(lane, cursor)
    this.#readers.get(lane)?.release('store', cursor)
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
  }

  /**
   * The next batch, not built yet; undefined when there was nothing for `batchWaitMs`, at once when
   * draining, or when the signal aborts. Its chunks lie in buffers that the next batch is read into, so it
   * must be built, or let go, before.
   */
  async collect(signal: AbortSignal): Promise<BatchBuilder | undefined> {
    const { batchWaitMs } = this.#options
    const passed = this.#current
    this.#current = undefined
    // Before anything of the next batch is made: what lives through a collection grows old, and would keep
    // whatever is put into it alive through the next, dead or not.
    if (passed) this.#heap.passed(passed.bytes)
    const builder = new BatchBuilder({ ...this.#options, filter: this.filter })
    this.#current = builder
    this.#buffersUsed = 0
    const startedAt = performance.now()
    let filledAt: number | undefined
    while (!signal.aborted) {
      const hasRead = this.#readOnce(builder)
      const now = performance.now()
      if (hasRead) filledAt ??= now
      if (this.#isFull(builder)) return builder
      if (filledAt !== undefined && now - filledAt >= batchWaitMs) return builder
      if (!hasRead && filledAt !== undefined && this.#isDue(builder)) return builder
      if (!hasRead && filledAt === undefined) {
        if (this.isDraining || now - startedAt >= batchWaitMs) return undefined
      }
      await (hasRead ? nextTurn() : pause(IDLE_MS, signal))
    }
    return undefined
  }

  /** Frames in the spool that are not stored. */
  countLeft(): Promise<number> {
    return countFrames(this.#directory, this.#stored)
  }

  /** As near to the limit as chunks allow. */
  #isFull({ bytes }: BatchBuilder): boolean {
    return bytes > 0 && bytes + this.#chunkBytes / 2 > this.#options.batchBytes
  }

  #isDue(builder: BatchBuilder): boolean {
    return this.isDraining || ageMs(builder) >= this.#options.batchWaitMs
  }

  #freeBuffer(): Buffer {
    this.#buffers[this.#buffersUsed] ??= Buffer.allocUnsafeSlow(CHUNK_BYTES_MAX)
    return this.#buffers[this.#buffersUsed]!
  }

  /** One chunk of every lane that has one. */
  #readOnce(builder: BatchBuilder): boolean {
    let hasRead = false
    for (const [lane, reader] of this.#readers) {
      if (this.#isFull(builder)) break
      const from = reader.cursor
      const chunk = reader.read({ bytesMax: CHUNK_BYTES_MAX, into: this.#freeBuffer() })
      if (chunk === undefined) continue
      this.#buffersUsed += 1
      const bytes = builder.bytes
      builder.add(lane, from, chunk)
      this.#chunkBytes = Math.max(this.#chunkBytes, builder.bytes - bytes)
      hasRead = true
    }
    return hasRead
  }
}

/** How long its oldest frame has been waiting. */
const ageMs = ({ oldestUs = 0 }: BatchBuilder): number => Date.now() - oldestUs / 1000

/** Frames in a spool behind the cursors, found by reading it; all there are where none is known. */
export async function countFrames(
  directory: string,
  cursors: ReadonlyMap<string, Cursor> = new Map(),
): Promise<number> {
  let frames = 0
  for (const lane of listLanes(directory)) {
    const reader = readerAt(directory, lane, cursors.get(lane) ?? BEGINNING)
    for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) {
      frames += chunk.frames
      await nextTurn()
    }
    reader.close()
  }
  return frames
}

function readerAt(directory: string, lane: string, cursor: Cursor): LaneReader {
  const isNew = cursor.file === 0 && cursor.records === 0
  return openReader({ directory, lane, ...(isNew ? {} : { from: cursor }) })
}
