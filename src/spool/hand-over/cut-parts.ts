// Cuts what a reader has not passed into parts of about 4 MiB, in order, ending with whole batches, so
// that each part says by how many frames the lane moves on. Damage is cut along as it is: whoever reads
// the spool counts it, here as well as there.
import { join } from 'node:path'
import { type BatchHeader, findBatch, probeBatch } from '../batch.ts'
import { listLaneFiles } from '../lane-files.ts'
import { LaneSource } from '../lane-source.ts'
import { slowestMark } from '../reader-marks.ts'
import type { Cursor } from '../record.ts'
import type { SpoolId } from '../spool-id.ts'

const PART_BYTES = 4 * 1024 ** 2
const BEGINNING: Cursor = { file: 0, offset: 0, records: 0 }

export interface CutPart {
  readonly file: number
  readonly offset: number
  readonly bytes: Buffer
  /** Frames of the lane before the first whole batch in it; undefined when it holds none. */
  readonly firstFrame: number | undefined
  /** The last whole batch in it. */
  readonly newest: BatchHeader | undefined
}

/** Where the slowest of the readers stands in a lane; the beginning when one has not begun. */
export const markOf = (directory: string, lane: string, readers: readonly string[]): Cursor =>
  slowestMark(join(directory, lane), readers) ?? BEGINNING

/** The parts of a lane from a place on; nobody may be writing to the lane. */
export function* cutParts(
  laneDir: string,
  spoolId: SpoolId,
  from: Cursor,
): Generator<CutPart, void> {
  const source = new LaneSource(laneDir)
  try {
    for (const file of listLaneFiles(laneDir)) {
      if (file < from.file) continue
      const bytes = source.bytesOf(file) ?? 0
      let offset = file === from.file ? Math.min(from.offset, bytes) : 0
      while (offset < bytes) {
        const part = cutPart(source, file, offset, bytes, spoolId)
        yield part
        offset += part.bytes.length
      }
    }
  } finally {
    source.close()
  }
}

function cutPart(
  source: LaneSource,
  file: number,
  offset: number,
  fileBytes: number,
  spoolId: SpoolId,
): CutPart {
  const left = fileBytes - offset
  let window = source.read(file, offset, Math.min(PART_BYTES, left))
  const first = probeBatch(window, 0, spoolId)
  if (first.kind === 'partial' && first.bytesNeeded > window.length && first.bytesNeeded <= left)
    window = source.read(file, offset, first.bytesNeeded)
  const { end, firstFrame, newest } = wholeBatches(window, spoolId)
  // Nothing whole, or the end of the file: then it goes as it is.
  const isLast = offset + window.length >= fileBytes
  const bytes = end === 0 || isLast ? window : window.subarray(0, end)
  return { file, offset, bytes, firstFrame, newest }
}

/** Steps over damage to the next thing that is a whole batch. */
function wholeBatches(window: Buffer, spoolId: SpoolId) {
  let firstFrame: number | undefined
  let newest: BatchHeader | undefined
  let end = 0
  for (let at = 0; at !== -1 && at < window.length; ) {
    const probe = probeBatch(window, at, spoolId)
    if (probe.kind === 'batch') {
      firstFrame ??= probe.header.firstFrame
      newest = probe.header
      at += probe.header.bytes
      end = at
    } else {
      at = findBatch(window, at + 1, spoolId)
    }
  }
  return { end, firstFrame, newest }
}
