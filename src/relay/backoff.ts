// How long to wait before the next try: doubling, each wait up to half longer or shorter, so that many
// who wait for the same thing do not come back at once.

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
  readonly random?: () => number
}

export class Backoff {
  readonly #options: BackoffOptions
  #waitMs: number

  constructor(options: BackoffOptions) {
    this.#options = options
    this.#waitMs = options.minMs
  }

  /** What to wait now; the next wait is longer. */
  nextMs(): number {
    const { maxMs, random = Math.random } = this.#options
    const waitMs = this.#waitMs * (0.5 + random())
    this.#waitMs = Math.min(this.#waitMs * 2, maxMs)
    return waitMs
  }

  reset(): void {
    this.#waitMs = this.#options.minMs
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
