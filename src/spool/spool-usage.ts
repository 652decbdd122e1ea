// How full the spool is and how far behind its slowest reader: file sizes, the readers' marks and
// one batch header a lane, so that metrics can ask every second.
import { join } from 'node:path'
import { HEADER_BYTES, writtenUsOf } from './batch.ts'
import { fileBytes, laneFileName, listLaneFiles, listLanes } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import { slowestMark } from './reader-marks.ts'
import type { Cursor } from './record.ts'
import { type SpoolId, spoolIdFrom } from './spool-id.ts'
import { readSpoolJson } from './spool-json.ts'

export interface LaneUsage {
  readonly lane: string
  readonly files: number
  readonly bytes: number
  /** Bytes the slowest declared reader has not passed. */
  readonly backlogBytes: number
  /** Frames the slowest declared reader has passed since the lane was made. */
  readonly passedFrames: number
  /** When the oldest batch not passed was written, µs since 1970; undefined when all are passed. */
  readonly oldestUnreadUs: number | undefined
}

export interface SpoolUsage {
  readonly bytes: number
  readonly backlogBytes: number
  /** Age of the oldest batch a declared reader has not passed; 0 when there is none. */
  readonly oldestUnreadAgeSeconds: number
  readonly lanes: readonly LaneUsage[]
}

const NOTHING: SpoolUsage = { bytes: 0, backlogBytes: 0, oldestUnreadAgeSeconds: 0, lanes: [] }

/** Measures a spool directory by `readers`, or those declared; all zero when there is none. */
export function spoolUsage(
  directory: string,
  nowUs: number = Date.now() * 1_000,
  readers?: readonly string[],
): SpoolUsage {
  const json = readSpoolJson(directory)
  if (!json) return NOTHING
  const spoolId = spoolIdFrom(json.spoolId)
  const lanes = listLanes(directory).map((lane) =>
    laneUsage(directory, lane, readers ?? json.readers, spoolId),
  )
  const oldestUs = Math.min(...lanes.map((lane) => lane.oldestUnreadUs ?? Number.POSITIVE_INFINITY))
  return {
    bytes: lanes.reduce((sum, lane) => sum + lane.bytes, 0),
    backlogBytes: lanes.reduce((sum, lane) => sum + lane.backlogBytes, 0),
    oldestUnreadAgeSeconds: Number.isFinite(oldestUs) ? Math.max(0, nowUs - oldestUs) / 1e6 : 0,
    lanes,
  }
}

function laneUsage(
  directory: string,
  lane: string,
  readers: readonly string[],
  spoolId: SpoolId,
): LaneUsage {
  const laneDir = join(directory, lane)
  const sizes = listLaneFiles(laneDir).map((file) => ({
    file,
    bytes: fileBytes(join(laneDir, laneFileName(file))),
  }))
  const passed = slowestMark(laneDir, readers) ?? { file: 0, offset: 0, records: 0 }
  const unread = sizes
    .map(({ file, bytes }) => ({ file, bytes, from: passedOf(passed, file, bytes) }))
    .filter(({ bytes, from }) => from < bytes)
  const oldest = unread[0]
  return {
    lane,
    files: sizes.length,
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    backlogBytes: unread.reduce((sum, { bytes, from }) => sum + bytes - from, 0),
    passedFrames: passed.records,
    oldestUnreadUs: oldest && writtenUsAt(laneDir, oldest.file, oldest.from, spoolId),
  }
}

function passedOf(passed: Cursor, file: number, bytes: number): number {
  if (file === passed.file) return Math.min(passed.offset, bytes)
  return file < passed.file ? bytes : 0
}

// Only the header is read, so its checksum stays unchecked: good enough for an age.
function writtenUsAt(
  laneDir: string,
  file: number,
  offset: number,
  spoolId: SpoolId,
): number | undefined {
  const source = new LaneSource(laneDir)
  try {
    return writtenUsOf(source.read(file, offset, HEADER_BYTES), spoolId)
  } finally {
    source.close()
  }
}
