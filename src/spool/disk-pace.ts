// How long the disk makes a lane wait. A lane's thread works on the spool's files itself, and while a call hangs (a
// journal being committed, a volume that is throttled) nobody reads the socket: UDP then waits in the kernel's
// receive buffer, and is lost when that is full. So that "the kernel dropped some" has a cause to be found.
import { log } from '#log'

/** Far above what a healthy disk takes, far below what the receive buffer holds. */
const SLOW_MS = 200
/** Not at once: what waits in the receive buffer goes first. And one line for a bad minute, not a hundred. */
const SAY_AFTER_MS = 2_000

export class DiskPace {
  readonly #lane: string
  readonly #now: () => number
  readonly #sayAfterMs: number
  #calls = 0
  #worstMs = 0

  constructor(lane: string, now: () => number, sayAfterMs = SAY_AFTER_MS) {
    this.#lane = lane
    this.#now = now
    this.#sayAfterMs = sayAfterMs
  }

  /** Does it, and when it took long says so in the log a little later. */
  timed(work: () => void): void {
    const beganMs = this.#now()
    try {
      work()
    } finally {
      const tookMs = this.#now() - beganMs
      if (tookMs >= SLOW_MS) this.#note(tookMs)
    }
  }

  #note(tookMs: number): void {
    if (this.#calls === 0) setTimeout(() => this.#say(), this.#sayAfterMs).unref()
    this.#calls += 1
    this.#worstMs = Math.max(this.#worstMs, Math.round(tookMs))
  }

  #say(): void {
    const [worstMs, calls] = [this.#worstMs, this.#calls]
    this.#calls = 0
    this.#worstMs = 0
    log.warn(
      { room: 'spool', lane: this.#lane, worstMs, calls },
      `the disk let the spool wait ${worstMs} ms; UDP waits in the kernel's receive buffer meanwhile (intake.receive_buffer)`,
    )
  }
}
