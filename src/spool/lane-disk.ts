// Where the batches of a lane go, and whether they may: room within bytesMax, a disk that takes
// writes, a file with room in it. A batch is written whole or not at all; when not, the caller is
// told and counts its frames over, and nothing is taken until a trial write goes through.
//
// A mark is a batch without records. Every file begins with one, so that the counters outlive the
// files before it; it says how things stood before the batch at hand, which comes behind it. Others
// are written when frames were only refused, so that those counts survive a kill as well.
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LaneLedger } from '#ledger'
import { log } from '#log'
import { HEADER_BYTES } from './batch.ts'
import { BatchBuffer } from './batch-buffer.ts'
import { DiskPace } from './disk-pace.ts'
import { DiskTrouble } from './disk-trouble.ts'
import type { LaneLog } from './lane-log.ts'
import type { SpoolId } from './spool-id.ts'
import type { SpoolRoom } from './spool-room.ts'

export interface LaneDiskParts {
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
  /** A batch the disk refuses stays at hand until the disk takes it; else its frames are dropped. */
  readonly keepsRefused: boolean
  readonly now: () => number
}

const LEAVE_PART = 16 // a file smaller than this part of fileBytesMax is not worth leaving early

export class LaneDisk {
  readonly trouble: DiskTrouble
  readonly #parts: LaneDiskParts
  readonly #laneLog: LaneLog
  readonly #room: SpoolRoom
  readonly #mark: BatchBuffer
  readonly #pace: DiskPace
  #firstFrame: number
  #receivedMarked = -1

  constructor(parts: LaneDiskParts) {
    this.#parts = parts
    this.#laneLog = parts.laneLog
    this.#room = parts.room
    this.#firstFrame = parts.frames
    this.#mark = new BatchBuffer(parts.spoolId, 0)
    this.trouble = new DiskTrouble(parts.lane, parts.now)
    this.#pace = new DiskPace(parts.lane, parts.now)
    this.#attempt(0, () => this.#beginFile(0))
  }

  /** What records may still take. */
  get bytesLeft(): number {
    return Math.max(0, this.#room.bytesLeft - this.#parts.marksBytes)
  }

  /** Measures the spool again when it is time to. */
  refreshRoom(): void {
    this.#pace.timed(() => {
      if (this.#room.refresh() && this.#laneLog.isGone) this.#leaveGoneFile()
    })
  }

  /** Writes the batch and empties it; false when the disk did not take it (see keepsRefused). */
  write(batch: BatchBuffer): boolean {
    if (this.trouble.isRefusing) return false
    const frames = batch.frames
    const { keepsRefused } = this.#parts
    const written = this.#attempt(keepsRefused ? 0 : frames, () => {
      if (this.#laneLog.needsFile) this.#beginFile(frames)
      this.#write(batch, this.#parts.ledger.slots())
    })
    if (written || !keepsRefused) batch.clear()
    if (!written) return false
    this.#firstFrame += frames
    if (frames > 0) this.trouble.batchPassed()
    const { fileBytesMax, flushBytes } = this.#parts
    if (this.#laneLog.fileBytes + flushBytes > fileBytesMax)
      this.#attempt(0, () => this.#beginFile(0))
    return true
  }

  /** Writes the counters, when they changed; only while the batch at hand is empty. */
  mark(): void {
    const slots = this.#parts.ledger.slots()
    if (slots[0] === this.#receivedMarked || this.trouble.isRefusing) return
    if (this.#room.bytesLeft >= HEADER_BYTES) this.#attempt(0, () => this.#writeMark(0))
  }

  /** Tries the disk when it refused and it is time to. */
  tryAgain(framesAtHand: number): void {
    if (!this.trouble.isTimeToTry) return
    if (freeBytes(dirname(this.#parts.laneDir)) < 2 * this.#parts.flushBytes) this.trouble.putOff()
    else this.tryNow(framesAtHand)
  }

  /** Tries a disk that refused, time or not. */
  tryNow(framesAtHand: number): void {
    if (!this.trouble.isRefusing) return
    if (this.#attempt(0, () => this.#writeMark(framesAtHand))) this.trouble.trialPassed()
  }

  /**
   * Begins another file though this one is not full: one that is written to is never deleted, and
   * while space is short what readers have passed should go. Only while the batch at hand is empty.
   */
  leaveFile(): void {
    if (this.trouble.isRefusing || !this.#laneLog.holdsRecords) return
    if (this.#room.bytesLeft >= HEADER_BYTES) this.#attempt(0, () => this.#beginFile(0))
  }

  /** As `leaveFile`, when space is short and the file is worth it. */
  leaveFileIfShort(): void {
    const worthBytes = this.#parts.fileBytesMax / LEAVE_PART
    if (this.#room.isNearlyFull && this.#laneLog.fileBytes > worthBytes) this.leaveFile()
  }

  // Writes to a deleted file succeed, and nobody would ever read them.
  #leaveGoneFile(): void {
    const { lane, laneDir } = this.#parts
    log.error({ room: 'spool', lane, laneDir }, 'the spool file was removed while being written')
    this.#laneLog.spoilFile()
  }

  #attempt(frames: number, write: () => void): boolean {
    try {
      this.#pace.timed(write)
      return true
    } catch (error) {
      this.trouble.failed(error, frames)
      return false
    }
  }

  #beginFile(framesAtHand: number): void {
    this.#laneLog.beginFile()
    this.#write(this.#mark, this.#slotsBefore(framesAtHand))
  }

  #writeMark(framesAtHand: number): void {
    if (this.#laneLog.needsFile) this.#beginFile(framesAtHand)
    else this.#write(this.#mark, this.#slotsBefore(framesAtHand))
  }

  #slotsBefore(framesAtHand: number): Float64Array {
    const slots = this.#parts.ledger.slots()
    slots[0]! -= framesAtHand
    slots[1]! -= framesAtHand
    return slots
  }

  #write(batch: BatchBuffer, slots: Float64Array): void {
    batch.seal(this.#firstFrame, slots, Date.now() * 1_000)
    this.#laneLog.write(batch)
    this.#room.take(batch.bytes)
    this.#receivedMarked = slots[0]!
  }
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY // unknown: let the trial write find out
  }
}
