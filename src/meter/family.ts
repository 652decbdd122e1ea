// The values of one metric, by its labels. Prometheus keeps a time series for every set of labels for ever, and
// half of the labels come from the wire, so there is a limit: what comes after it is counted together, as
// 'other'. Looking a value up is a walk over nested maps, without a key being made: it happens several times
// for each packet.

/** A counter's or a gauge's value. */
export interface Cell {
  value: number
}

const SERIES_MAX = 10_000
const LABEL_CHARS_MAX = 128
const OTHER = 'other'

/** One set of labels with its value. */
export interface Series<Value> {
  readonly labels: readonly string[]
  readonly value: Value
}

type Branch<Value> = Map<string, Branch<Value> | Value>

export class Family<Value extends object> {
  readonly #make: () => Value
  readonly #seriesMax: number
  readonly #root: Branch<Value> = new Map()
  readonly #series: Series<Value>[] = []
  #refused = 0

  constructor(make: () => Value, seriesMax = SERIES_MAX) {
    this.#make = make
    this.#seriesMax = seriesMax
  }

  get series(): readonly Series<Value>[] {
    return this.#series
  }

  /** How often a set of labels was asked for that there was no room for. */
  get refused(): number {
    return this.#refused
  }

  /** The value of these labels, made when it is asked for first. */
  at(...labels: readonly string[]): Value {
    let branch = this.#root
    for (const label of labels) {
      const next = branch.get(label)
      if (next === undefined) return this.#add(labels)
      branch = next as Branch<Value>
    }
    return branch as unknown as Value
  }

  #add(labels: readonly string[]): Value {
    const fits = labels.every((label) => label.length <= LABEL_CHARS_MAX)
    if (!fits) return this.at(...labels.map((label) => label.slice(0, LABEL_CHARS_MAX)))
    const isOther = labels.every((label) => label === OTHER)
    if (this.#series.length >= this.#seriesMax && !isOther) {
      this.#refused += 1
      return this.at(...labels.map(() => OTHER))
    }
    const value = this.#make()
    let branch = this.#root
    for (const label of labels.slice(0, -1)) {
      if (!branch.has(label)) branch.set(label, new Map())
      branch = branch.get(label) as Branch<Value>
    }
    branch.set(labels.at(-1)!, value)
    this.#series.push({ labels, value })
    return value
  }
}
