// Opening a lane after whatever happened. Only the last file can have a torn tail (a file is left
// only when its batches are whole), but the walk back goes on while a file holds no batch at all:
// the counters must come from the newest batch there is. The tail is cut so that readers see a clean
// end; the new run then begins in a new file, so nothing is ever written behind a place that was
// once unsure.
import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { log } from '#log'
import { type BatchHeader, findBatch, probeBatch } from './batch.ts'
import { laneFileName, listLaneFiles } from './lane-files.ts'
import type { SpoolId } from './spool-id.ts'

export interface LaneEnd {
  /** Highest file number there is; 0 in a new lane. */
  readonly lastFile: number
  /** Frames the lane has had so far. */
  readonly frames: number
  /** Counters as of the newest batch; undefined in a new lane. */
  readonly ledger: Float64Array | undefined
}

/** Finds where the lane ends and cuts the torn tail of its last file. */
export function recoverLane(laneDir: string, spoolId: SpoolId): LaneEnd {
  const files = listLaneFiles(laneDir)
  for (const file of files.toReversed()) {
    const path = join(laneDir, laneFileName(file))
    const end = lastBatch(readFileSync(path), spoolId)
    if (file === files.at(-1)) cutTail(path, end.offset, end.fileBytes)
    if (!end.header) continue
    const frames = end.header.firstFrame + end.header.frames
    return { lastFile: files.at(-1)!, frames, ledger: end.header.ledger }
  }
  return { lastFile: files.at(-1) ?? 0, frames: 0, ledger: undefined }
}

// Walks all batches, stepping over damage: a flipped bit in the middle must not cost what follows.
function lastBatch(buffer: Buffer, spoolId: SpoolId) {
  let header: BatchHeader | undefined
  let offset = 0
  let at = 0
  while (at !== -1 && at < buffer.length) {
    const probe = probeBatch(buffer, at, spoolId)
    if (probe.kind === 'batch') {
      header = probe.header
      at += header.bytes
      offset = at
    } else {
      at = findBatch(buffer, at + 1, spoolId)
    }
  }
  return { header, offset, fileBytes: buffer.length }
}

function cutTail(path: string, offset: number, fileBytes: number): void {
  if (offset === fileBytes) return
  const fd = openSync(path, 'r+')
  try {
    ftruncateSync(fd, offset)
  } finally {
    closeSync(fd)
  }
  log.warn(
    { room: 'spool', path, offset, cutBytes: fileBytes - offset },
    'cut the torn tail of a spool file',
  )
}
