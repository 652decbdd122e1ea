// How long to wait before the next try: 0.1 s, doubling to 10 s, each up to half longer or shorter so
// that a fleet does not come back all at once.

const WAIT_MS_MIN = 100
const WAIT_MS_MAX = 10_000

export class Backoff {
  #waitMs = WAIT_MS_MIN
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** What to wait now; the next wait is longer. */
  nextMs(): number {
    const waitMs = this.#waitMs * (0.5 + this.#random())
    this.#waitMs = Math.min(this.#waitMs * 2, WAIT_MS_MAX)
    return waitMs
  }

  reset(): void {
    this.#waitMs = WAIT_MS_MIN
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
