// Opens a lane for its one writer: finds its end, restores its counters, begins a new file.
import { LaneLedger } from '#ledger'
import { laneDirectory, nextRun } from './lane-files.ts'
import { LaneLog } from './lane-log.ts'
import { recoverLane } from './lane-recovery.ts'
import { LaneWriter } from './lane-writer.ts'
import { readMarks } from './reader-marks.ts'
import { SpoolError } from './spool-error.ts'
import { spoolIdFrom } from './spool-id.ts'
import { ensureSpoolJson } from './spool-json.ts'
import { SpoolRoom } from './spool-room.ts'

export const SPOOL_BYTES_MAX = 8 * 1024 ** 3
export const FILE_BYTES_MAX = 64 * 1024 ** 2
const SPOOL_BYTES_MIN = 64 * 1024
const MARKS_BYTES_MAX = 1024 ** 2
const FLUSH_BYTES_MAX = 4 * 1024 ** 2

export interface LaneOptions {
  /** The spool's directory. */
  readonly directory: string
  /** One lane, one writer thread: 'udp-0', 'streams', 'http'. */
  readonly lane: string
  /** Counters in shared memory; restored here. @default a new one */
  readonly ledger?: LaneLedger
  /** Over all lanes. @default 8 GiB */
  readonly bytesMax?: number
  /** A new file begins at this size. @default 64 MiB, at most an eighth of bytesMax */
  readonly fileBytesMax?: number
  /** @default 256 KiB */
  readonly flushBytes?: number
  /** @default 50 */
  readonly flushMs?: number
  /** @default 500 */
  readonly syncMs?: number
  /** Refused frames kept, a second. @default 100 */
  readonly quarantinePerSecond?: number
  /**
   * A batch the disk refuses is kept until it takes it, instead of being dropped. Not for a lane whose
   * senders wait for `sync` and send again: they would be stored twice. @default false
   */
  readonly keepsRefused?: boolean
  /** Milliseconds that only rise. */
  readonly now?: () => number
}

/** Opens a lane for writing; the thread that calls it is the only one that may write to it. */
export function openLane({
  directory,
  lane,
  ledger = new LaneLedger(),
  bytesMax = SPOOL_BYTES_MAX,
  fileBytesMax = FILE_BYTES_MAX,
  flushBytes = 256 * 1024,
  flushMs = 50,
  syncMs = 500,
  quarantinePerSecond = 100,
  keepsRefused = false,
  now = () => performance.now(),
}: LaneOptions): LaneWriter {
  checkBytesMax(bytesMax)
  const laneDir = laneDirectory(directory, lane)
  const spoolId = spoolIdFrom(ensureSpoolJson(directory).spoolId)
  const end = recoverLane(laneDir, lane, spoolId)
  const marks = [...readMarks(laneDir).values()]
  const passed = Math.max(end.frames, ...marks.map((mark) => mark.records))
  const lastFile = Math.max(end.lastFile, ...marks.map((mark) => mark.file))
  ledger.restore(countForgotten(end.ledger, passed - end.frames))
  return new LaneWriter({
    lane,
    laneDir,
    spoolId,
    laneLog: new LaneLog(laneDir, nextRun(lastFile)),
    room: new SpoolRoom({ directory, bytesMax, now }),
    ledger,
    frames: passed,
    fileBytesMax: Math.min(fileBytesMax, Math.floor(bytesMax / 8)),
    marksBytes: Math.min(MARKS_BYTES_MAX, Math.floor(bytesMax / 16)),
    flushBytes: Math.min(flushBytes, FLUSH_BYTES_MAX, Math.floor(bytesMax / 16)),
    flushMs,
    syncMs,
    quarantinePerSecond,
    keepsRefused,
    now,
  })
}

// A power failure can take batches that a reader had already passed on: those frames were received.
function countForgotten(slots: Float64Array, frames: number): Float64Array {
  slots[0]! += frames
  slots[1]! += frames
  return slots
}

export function checkBytesMax(bytesMax: number): void {
  if (bytesMax >= SPOOL_BYTES_MIN) return
  throw new SpoolError(
    'SPOOL_BAD_OPTION',
    `spool.bytes_max is ${bytesMax}: at least ${SPOOL_BYTES_MIN} bytes are needed`,
  )
}
