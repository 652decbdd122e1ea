// How long the disk makes a lane wait. A lane's thread works on the spool's files itself, and while a call hangs (a
// journal being committed, a volume that is throttled) nobody reads the socket: UDP then waits in the kernel's
// receive buffer, and is lost when that is full. So that "the kernel dropped some" has a cause to be found.
import { log } from '#log'

/** A healthy disk takes a batch in less. */
const SLOW_MS = 50
/** Of slow calls together, within one window: worth a line. The receive buffer holds some times as much. */
const SAY_MS_MIN = 200
/** From the first slow call on. Not said at once: what waits in the receive buffer goes first. */
const WINDOW_MS = 2_000

export class DiskPace {
  readonly #lane: string
  readonly #now: () => number
  readonly #windowMs: number
  #calls = 0
  #sumMs = 0
  #worstMs = 0

  constructor(lane: string, now: () => number, windowMs = WINDOW_MS) {
    this.#lane = lane
    this.#now = now
    this.#windowMs = windowMs
  }

  /** Does it, and when such calls took long together says so in the log a little later. */
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
    if (this.#calls === 0) setTimeout(() => this.#say(), this.#windowMs).unref()
    this.#calls += 1
    this.#sumMs += tookMs
    this.#worstMs = Math.max(this.#worstMs, tookMs)
  }

  #say(): void {
    const [calls, waitedMs, worstMs] = [
      this.#calls,
      Math.round(this.#sumMs),
      Math.round(this.#worstMs),
    ]
    this.#calls = 0
    this.#sumMs = 0
    this.#worstMs = 0
    if (waitedMs < SAY_MS_MIN) return
    log.warn(
      { room: 'spool', lane: this.#lane, waitedMs, calls, worstMs },
      `the disk let the spool wait ${waitedMs} ms within two seconds; UDP waits in the kernel's receive buffer meanwhile (intake.receive_buffer)`,
    )
  }
}
