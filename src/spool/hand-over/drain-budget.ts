// When to stop emptying a spool into the database and hand the rest over, with the time that is left.
// As late as can be, because what is stored need not be fetched by anybody; early enough, because what
// is neither is on a disk that may be gone in a minute.
//
//   now ──── storing ────┬──── handing over ────┬ reserve ┐ deadline
//                        └ bytes left × 1.5 / rate of the upload
//
// While the upload of all that is left still fits behind us we go on storing. When it is now or never,
// we go on only if storing will be through in time, or does more than the upload would.

/** Beside the bytes: the first request, and the manifest. */
const RESERVE_MS_MAX = 3_000
/** A network that was measured once may be slower later. */
const UPLOAD_CAUTION = 1.5
const STORE_CAUTION = 1.25

export interface DrainMoment {
  readonly leftBytes: number
  readonly remainingMs: number
  /** Of the whole drain. */
  readonly timeoutMs: number
  readonly storeBytesPerSecond: number
  readonly uploadBytesPerSecond: number
}

/** What to do at this moment. */
export function chooseDrain(moment: DrainMoment): 'store' | 'hand-over' {
  const { leftBytes, remainingMs, timeoutMs, storeBytesPerSecond, uploadBytesPerSecond } = moment
  const reserveMs = Math.min(RESERVE_MS_MAX, timeoutMs * 0.25)
  const uploadMs = reserveMs + (UPLOAD_CAUTION * 1_000 * leftBytes) / uploadBytesPerSecond
  if (uploadMs < remainingMs) return 'store'
  const storeMs = (STORE_CAUTION * 1_000 * leftBytes) / storeBytesPerSecond
  if (storeMs < remainingMs) return 'store'
  return storeBytesPerSecond > uploadBytesPerSecond ? 'store' : 'hand-over'
}

interface Sample {
  readonly atMs: number
  readonly bytes: number
}

const WINDOW_MS = 3_000

/** How fast something shrinks, over the last three seconds. */
export class ShrinkRate {
  #samples: Sample[] = []

  note(bytes: number, atMs: number = performance.now()): void {
    this.#samples.push({ bytes, atMs })
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS)
  }

  /** 0 before there are two samples, and when it grows. */
  get bytesPerSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.atMs === first.atMs) return 0
    return Math.max(0, ((first.bytes - last.bytes) / (last.atMs - first.atMs)) * 1_000)
  }
}
