// How long a request may take, store included.

/** The time a request may take; a store that does not heed the signal is not waited for either. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #expired = Promise.withResolvers<never>()
  readonly #timer: Timer

  constructor(ms: number) {
    this.#expired.promise.catch(() => {})
    this.#timer = setTimeout(() => {
      const error = new DOMException(`There was no answer within ${ms / 1000} s.`, 'TimeoutError')
      this.#controller.abort(error)
      this.#expired.reject(error)
    }, ms)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  hold<Value>(work: Promise<Value>): Promise<Value> {
    return Promise.race([work, this.#expired.promise])
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
