// Looks for the highest rate at which nothing is lost:
//
//   50k ✓  100k ✓  150k ✗ ✗     the rates given, until one fails (again as often as `again` says)
//          125k ✓  137k ✗ ✗     then halves between the last that held and the first that did not
//          131k ✓               until they are close
//
// A step may also end it because the sender could not keep its rate: then the server's limit is higher
// than what was measured, and that is said.
export type StepOutcome = 'kept' | 'lost' | 'sender too slow'

export interface RampOptions {
  readonly rates: readonly number[]
  /** How often a rate that lost is tried again: the machine is not ours alone. */
  readonly again: number
  /** Ends when the two are so close, as a share of the higher one; 1 never halves. */
  readonly closeness: number
}

export class Ramp {
  /** Highest rate with none lost. */
  best = 0
  /** Lowest rate that lost every time. */
  firstLost: number | undefined
  /** The sender's limit, not the server's, ended the ramp. */
  isSenderBound = false
  readonly #options: RampOptions
  #turn = 0
  #tries = 0
  #reached = 0

  constructor(options: RampOptions) {
    this.#options = options
  }

  /** What to try next; undefined when the limit is known well enough. */
  get rate(): number | undefined {
    const { rates, closeness } = this.#options
    if (this.isSenderBound) return undefined
    if (this.firstLost === undefined) return rates[this.#turn]
    if (this.firstLost - this.best <= Math.max(1_000, closeness * this.firstLost)) return undefined
    return Math.round((this.best + this.firstLost) / 2_000) * 1_000
  }

  /** `reached` is what the sender really sent a second. */
  note(outcome: StepOutcome, reached: number): void {
    const rate = this.rate!
    if (outcome === 'sender too slow') this.#reached = Math.max(this.#reached, Math.floor(reached))
    if (outcome !== 'kept') {
      this.#tries += 1
      if (this.#tries <= this.#options.again) return
    }
    this.#tries = 0
    if (outcome === 'lost') {
      this.firstLost = rate
      return
    }
    this.isSenderBound = outcome === 'sender too slow'
    this.best = this.isSenderBound ? Math.max(this.best, this.#reached) : rate
    this.#turn += 1
  }

  /** '187,000/s' and what ended it. */
  get text(): string {
    const number = (n: number) => n.toLocaleString('en-US')
    const best = this.best > 0 ? `${number(this.best)}/s` : 'none'
    if (this.isSenderBound) return `≥ ${best} (the sender's limit)`
    return this.firstLost === undefined ? `≥ ${best} (no higher rate tried)` : best
  }
}
