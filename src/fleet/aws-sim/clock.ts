// Virtual time: nothing in the simulated AWS happens by itself, only when a test moves the clock.
// What is due at the same moment happens in the order it was asked for, so one run is like the next.

interface Due {
  readonly atMs: number
  readonly turn: number
  readonly act: () => void
}

const DUE_MAX = 1_000_000 // a scheduler that re-arms itself without end shows here, not as a hung test

export class SimClock {
  #nowMs: number
  #turn = 0
  #due: Due[] = []

  constructor(startMs: number = Date.parse('2026-11-21T09:00:00Z')) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Seconds with a fraction, as JSON 1.1 writes timestamps. */
  get nowSeconds(): number {
    return this.#nowMs / 1000
  }

  get nowText(): string {
    return new Date(this.#nowMs).toISOString()
  }

  after(waitMs: number, act: () => void): void {
    this.#due.push({ atMs: this.#nowMs + waitMs, turn: this.#turn++, act })
    if (this.#due.length > DUE_MAX) throw new Error(`more than ${DUE_MAX} things are due`)
  }

  /** Acts every `periodMs` from now on, until the simulation ends. */
  every(periodMs: number, act: () => void): void {
    const again = () => {
      act()
      this.after(periodMs, again)
    }
    this.after(periodMs, again)
  }

  /** Moves time on; everything that falls due on the way happens at its own moment. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (let next = this.#takeDue(untilMs); next; next = this.#takeDue(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.act()
    }
    this.#nowMs = untilMs
  }

  #takeDue(untilMs: number): Due | undefined {
    let first: Due | undefined
    for (const due of this.#due)
      if (due.atMs <= untilMs && (!first || isBefore(due, first))) first = due
    if (first) this.#due.splice(this.#due.indexOf(first), 1)
    return first
  }
}

const isBefore = (a: Due, b: Due): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn)
