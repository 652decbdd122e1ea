// A distribution of weighted values: buckets that grow by 2 %, so that a quantile is right to 1 %.
const GROWTH = 1.02
const BUCKETS_MAX = 1_200

export class Spread {
  readonly #least: number
  readonly #weights = new Float64Array(BUCKETS_MAX)
  #sum = 0

  /** `least`: values below it count as it. */
  constructor(least: number) {
    this.#least = least
  }

  add(value: number, weight: number): void {
    const bucket = Math.log(Math.max(1, value / this.#least)) / Math.log(GROWTH)
    this.#weights[Math.min(BUCKETS_MAX - 1, Math.round(bucket))]! += weight
    this.#sum += weight
  }

  /** The value below which this share of the weight lies; 0 when there is none. */
  quantile(share: number): number {
    let seen = 0
    for (const [bucket, weight] of this.#weights.entries()) {
      seen += weight
      if (weight > 0 && seen >= share * this.#sum) return this.#least * GROWTH ** bucket
    }
    return 0
  }
}
