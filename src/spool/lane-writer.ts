// A lane's one writer. `append` is called for every packet there is, by a thread whose timers starve
// while packets keep coming: so it looks at the clock itself, every few records, and writes the
// batch when it is full or old. The timer is for quiet times only.
//
// When a frame cannot be kept the sums of the ledger stay exact:
//   spool_full   bytesMax is reached. What is spooled stays whole; the ledger names the gap. As soon
//                as readers have freed a file it goes on.
//   disk_error   the disk refused. The batch that failed is cut off again, its frames, counted as
//                appended before, are counted over, and nothing is accepted until a trial write
//                goes through.
import { statfsSync } from 'node:fs'
import type { DropReason, LaneLedger } from '#ledger'
import { log } from '#log'
import { HEADER_BYTES } from './batch.ts'
import { BatchBuffer } from './batch-buffer.ts'
import { DiskTrouble } from './disk-trouble.ts'
import type { LaneLog } from './lane-log.ts'
import { quarantineHead, type RefusedFrame } from './quarantine.ts'
import type { IncomingFrame } from './record.ts'
import { PeerPacker, recordBytes } from './record-codec.ts'
import { SpoolError } from './spool-error.ts'
import type { SpoolId } from './spool-id.ts'
import type { SpoolRoom } from './spool-room.ts'
import { TokenBucket } from './token-bucket.ts'

/** `oversized`: longer than any frame can be, counted as rejected. */
export type AppendResult = 'appended' | DropReason | 'oversized'

/** The longest frame a record takes; HEP's own limit is 65,535. */
export const RECORD_FRAME_BYTES_MAX = 1024 * 1024

const CLOCK_EVERY = 8 // records between looks at the clock, 30 ns each
const RECORD_ROOM_BYTES = 66 * 1024 // beyond flushBytes: any HEP frame fits the batch at hand
const QUEUED_SYNCS_MAX = 4 // background syncs at once; a slower disk than this is not helped by more

export interface LaneWriterParts {
  readonly lane: string
  readonly laneDir: string
  readonly spoolId: SpoolId
  readonly laneLog: LaneLog
  readonly room: SpoolRoom
  readonly ledger: LaneLedger
  /** Frames of the lane so far. */
  readonly frames: number
  readonly fileBytesMax: number
  /** Kept free of frames, so that the counters can still be written when the spool is full. */
  readonly marksBytes: number
  readonly flushBytes: number
  readonly flushMs: number
  readonly syncMs: number
  readonly quarantinePerSecond: number
  readonly now: () => number
}

export class LaneWriter {
  /** The lane's counters; exact at all times. */
  readonly ledger: LaneLedger
  readonly lane: string
  readonly #parts: LaneWriterParts
  readonly #laneLog: LaneLog
  readonly #room: SpoolRoom
  readonly #batch: BatchBuffer
  readonly #mark: BatchBuffer
  readonly #peers = new PeerPacker()
  readonly #trouble: DiskTrouble
  readonly #quarantineTokens: TokenBucket
  readonly #timer: Timer
  #firstFrame: number
  #batchBytesMax = 0
  #batchBeganMs = 0
  #receivedMarked = -1
  #full = false
  #accepted = 0
  #unsafeUpTo = 0
  #askedUpTo = 0
  #syncedMs = 0
  #syncsRunning = 0
  #syncFailing = false
  #closed = false

  constructor(parts: LaneWriterParts) {
    this.#parts = parts
    this.lane = parts.lane
    this.ledger = parts.ledger
    this.#laneLog = parts.laneLog
    this.#room = parts.room
    this.#firstFrame = parts.frames
    this.#batch = new BatchBuffer(parts.spoolId, parts.flushBytes + RECORD_ROOM_BYTES)
    this.#mark = new BatchBuffer(parts.spoolId, 0)
    this.#trouble = new DiskTrouble(parts.lane, parts.now)
    this.#quarantineTokens = new TokenBucket(parts.quarantinePerSecond, parts.now)
    this.#syncedMs = parts.now()
    this.#tryDisk(() => this.#beginFile())
    this.#timer = setInterval(() => this.#tick(), parts.flushMs)
    this.#timer.unref()
  }

  /** Copies the frame into the batch at hand and counts it; what it returns is what the ledger says. */
  append(frame: IncomingFrame): AppendResult {
    const peer = this.#peers.pack(frame.peerIp)
    const bytes = recordBytes(peer, frame.bytes.length)
    if (this.#batch.bytes + bytes > this.#batchBytesMax && !this.#makeRoom(bytes)) {
      return this.#refuse(frame)
    }
    this.#batch.addFrame(frame, peer)
    this.ledger.append()
    this.#accepted++
    this.#writeIfDue()
    return 'appended'
  }

  /** Counts a refused frame, and keeps it for people to look at, up to so many a second. */
  quarantine(frame: IncomingFrame, refused: RefusedFrame): void {
    this.ledger.reject(refused.reason)
    if (!this.#quarantineTokens.take()) return
    const head = quarantineHead(refused)
    const peer = this.#peers.pack(frame.peerIp)
    const bytes = recordBytes(peer, head.length + frame.bytes.length)
    if (bytes > RECORD_FRAME_BYTES_MAX) return
    if (this.#batch.bytes + bytes > this.#batchBytesMax && !this.#makeRoom(bytes)) return
    this.#batch.addQuarantined(frame, peer, head)
    this.#writeIfDue()
  }

  /** True when frames would be dropped: senders that can wait should. */
  get isFull(): boolean {
    if (this.#trouble.isTimeToTry) this.#tryAgain()
    this.#room.refresh()
    this.#measured()
    return this.#trouble.isRefusing || this.#bytesLeft < this.#parts.flushBytes
  }

  /** Rises with every frame accepted; hand it to `sync` to ask about the frames after it. */
  get position(): number {
    return this.#accepted
  }

  /** Hands the batch at hand to the kernel: readers see it, and it survives a kill of the process. */
  flush(): void {
    if (this.#batch.records > 0) this.#writeBatch()
    else this.#writeMark()
  }

  /**
   * Resolves when every frame appended before is on the disk; throws SPOOL_NOT_SAFE when one of those
   * after `since` (a `position`) may not be. @default since the previous call of sync
   */
  async sync(since: number = this.#askedUpTo): Promise<void> {
    this.#askedUpTo = this.#accepted
    this.flush()
    await this.#syncLog()
    if (this.#unsafeUpTo > since) {
      throw new SpoolError(
        'SPOOL_NOT_SAFE',
        `lane ${this.lane}: the disk did not take frames that were to be synced; send them again`,
      )
    }
  }

  /** Writes and syncs what is left. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.flush()
    await this.#syncLog()
    this.#laneLog.close()
  }

  get #bytesLeft(): number {
    return this.#room.bytesLeft - this.#parts.marksBytes
  }

  #refuse(frame: IncomingFrame): AppendResult {
    if (frame.bytes.length > RECORD_FRAME_BYTES_MAX) {
      this.ledger.reject('oversized')
      return 'oversized'
    }
    const reason = this.#trouble.isRefusing ? 'disk_error' : 'spool_full'
    if (reason === 'disk_error') this.#trouble.dropped()
    else this.#becameFull()
    this.ledger.drop(reason)
    return reason
  }

  #writeIfDue(): void {
    const { bytes, records } = this.#batch
    if (records === 1) this.#batchBeganMs = this.#parts.now()
    if (bytes >= this.#parts.flushBytes) this.#writeBatch()
    else if (records % CLOCK_EVERY === 0 && this.#isOld) this.#writeBatch()
  }

  get #isOld(): boolean {
    return this.#parts.now() - this.#batchBeganMs >= this.#parts.flushMs
  }

  // The slow side of append: the batch at hand may not grow by so much as it is.
  #makeRoom(bytes: number): boolean {
    if (this.#trouble.isTimeToTry) this.#tryAgain()
    if (bytes > RECORD_FRAME_BYTES_MAX + 1024) return false
    if (!this.#batch.fits(bytes)) this.#writeBatch()
    if (this.#trouble.isRefusing) return false
    if (!this.#batch.fits(bytes)) this.#batch.grow(bytes)
    this.#room.refresh()
    this.#measured()
    if (this.#batch.bytes + bytes <= this.#batchBytesMax) return true
    this.#leaveFile()
    return false
  }

  #writeBatch(): void {
    if (this.#trouble.isRefusing) return
    this.#tryDisk(() => {
      if (this.#laneLog.needsFile) this.#beginFile()
      this.#write(this.#batch, this.ledger.slots())
      this.#firstFrame += this.#batch.frames
      if (this.#batch.frames > 0) this.#trouble.batchPassed()
      this.#batch.clear()
      const { fileBytesMax, flushBytes } = this.#parts
      if (this.#laneLog.fileBytes + flushBytes > fileBytesMax) this.#beginFile()
    })
    this.#room.refresh()
    this.#measured()
    this.#syncIfDue()
  }

  // A batch without records: carries the counters when frames only were refused, or none came.
  #writeMark(): void {
    const slots = this.ledger.slots()
    if (slots[0] === this.#receivedMarked || this.#trouble.isRefusing) return
    if (this.#room.bytesLeft < HEADER_BYTES) return
    this.#tryDisk(() =>
      this.#laneLog.needsFile ? this.#beginFile() : this.#write(this.#mark, slots),
    )
    this.#syncIfDue()
  }

  // Every file begins with a mark, so that the counters outlive the files before it. It must say how
  // things stood before the batch at hand, which comes behind it.
  #beginFile(): void {
    this.#laneLog.beginFile()
    const slots = this.ledger.slots()
    slots[0]! -= this.#batch.frames
    slots[1]! -= this.#batch.frames
    this.#write(this.#mark, slots)
  }

  #write(batch: BatchBuffer, slots: Float64Array): void {
    batch.seal(this.#firstFrame, slots, Date.now() * 1_000)
    this.#laneLog.write(batch.buffer, batch.bytes)
    this.#room.take(batch.bytes)
    this.#receivedMarked = slots[0]!
  }

  #tryDisk(write: () => void): boolean {
    try {
      write()
      return true
    } catch (error) {
      this.#diskFailed(error)
      return false
    }
  }

  #diskFailed(error: unknown): void {
    const frames = this.#batch.frames
    this.#batch.clear()
    this.#batchBytesMax = 0
    if (frames > 0) {
      this.ledger.lose('disk_error', frames)
      this.#unsafeUpTo = this.#accepted
    }
    this.#trouble.failed(error, frames)
  }

  #tryAgain(): void {
    if (freeBytes(this.#parts.laneDir) < 2 * this.#parts.flushBytes) {
      this.#trouble.putOff()
      return
    }
    const passed = this.#tryDisk(() =>
      this.#laneLog.needsFile ? this.#beginFile() : this.#write(this.#mark, this.ledger.slots()),
    )
    if (!passed) return
    this.#trouble.trialPassed()
    this.#measured()
  }

  #tick(): void {
    if (this.#trouble.isTimeToTry) this.#tryAgain()
    if (this.#batch.records === 0) this.#writeMark()
    else if (this.#isOld) this.#writeBatch()
    this.#room.refresh()
    this.#measured()
    const part = this.#parts.fileBytesMax / 16
    if (this.#room.isNearlyFull && this.#laneLog.fileBytes > part) this.#leaveFile()
    this.#syncIfDue()
  }

  // While space is short, a file that is still written to keeps what is in it from being freed.
  #leaveFile(): void {
    if (this.#trouble.isRefusing || this.#laneLog.fileBytes <= HEADER_BYTES) return
    if (this.#batch.records > 0) this.#writeBatch()
    if (this.#room.bytesLeft < HEADER_BYTES) return
    this.#tryDisk(() => this.#beginFile())
  }

  #measured(): void {
    if (this.#trouble.isRefusing) return
    this.#batchBytesMax = Math.min(this.#batch.buffer.length, this.#bytesLeft)
    if (!this.#full || this.#bytesLeft < this.#parts.flushBytes) return
    this.#full = false
    log.info({ room: 'spool', lane: this.lane }, 'the spool has room again')
  }

  #becameFull(): void {
    if (this.#full) return
    this.#full = true
    log.error(
      { room: 'spool', lane: this.lane },
      'the spool is full: frames are dropped (spool_full) until readers free space; is the database away, or spool.bytes_max too small?',
    )
  }

  #syncIfDue(): void {
    if (!this.#laneLog.isUnsynced || this.#syncsRunning >= QUEUED_SYNCS_MAX) return
    if (this.#parts.now() - this.#syncedMs < this.#parts.syncMs) return
    this.#syncedMs = this.#parts.now()
    this.#syncsRunning++
    void this.#watchSync(this.#laneLog.syncNow()).then(() => this.#syncsRunning--)
  }

  #syncLog(): Promise<void> {
    this.#syncedMs = this.#parts.now()
    return this.#watchSync(this.#laneLog.sync())
  }

  // A failed sync leaves everything accepted so far in doubt; the frames may still be read back, so
  // the ledger keeps them, and a later gap is counted by the reader.
  async #watchSync(sync: Promise<void>): Promise<void> {
    try {
      await sync
      this.#syncFailing = false
    } catch (error) {
      this.#unsafeUpTo = this.#accepted
      if (this.#syncFailing) return
      this.#syncFailing = true
      log.error({ room: 'spool', lane: this.lane, err: error }, 'the disk failed to sync the spool')
    }
  }
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
