// Opening a lane after whatever happened. Only the last file can have a torn tail (a file is left
// only when its batches are whole), but the walk back goes on while a file holds no batch at all:
// the counters must come from the newest batch there is. The tail is cut so that readers see a clean
// end; the new run then begins in a new file, so nothing is ever written behind a place that was
// once unsure.
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LEDGER_SLOTS } from '#ledger'
import { log } from '#log'
import type { BatchHeader } from './batch.ts'
import { keepDamaged } from './damage.ts'
import { laneFileName, listLaneFiles } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import type { SpoolId } from './spool-id.ts'
import { walkBatches } from './walk-batches.ts'

export interface LaneEnd {
  /** Highest file number there is; 0 in a new lane. */
  readonly lastFile: number
  /** Frames the lane has had so far. */
  readonly frames: number
  /** Counters as of the newest batch; all zero in a new lane. */
  readonly ledger: Float64Array
}

/** Finds where the lane ends and cuts the torn tail of its last file. */
export function recoverLane(laneDir: string, lane: string, spoolId: SpoolId): LaneEnd {
  const files = listLaneFiles(laneDir)
  const lastFile = files.at(-1) ?? 0
  const source = new LaneSource(laneDir)
  try {
    for (const file of files.toReversed()) {
      const { newest, end, bytes } = lastBatch(source, file, spoolId)
      if (file === lastFile && end < bytes) cutTail(laneDir, lane, source, file, end, bytes)
      if (newest)
        return { lastFile, frames: newest.firstFrame + newest.frames, ledger: newest.ledger }
    }
    return { lastFile, frames: 0, ledger: new Float64Array(LEDGER_SLOTS) }
  } finally {
    source.close()
  }
}

// Walks all batches, stepping over damage: a flipped bit in the middle must not cost what follows.
function lastBatch(source: LaneSource, file: number, spoolId: SpoolId) {
  let newest: BatchHeader | undefined
  let end = 0
  for (const step of walkBatches(source, file, spoolId)) {
    if (step.kind !== 'batch') continue
    newest = step.header
    end = step.offset + step.header.bytes
  }
  return { newest, end, bytes: source.bytesOf(file) ?? 0 }
}

// What was torn off was never promised to anyone, yet people may want to see it.
function cutTail(
  laneDir: string,
  lane: string,
  source: LaneSource,
  file: number,
  end: number,
  bytes: number,
): void {
  const path = join(laneDir, laneFileName(file))
  keepDamaged(dirname(laneDir), `${lane}-${file}-${end}.tail`, source.read(file, end, bytes - end))
  const fd = openSync(path, 'r+')
  try {
    ftruncateSync(fd, end)
  } finally {
    closeSync(fd)
  }
  log.warn(
    { room: 'spool', path, offset: end, bytes: bytes - end },
    'cut the torn tail of a spool file',
  )
}
