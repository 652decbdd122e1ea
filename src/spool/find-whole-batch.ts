// The next whole batch behind damage, found by the 20 bytes every batch of this spool begins with
// and then by its checksum.
import { BATCH_BYTES_MAX, findBatch, probeBatch } from './batch.ts'
import type { LaneSource } from './lane-source.ts'
import type { SpoolId } from './spool-id.ts'

/** Offset of the next whole batch at or after `from` in a file of `bytes`; undefined when none. */
export function findWholeBatch(
  source: LaneSource,
  file: number,
  from: number,
  bytes: number,
  spoolId: SpoolId,
): number | undefined {
  let begin = from
  while (begin < bytes) {
    const window = source.read(file, begin, Math.min(BATCH_BYTES_MAX, bytes - begin))
    const atEnd = begin + window.length >= bytes
    const found = findInWindow(window, atEnd, spoolId)
    if (found.whole) return begin + found.at
    if (atEnd) return undefined
    begin += found.at
  }
  return undefined
}

// `at`: of a whole batch, or where to look on from.
function findInWindow(window: Buffer, atEnd: boolean, spoolId: SpoolId) {
  let at = findBatch(window, 0, spoolId)
  while (at !== -1) {
    const { kind } = probeBatch(window, at, spoolId)
    if (kind === 'batch') return { whole: true, at }
    // At 0 the window was as long as a batch can be, so a longer one is no batch.
    if (kind === 'partial' && !atEnd && at > 0) return { whole: false, at }
    at = findBatch(window, at + 1, spoolId)
  }
  // The last bytes may be the beginning of a mark.
  return { whole: false, at: Math.max(1, window.length - spoolId.mark.length - 4) }
}
