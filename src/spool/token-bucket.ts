// So many a second, in bursts of as many: keeps a flood of bad frames from filling the spool.

export class TokenBucket {
  readonly #perSecond: number
  readonly #now: () => number
  #tokens: number
  #filledMs: number

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = perSecond
    this.#filledMs = now()
  }

  take(): boolean {
    const nowMs = this.#now()
    const gained = (Math.max(0, nowMs - this.#filledMs) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained)
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
