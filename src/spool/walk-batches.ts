// Every batch of one file from its beginning, with the damage between them: for opening a lane and
// for the doctor. Memory stays at one window however large the file is.
import { type BatchHeader, type BatchProbe, probeBatch } from './batch.ts'
import { findWholeBatch } from './find-whole-batch.ts'
import type { LaneSource } from './lane-source.ts'
import type { SpoolId } from './spool-id.ts'

export type WalkStep = WholeBatch | NoBatch

export interface WholeBatch {
  readonly kind: 'batch'
  readonly offset: number
  readonly header: BatchHeader
  /** The bytes it was found in, and where in them. */
  readonly window: Buffer
  readonly at: number
}

/** `torn`: the file ends in the middle of a batch, as after a kill; `damaged`: anything else. */
export interface NoBatch {
  readonly kind: 'damaged' | 'torn'
  readonly offset: number
  readonly bytes: number
  readonly reason: string
}

const WINDOW_BYTES = 1024 * 1024

/** Steps through `file` as long as it is when the walk begins. */
export function* walkBatches(
  source: LaneSource,
  file: number,
  spoolId: SpoolId,
): Generator<WalkStep, void> {
  const bytes = source.bytesOf(file) ?? 0
  let window: Buffer = Buffer.alloc(0)
  let begin = 0
  let offset = 0
  while (offset < bytes) {
    const probe = probeBatch(window, offset - begin, spoolId)
    if (probe.kind === 'batch') {
      yield { kind: 'batch', offset, header: probe.header, window, at: offset - begin }
      offset += probe.header.bytes
    } else if (isCutByWindow(probe, offset, begin + window.length, bytes)) {
      begin = offset
      const needed = Math.max(WINDOW_BYTES, probe.bytesNeeded)
      window = source.read(file, offset, Math.min(needed, bytes - offset))
    } else {
      const step = damageAt(source, file, offset, bytes, spoolId, probe)
      yield step
      offset += step.bytes
    }
  }
}

type Probe = Exclude<BatchProbe, { kind: 'batch' }>
type PartialProbe = Extract<BatchProbe, { kind: 'partial' }>

// The window ends before the batch does, while the file goes on.
const isCutByWindow = (
  probe: Probe,
  offset: number,
  windowEnd: number,
  bytes: number,
): probe is PartialProbe =>
  probe.kind === 'partial' && windowEnd < Math.min(bytes, offset + probe.bytesNeeded)

function damageAt(
  source: LaneSource,
  file: number,
  offset: number,
  bytes: number,
  spoolId: SpoolId,
  probe: Probe,
): NoBatch {
  const found = findWholeBatch(source, file, offset + 1, bytes, spoolId)
  const length = (found ?? bytes) - offset
  if (probe.kind === 'damaged') {
    return { kind: 'damaged', offset, bytes: length, reason: probe.reason }
  }
  const kind = found === undefined ? 'torn' : 'damaged'
  return { kind, offset, bytes: length, reason: 'the batch is cut short' }
}
