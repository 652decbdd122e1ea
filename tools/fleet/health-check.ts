// Asks each target over HTTP whether it is ready, and changes its state only after several answers in
// a row that say the same: one slow answer moves nobody.

export interface HealthOptions {
  /** @default 10000 */
  readonly intervalMs?: number
  /** @default the interval */
  readonly timeoutMs?: number
  /** Good answers in a row. @default 2 */
  readonly healthyCount?: number
  /** Bad ones. @default 2 */
  readonly unhealthyCount?: number
}

/** Checks until stopped. */
export class HealthCheck {
  readonly #url: string
  readonly #options: Required<HealthOptions>
  readonly #onChange: (isHealthy: boolean) => void
  readonly #timer: Timer
  #isHealthy: boolean | undefined
  #inARow = 0
  #last: boolean | undefined
  #isAsking = false

  constructor(url: string, options: HealthOptions, onChange: (isHealthy: boolean) => void) {
    const { intervalMs = 10_000, healthyCount = 2, unhealthyCount = 2 } = options
    const { timeoutMs = intervalMs } = options
    this.#url = url
    this.#options = { intervalMs, timeoutMs, healthyCount, unhealthyCount }
    this.#onChange = onChange
    this.#timer = setInterval(() => void this.#check(), intervalMs)
    void this.#check()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #check(): Promise<void> {
    if (this.#isAsking) return // a check longer than the interval is one check
    this.#isAsking = true
    const signal = AbortSignal.timeout(this.#options.timeoutMs)
    const isGood = await fetch(this.#url, { signal }).then(
      (response) => response.status === 200,
      () => false,
    )
    this.#isAsking = false
    this.#note(isGood)
  }

  #note(isGood: boolean): void {
    this.#inARow = isGood === this.#last ? this.#inARow + 1 : 1
    this.#last = isGood
    const needed = isGood ? this.#options.healthyCount : this.#options.unhealthyCount
    if (this.#inARow < needed || this.#isHealthy === isGood) return
    this.#isHealthy = isGood
    this.#onChange(isGood)
  }
}
