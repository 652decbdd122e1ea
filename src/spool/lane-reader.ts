// Reads a lane from a cursor on, whole batches only, while its writer (another thread, another
// process) goes on. It asks the file system, nobody else: cheap enough to ask 20 times a second.
//
//   cursor ─▶ ┌──── file 3 ────┐ ┌──── file 4 ────┐
//             │ b │ b │ b │ b  │ │ b │ ░ │ b │ b· │ ◀─ the end may be half written: wait for it
//             └────────────────┘ └─────┬──────────┘
//                                      └─ damaged: copied aside, on with the next whole batch.
//                                         Its index says how many frames were lost.
//
// A cursor whose file is gone goes on with the next file there is; one behind the end of its file
// (cut after a power failure) with the next; one behind every file waits until the lane moves. In
// each case the index of the next batch tells what is missing, and `losses` says why.
import { type LedgerCounts, ledgerCounts } from '#ledger'
import { log } from '#log'
import { BATCH_BYTES_MAX, type BatchHeader, probeBatch } from './batch.ts'
import { keepDamaged, type Loss } from './damage.ts'
import { findWholeBatch } from './find-whole-batch.ts'
import { isSameRun, laneDirectory } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import { deletePassedFiles, writeMark } from './reader-marks.ts'
import type { Cursor, SpoolRecord } from './record.ts'
import { PeerNames } from './record-codec.ts'
import { type BatchSpan, RecordWalk, recordsOf } from './record-walk.ts'
import { SpoolError } from './spool-error.ts'
import { type SpoolId, spoolIdFrom } from './spool-id.ts'
import { ensureSpoolJson, readSpoolJson } from './spool-json.ts'

export interface ReaderOptions {
  /** The spool's directory. */
  readonly directory: string
  readonly lane: string
  /** Where to go on. @default the oldest batch there is */
  readonly from?: Cursor
}

/** What to read, and where to put it. */
export interface ReadOptions {
  /** @default 1 MiB */
  readonly bytesMax?: number
  /** Room for the chunk's bytes, used when it suffices. @default a buffer of the chunk's own */
  readonly into?: Buffer
}

export interface Chunk {
  /** In the order they were appended; their bytes are views into one buffer. */
  readonly records: readonly SpoolRecord[]
  /** The same records one after the other, without an object for each. */
  readonly walk: () => RecordWalk
  /** Frames among the records. */
  readonly frames: number
  /** Behind this chunk: store it in the transaction that stores the records. */
  readonly next: Cursor
  /** Frames that cannot be read any more (damaged or deleted). */
  readonly lostFrames: number
  readonly losses: readonly Loss[]
  /** The lane's counters as of the newest batch in this chunk. */
  readonly intake: LedgerCounts | undefined
  /** When that batch was written, µs since 1970. */
  readonly writtenUs: number | undefined
}

const CHUNK_BYTES_MAX = 1024 * 1024

/** Opens a lane for reading; it need not exist yet. */
export const openReader = (options: ReaderOptions): LaneReader => new LaneReader(options)

export class LaneReader {
  readonly lane: string
  readonly #directory: string
  readonly #laneDir: string
  readonly #spoolId: SpoolId
  readonly #source: LaneSource
  readonly #peers = new PeerNames()
  #cursor: Cursor
  #indexKnown: boolean
  #cause: Omit<Loss, 'frames'> | undefined
  #seenBytes: number | undefined // of the file at hand, when it was looked at last
  #searchedBytes = -1 // of the file at hand, when nothing whole was found behind the cursor
  #beyond: { file: number; bytes: number } | undefined
  #releasedFile = 0

  constructor({ directory, lane, from }: ReaderOptions) {
    this.lane = lane
    this.#directory = directory
    this.#laneDir = laneDirectory(directory, lane)
    this.#spoolId = spoolIdFrom(ensureSpoolJson(directory).spoolId)
    this.#source = new LaneSource(this.#laneDir)
    this.#cursor = from ?? { file: 0, offset: 0, records: 0 }
    this.#indexKnown = from !== undefined
  }

  /** Where the next chunk begins. */
  get cursor(): Cursor {
    return this.#cursor
  }

  /** The next whole batches, up to about `bytesMax` but at least one; undefined when there is none yet. */
  read({ bytesMax = CHUNK_BYTES_MAX, into }: ReadOptions = {}): Chunk | undefined {
    for (;;) {
      const chunk = this.#readHere(bytesMax, into)
      if (chunk) return chunk
      if (!this.#moveOn()) return undefined
    }
  }

  /** Says that `reader` has passed everything before `cursor`; files all readers have passed go. */
  release(reader: string, cursor: Cursor): void {
    this.#writeMark(reader, cursor)
    if (cursor.file === this.#releasedFile) return
    this.#releasedFile = cursor.file
    const readers = readSpoolJson(this.#directory)?.readers ?? []
    deletePassedFiles(this.#laneDir, readers, { reader, cursor })
  }

  close(): void {
    this.#source.close()
  }

  // A full disk refuses the mark, and what would free it is deleting the files it speaks of: go on.
  #writeMark(reader: string, cursor: Cursor): void {
    try {
      writeMark(this.#laneDir, reader, cursor)
    } catch (error) {
      if (error instanceof SpoolError) throw error
      log.warn({ room: 'spool', lane: this.lane, err: error }, 'could not write a reader mark')
    }
  }

  #readHere(bytesMax: number, into: Buffer | undefined): Chunk | undefined {
    const { file, offset } = this.#cursor
    this.#seenBytes = this.#source.bytesOf(file)
    const bytesLeft = (this.#seenBytes ?? 0) - offset
    if (bytesLeft <= 0) return undefined
    let buffer = this.#source.read(file, offset, Math.min(bytesMax, bytesLeft), into)
    let probe = probeBatch(buffer, 0, this.#spoolId)
    // At least one batch, however small bytesMax is: first its header, then all of it.
    while (probe.kind === 'partial' && probe.bytesNeeded <= bytesLeft) {
      buffer = this.#source.read(file, offset, probe.bytesNeeded, into)
      if (buffer.length < probe.bytesNeeded) return undefined
      probe = probeBatch(buffer, 0, this.#spoolId)
    }
    return probe.kind === 'batch' ? this.#readBatches(buffer) : undefined
  }

  #readBatches(buffer: Buffer): Chunk | undefined {
    const spans: BatchSpan[] = []
    const losses: Loss[] = []
    const before = this.#cursor
    let frames = 0
    let at = 0
    let newest: BatchHeader | undefined
    for (;;) {
      const probe = probeBatch(buffer, at, this.#spoolId)
      if (probe.kind !== 'batch') break
      newest = probe.header
      const loss = this.#account(newest, before.offset + at)
      if (loss) losses.push(loss)
      spans.push({ at: at + newest.headerBytes, records: newest.records })
      frames += newest.frames
      at += newest.bytes
      this.#cursor = { ...before, offset: before.offset + at, records: indexAfter(newest) }
    }
    if (!newest) return undefined
    this.#searchedBytes = -1
    const walk = () => new RecordWalk(buffer, spans, this.#peers)
    let records: SpoolRecord[] | undefined
    return {
      get records() {
        records ??= recordsOf(walk())
        return records
      },
      walk,
      frames,
      next: this.#cursor,
      lostFrames: losses.reduce(
        (sum, loss) => sum + (loss.kind === 'set-back' ? 0 : loss.frames),
        0,
      ),
      losses,
      intake: ledgerCounts(newest.ledger),
      writtenUs: newest.writtenUs,
    }
  }

  // Compares where the batch says it stands with where we stand.
  #account(header: BatchHeader, offset: number): Loss | undefined {
    const gap = this.#indexKnown ? header.firstFrame - this.#cursor.records : 0
    const cause = this.#cause
    this.#cause = undefined
    this.#indexKnown = true
    if (gap === 0) return cause?.kind === 'damaged' ? { ...cause, frames: 0 } : undefined
    const here = { file: this.#cursor.file, offset }
    if (gap < 0) return { kind: 'set-back', frames: -gap, ...here, detail: SET_BACK }
    return { kind: 'damaged', ...here, detail: 'batches are missing', ...cause, frames: gap }
  }

  // Nothing whole stood at the cursor. True when there is something new to look at; false: wait.
  // The order matters: a file with a successor does not grow any more, so its size is asked last.
  #moveOn(): boolean {
    const { file, offset } = this.#cursor
    const following = this.#source.following(file)
    const bytes = this.#source.bytesOf(file)
    if (bytes === undefined) return this.#leaveMissing(following)
    if (bytes !== this.#seenBytes) return true
    if (offset < bytes) {
      if (following === undefined && this.#searchedBytes === bytes) return false
      this.#searchedBytes = bytes
      if (this.#skipDamage(bytes, following !== undefined)) return true
    }
    if (following === undefined) return false
    this.#goTo(following)
    return true
  }

  #leaveMissing(following: number | undefined): boolean {
    const { file } = this.#cursor
    if (following !== undefined) {
      if (this.#indexKnown || following === 1) {
        this.#indexKnown = true
        this.#because('deleted', `file ${file} and those up to ${following} are gone`)
      }
      this.#goTo(following)
      return true
    }
    return this.#leaveBeyond(this.#source.files)
  }

  // Behind every file there is: the disk was lost or put back. What stands there now is older than
  // the cursor and was read; what comes now is new.
  #leaveBeyond(files: readonly number[]): boolean {
    const newest = files.at(-1)
    const now = { file: newest ?? 0, bytes: newest ? (this.#source.bytesOf(newest) ?? 0) : 0 }
    const then = this.#beyond
    this.#beyond = now
    if (!newest || !then || (then.file === now.file && then.bytes === now.bytes)) return false
    this.#goTo(files.find((file) => file > then.file || isSameRun(file, newest)) ?? newest)
    this.#beyond = undefined
    return true
  }

  #goTo(file: number): void {
    this.#cursor = { file, offset: 0, records: this.#cursor.records }
    this.#searchedBytes = -1
  }

  #because(kind: Loss['kind'], detail: string): void {
    this.#cause = { kind, detail, file: this.#cursor.file, offset: this.#cursor.offset }
  }

  // Goes to the next whole batch of the file, when there is one.
  #skipDamage(bytes: number, finished: boolean): boolean {
    const { file, offset } = this.#cursor
    const found = findWholeBatch(this.#source, file, offset + 1, bytes, this.#spoolId)
    if (found === undefined && !finished) return false
    const end = found ?? bytes
    const damaged = this.#source.read(file, offset, Math.min(end - offset, BATCH_BYTES_MAX))
    const probe = probeBatch(damaged, 0, this.#spoolId)
    const reason = probe.kind === 'damaged' ? probe.reason : 'the batch is cut short'
    this.#because('damaged', `${end - offset} bytes: ${reason}`)
    keepDamaged(this.#directory, `${this.lane}-${file}-${offset}.batch`, damaged)
    if (found !== undefined) this.#cursor = { ...this.#cursor, offset: found }
    return found !== undefined
  }
}

const SET_BACK = 'the lane lost its newest batches after they were read'

const indexAfter = (header: BatchHeader): number => header.firstFrame + header.frames
