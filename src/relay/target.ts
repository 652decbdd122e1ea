// One place that takes parcels: a node, or whatever an address leads to. It knows how many parcels it is
// given at once, and whether it takes work:
//
//   up ──a send failed, a probe said no──▶ away ──a probe said yes (or the wait is over)──▶ up
//   up ──parcels wait and no answer comes for slowMs──▶ slow ──an answer──▶ up
//
// Only who is up has a share of the calls.
import { Backoff } from '#backoff'

export interface TargetOptions {
  /** Parcels sent at once. */
  readonly connections: number
  /** Without an answer for so long while others wait, it is slow. */
  readonly slowMs: number
  readonly now: () => number
}

const AWAY_MS_MIN = 200
const AWAY_MS_MAX = 10_000

export class Target {
  readonly name: string
  state: 'up' | 'away' | 'slow' = 'up'
  /** Frames that were settled there. */
  frames = 0
  /** Why it is away, for people. */
  why = ''
  /** When it may be asked again, while away. */
  askAtMs = 0
  readonly #options: TargetOptions
  readonly #backoff = new Backoff({ minMs: AWAY_MS_MIN, maxMs: AWAY_MS_MAX })
  readonly #sentAtMs = new Map<symbol, number>()
  #waiting: ((entered: boolean) => void)[] = []

  constructor(name: string, options: TargetOptions) {
    this.name = name
    this.#options = options
  }

  get isUsable(): boolean {
    return this.state === 'up'
  }

  get underWay(): number {
    return this.#sentAtMs.size
  }

  /** Waits for its turn; undefined when the target takes no work any more. Hand the turn to `leave`. */
  async enter(): Promise<symbol | undefined> {
    while (this.isUsable && this.#sentAtMs.size >= this.#options.connections) {
      const entered = await new Promise<boolean>((resolve) => this.#waiting.push(resolve))
      if (!entered) return undefined
    }
    if (!this.isUsable) return undefined
    const turn = Symbol()
    this.#sentAtMs.set(turn, this.#options.now())
    return turn
  }

  leave(turn: symbol): void {
    this.#sentAtMs.delete(turn)
    this.#waiting.shift()?.(true)
  }

  /** It settled frames. */
  succeed(frames: number): void {
    this.frames += frames
    this.#backoff.reset()
    this.comeBack()
  }

  /** A send or a probe failed. What fails together counts once. */
  fail(why: string, retryAfterMs = 0): void {
    const now = this.#options.now()
    const isKnown = this.state === 'away' && this.askAtMs > now
    this.state = 'away'
    this.why = why
    const waitMs = isKnown ? 0 : this.#backoff.nextMs()
    this.askAtMs = Math.max(this.askAtMs, now + Math.max(retryAfterMs, waitMs))
    this.#sendAway()
  }

  /** It may be tried again. */
  comeBack(): void {
    this.state = 'up'
    this.why = ''
  }

  /** Whether it has just become slow. */
  turnSlow(): boolean {
    const oldestMs = this.#sentAtMs.values().next().value
    const isStuck = oldestMs !== undefined && this.#options.now() - oldestMs > this.#options.slowMs
    if (this.state !== 'up' || !isStuck || this.#waiting.length === 0) return false
    this.state = 'slow'
    this.why = 'it has not answered for a while'
    this.#sendAway()
    return true
  }

  /** Lets nobody wait any more: it is gone. */
  end(): void {
    if (this.state === 'up') this.state = 'away'
    this.#sendAway()
  }

  #sendAway(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve(false)
  }
}
