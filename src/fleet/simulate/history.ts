// What a run leaves behind for graphs and the log: a few hundred points in time, and what happened when.

/** One moment of a run. */
export interface Moment {
  /** Seconds since the beginning. */
  readonly at: number
  /** Packets a second, the mean since the moment before. */
  readonly rate: number
  readonly lostRate: number
  /** What the nodes that serve could carry. */
  readonly capacity: number
  readonly wanted: number
  readonly running: number
  readonly serving: number
  readonly spot: number
  readonly cpuAverage: number
  readonly cpuMaximum: number
  readonly memoryAverage: number
  readonly skew: number
  /** Seconds the oldest packet has waited. */
  readonly age: number
}

/** Something that happened, as a sentence. */
export interface Happening {
  readonly at: number
  readonly text: string
}

const MOMENTS = 360
const HAPPENINGS_MAX = 2_000

export class History {
  readonly moments: Moment[] = []
  readonly happenings: Happening[] = []
  readonly everySeconds: number
  #packets = 0
  #lost = 0
  #lastAt = 0

  constructor(seconds: number, sampleSeconds: number) {
    this.everySeconds = Math.max(sampleSeconds, Math.ceil(seconds / MOMENTS / 10) * 10)
  }

  pass(seconds: number, rate: number, lostRate: number): void {
    this.#packets += rate * seconds
    this.#lost += lostRate * seconds
  }

  add(moment: Omit<Moment, 'rate' | 'lostRate'>): void {
    const seconds = moment.at - this.#lastAt || 1
    this.moments.push({
      ...moment,
      rate: this.#packets / seconds,
      lostRate: this.#lost / seconds,
    })
    this.#packets = 0
    this.#lost = 0
    this.#lastAt = moment.at
  }

  note(at: number, text: string): void {
    if (this.happenings.length < HAPPENINGS_MAX) this.happenings.push({ at, text })
  }
}
