// Whether the disk takes writes. One log line when it stops and one when it works again, however
// many frames come between; "works again" is said only after a batch with frames in it went through.
import { log } from '#log'

const RETRY_MS = 250 // doubled with every trial that fails, as each may leave a file behind
const RETRY_MS_MAX = 5_000

export class DiskTrouble {
  readonly #lane: string
  readonly #now: () => number
  #refusing = false
  #sinceMs: number | undefined
  #retryAtMs = 0
  #retryMs = RETRY_MS
  #framesDropped = 0

  constructor(lane: string, now: () => number) {
    this.#lane = lane
    this.#now = now
  }

  /** True while nothing may be accepted. */
  get isRefusing(): boolean {
    return this.#refusing
  }

  /** True once in a while, while refusing: try a write now. */
  get isTimeToTry(): boolean {
    return this.#refusing && this.#now() >= this.#retryAtMs
  }

  failed(error: unknown, framesDropped: number): void {
    this.#refusing = true
    this.#retryAtMs = this.#now() + this.#retryMs
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
    this.#framesDropped += framesDropped
    if (this.#sinceMs !== undefined) return
    this.#sinceMs = this.#now()
    log.error(
      { room: 'spool', lane: this.#lane, error: (error as Error).message },
      'the disk refuses the spool: frames are dropped (disk_error) until it takes them again',
    )
  }

  /** A frame came while refusing. */
  dropped(): void {
    this.#framesDropped++
  }

  /** Still not the time, though the disk did not fail again (no space yet). */
  putOff(): void {
    this.#retryAtMs = this.#now() + RETRY_MS
  }

  /** A trial write went through: frames may come again. */
  trialPassed(): void {
    this.#refusing = false
  }

  batchPassed(): void {
    if (this.#sinceMs === undefined) return
    const forMs = Math.round(this.#now() - this.#sinceMs)
    log.info(
      { room: 'spool', lane: this.#lane, forMs, framesDropped: this.#framesDropped },
      'the disk takes the spool again',
    )
    this.#sinceMs = undefined
    this.#retryMs = RETRY_MS
    this.#framesDropped = 0
  }
}
