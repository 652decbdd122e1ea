// How long to wait before the next try: doubling, each wait up to half longer or shorter, so that many
// who wait for the same thing do not come back at once.

export interface BackoffOptions {
  /** The first wait. @default 100 */
  readonly minMs?: number
  /** @default 10000 */
  readonly maxMs?: number
  readonly random?: () => number
}

const WAIT_MS_MIN = 100
const WAIT_MS_MAX = 10_000

/** Waits that grow until `reset`. */

export class Backoff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #waitMs: number

  constructor(options: BackoffOptions = {}) {
    const { minMs = WAIT_MS_MIN, maxMs = WAIT_MS_MAX, random = Math.random } = options
    this.#minMs = minMs
    this.#maxMs = maxMs
    this.#random = random
    this.#waitMs = minMs
  }

  /** What to wait now; the next wait is longer. */
  nextMs(): number {
    const waitMs = this.#waitMs * (0.5 + this.#random())
    this.#waitMs = Math.min(this.#waitMs * 2, this.#maxMs)
    return waitMs
  }

  reset(): void {
    this.#waitMs = this.#minMs
  }
}

/** Waits, or returns at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
