// A lane's one writer. `append` is called for every packet there is, by a thread whose timers starve
// while packets keep coming: so it looks at the clock itself, every few records, and writes the
// batch when it is full or old. The timer is for quiet times only.
//
// When a frame cannot be kept, WhenFull, the answer is always drop-newest:
//   spool_full   bytesMax is reached. What is spooled stays whole; the ledger names the gap. As soon
//                as readers have freed a file it goes on.
//   disk_error   the disk refused. What was written of the batch is cut off again, and nothing is
//                accepted until a trial write goes through. Then the batch is written after all
//                (keepsRefused); or, where senders were told that it failed and will send again,
//                its frames, counted as appended before, are counted over.
// Senders that can wait (TCP, TLS, WebSocket, HTTP) are better asked to: that is `isFull`.
import type { DropReason, LaneLedger } from '#ledger'
import { log } from '#log'
import { BatchBuffer } from './batch-buffer.ts'
import { LaneDisk, type LaneDiskParts } from './lane-disk.ts'
import { LaneSync } from './lane-sync.ts'
import { quarantineHead, type RefusedFrame } from './quarantine.ts'
import type { IncomingFrame } from './record.ts'
import { PeerPacker, recordBytes } from './record-codec.ts'
import { SpoolError } from './spool-error.ts'
import { TokenBucket } from './token-bucket.ts'

/** `oversized`: longer than any frame can be, counted as rejected. */
export type AppendResult = 'appended' | DropReason | 'oversized'

/** The longest frame a record takes; HEP's own limit is 65,535. */
export const RECORD_FRAME_BYTES_MAX = 1024 * 1024

const CLOCK_EVERY = 8 // records between looks at the clock, 30 ns each
const RECORD_ROOM_BYTES = 66 * 1024 // beyond flushBytes: any HEP frame fits the batch at hand
const MARK_MS = 1_000 // how often counters alone are written

export interface LaneWriterParts extends LaneDiskParts {
  readonly flushMs: number
  readonly syncMs: number
  readonly quarantinePerSecond: number
}

export class LaneWriter {
  readonly lane: string
  /** The lane's counters; exact at all times. */
  readonly ledger: LaneLedger
  readonly #flushBytes: number
  readonly #flushMs: number
  readonly #now: () => number
  readonly #batch: BatchBuffer
  readonly #disk: LaneDisk
  readonly #sync: LaneSync
  readonly #parts: LaneWriterParts
  readonly #peers = new PeerPacker()
  readonly #quarantineTokens: TokenBucket
  readonly #timer: Timer
  #batchBytesMax = 0
  #batchBeganMs = 0
  #markedMs = 0
  #askedUpTo = 0
  #full = false
  #closed = false

  constructor(parts: LaneWriterParts) {
    this.#parts = parts
    this.lane = parts.lane
    this.ledger = parts.ledger
    this.#flushBytes = parts.flushBytes
    this.#flushMs = parts.flushMs
    this.#now = parts.now
    this.#batch = new BatchBuffer(parts.spoolId, parts.flushBytes + RECORD_ROOM_BYTES)
    this.#disk = new LaneDisk(parts)
    this.#sync = new LaneSync(parts)
    this.#quarantineTokens = new TokenBucket(parts.quarantinePerSecond, parts.now)
    this.#settle()
    this.#timer = setInterval(() => this.#tick(), parts.flushMs)
    this.#timer.unref()
  }

  /** Copies the frame into the batch at hand and counts it; returns what the ledger now says. */
  append(frame: IncomingFrame): AppendResult {
    const peer = this.#peers.pack(frame.peerIp)
    const bytes = recordBytes(peer, frame.bytes.length)
    if (this.#batch.bytes + bytes > this.#batchBytesMax && !this.#makeRoom(bytes)) {
      return this.#refuse(frame)
    }
    this.#batch.addFrame(frame, peer)
    this.ledger.append()
    this.#sync.position++
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
    if (this.#batch.bytes + bytes > this.#batchBytesMax && !this.#makeRoom(bytes)) return
    this.#batch.addQuarantined(frame, peer, head)
    this.#writeIfDue()
  }

  /** True when frames would be dropped: senders that can wait should. */
  get isFull(): boolean {
    this.#disk.tryAgain(this.#batch.frames)
    this.#disk.refreshRoom()
    this.#settle()
    return this.#disk.trouble.isRefusing || this.#disk.bytesLeft < this.#flushBytes
  }

  /** Rises with every frame accepted; hand it to `sync` to ask about the frames after it. */
  get position(): number {
    return this.#sync.position
  }

  /** Hands the batch at hand to the kernel: readers see it, and it survives a kill of the process. */
  flush(): void {
    if (this.#batch.records > 0) this.#writeBatch()
    else this.#disk.mark()
  }

  /**
   * Resolves when every frame appended before is on the disk; throws SPOOL_NOT_SAFE when one of those
   * after `since` (a `position`) may not be. @default since the previous call of sync
   */
  async sync(since: number = this.#askedUpTo): Promise<void> {
    this.#askedUpTo = this.#sync.position
    this.flush()
    await this.#sync.sync()
    if (!this.#sync.isDoubtfulAfter(since)) return
    throw new SpoolError(
      'SPOOL_NOT_SAFE',
      `lane ${this.lane}: the disk did not take frames that were to be synced; send them again`,
    )
  }

  /** Writes and syncs what is left. Whatever is appended afterwards is dropped (disk_error). */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#writeLast()
    this.#batchBytesMax = 0
    await this.#sync.sync()
    this.#parts.laneLog.close()
  }

  #writeLast(): void {
    this.#disk.tryNow(this.#batch.frames)
    this.flush()
    if (this.#batch.frames > 0) this.ledger.lose('disk_error', this.#batch.frames)
    this.#batch.clear()
  }

  #refuse(frame: IncomingFrame): AppendResult {
    if (frame.bytes.length > RECORD_FRAME_BYTES_MAX) {
      this.ledger.reject('oversized')
      return 'oversized'
    }
    const reason = this.#disk.trouble.isRefusing || this.#closed ? 'disk_error' : 'spool_full'
    if (reason === 'disk_error') this.#disk.trouble.dropped()
    else this.#becameFull()
    this.ledger.drop(reason)
    return reason
  }

  #writeIfDue(): void {
    const { bytes, records } = this.#batch
    if (records === 1) this.#beganBatch()
    if (bytes >= this.#flushBytes) this.#writeBatch()
    else if (records % CLOCK_EVERY === 0 && this.#isOld()) this.#writeBatch()
  }

  #beganBatch(): void {
    this.#batchBeganMs = this.#now()
    this.#disk.refreshRoom()
    this.#settle()
  }

  #isOld(): boolean {
    return this.#now() - this.#batchBeganMs >= this.#flushMs
  }

  // The slow side of append: the batch at hand may not grow by so much as it is.
  #makeRoom(bytes: number): boolean {
    if (this.#closed || bytes > recordBytes(NO_PEER, RECORD_FRAME_BYTES_MAX) + 256) return false
    this.#disk.tryAgain(this.#batch.frames)
    if (!this.#batch.fits(bytes)) this.#writeBatch()
    if (!this.#batch.fits(bytes) && this.#batch.records === 0) this.#batch.grow(bytes)
    this.#disk.refreshRoom()
    this.#settle()
    if (this.#batch.bytes + bytes <= this.#batchBytesMax) return true
    if (this.#batch.records > 0) this.#writeBatch()
    this.#disk.leaveFile()
    return false
  }

  #writeBatch(): void {
    const frames = this.#batch.frames
    if (!this.#disk.write(this.#batch) && frames > 0) {
      if (this.#batch.frames === 0) this.ledger.lose('disk_error', frames)
      this.#sync.doubt()
    }
    this.#disk.refreshRoom()
    this.#settle()
    this.#sync.startIfDue()
  }

  #tick(): void {
    this.#disk.tryAgain(this.#batch.frames)
    if (this.#batch.records > 0) {
      if (this.#isOld()) this.#writeBatch()
    } else {
      this.#markIfDue()
      this.#disk.leaveFileIfShort()
    }
    this.#disk.refreshRoom()
    this.#settle()
    this.#sync.startIfDue()
  }

  #markIfDue(): void {
    if (this.#now() - this.#markedMs < MARK_MS) return
    this.#markedMs = this.#now()
    this.#disk.mark()
  }

  // How far the batch at hand may grow, as things stand now.
  #settle(): void {
    const refuses = this.#disk.trouble.isRefusing || this.#closed
    this.#batchBytesMax = refuses ? 0 : Math.min(this.#batch.buffer.length, this.#disk.bytesLeft)
    if (!this.#full || this.#disk.bytesLeft < this.#flushBytes) return
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
}

const NO_PEER = new Uint8Array(1)
