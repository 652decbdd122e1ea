// A histogram's value: how many observations lie at or below each bound. Unlike the last value of a gauge it
// stays true when many calls report at once.

export class HistogramCell {
  readonly #bounds: readonly number[]
  /** Of each bound those that no smaller one has; behind them those above all. */
  readonly #counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let place = 0
    while (place < this.#bounds.length && value > this.#bounds[place]!) place += 1
    this.#counts[place]! += 1
    this.sum += value
  }

  /** As Prometheus wants it: at or below each bound, and last of all. */
  get cumulative(): number[] {
    let sum = 0
    return this.#counts.map((count) => {
      sum += count
      return sum
    })
  }
}
