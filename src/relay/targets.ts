// The targets of one destination: who is there (that is said from outside), who takes work, and the
// table by which calls are dealt among those. Whoever goes away loses its share at once and has it back
// when a probe says that it takes work again.
import { log as rootLog } from '#log'
import { SpreadTable } from './spread-table.ts'
import { Target } from './target.ts'

const log = rootLog.child({ room: 'relay' })

export interface TargetsOptions {
  /** For the log. */
  readonly destination: string
  /** Parcels sent to one target at once. @default 4 */
  readonly connections?: number
  /** @default 2000 */
  readonly slowMs?: number
  /** How often those that are up are probed. @default 2000 */
  readonly probeMs?: number
  readonly probe?: ((target: string, signal: AbortSignal) => Promise<boolean>) | undefined
  readonly now?: () => number
}

const TICK_MS = 100
const PROBE_MS_MAX = 2_000
const SKEW_MS = 60_000

export class Targets {
  readonly #options: TargetsOptions
  readonly #now: () => number
  readonly #targets = new Map<string, Target>()
  readonly #closing = new AbortController()
  readonly #probing = new Set<Target>()
  readonly #timer: Timer
  #table: SpreadTable | undefined
  #changed = Promise.withResolvers<void>()
  #probedMs = 0
  #skewAt = { ms: 0, frames: new Map<Target, number>() }
  #skew = 1

  constructor(options: TargetsOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#skewAt.ms = this.#now()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#timer.unref()
  }

  /** Says who is there. Those that stay keep their state. */
  replace(names: readonly string[]): void {
    const { connections = 4, slowMs = 2_000 } = this.#options
    for (const [name, target] of this.#targets) {
      if (names.includes(name)) continue
      this.#targets.delete(name)
      target.end()
      this.#say(target, 'a target has left')
    }
    for (const name of names) {
      if (this.#targets.has(name)) continue
      const target = new Target(name, { connections, slowMs, now: this.#now })
      this.#targets.set(name, target)
      this.#say(target, 'a target has come')
    }
    this.#change()
  }

  get(name: string): Target | undefined {
    return this.#targets.get(name)
  }

  get all(): readonly Target[] {
    return [...this.#targets.values()]
  }

  /** Who takes which call; undefined when nobody takes work. */
  get table(): SpreadTable | undefined {
    if (this.#table) return this.#table
    const usable = this.all.filter(({ isUsable }) => isUsable).map(({ name }) => name)
    if (usable.length > 0) this.#table = new SpreadTable(usable)
    return this.#table
  }

  /** Resolves when anybody comes, goes, or changes its state. */
  whenChanged(): Promise<void> {
    return this.#changed.promise
  }

  /** A send failed: its share goes to others. */
  fail(target: Target, why: string, retryAfterMs?: number): void {
    const wasUp = target.state !== 'away'
    target.fail(why, retryAfterMs)
    if (wasUp) this.#say(target, 'a target takes no work; its share goes to others')
    this.#change()
  }

  /** A send settled frames. */
  succeed(target: Target, frames: number): void {
    const wasUp = target.isUsable
    target.succeed(frames)
    if (!wasUp) this.#welcome(target)
  }

  #welcome(target: Target): void {
    this.#say(target, 'a target takes work again')
    this.#change()
  }

  /** The fullest of those that take work over their mean, in the last minute; 1 is even. */
  get skew(): number {
    return this.#skew
  }

  close(): void {
    clearInterval(this.#timer)
    this.#closing.abort()
    for (const target of this.all) target.end()
    this.#change()
  }

  #tick(): void {
    const now = this.#now()
    for (const target of this.all) {
      if (target.turnSlow()) {
        this.#say(target, 'a target is slow; its share goes to others')
        this.#change()
      }
      if (target.state === 'away' && now >= target.askAtMs) void this.#ask(target)
    }
    const { probe, probeMs = 2_000 } = this.#options
    if (probe && now - this.#probedMs >= probeMs) {
      this.#probedMs = now
      for (const target of this.all) if (target.isUsable) void this.#ask(target)
    }
    if (now - this.#skewAt.ms >= SKEW_MS) this.#measureSkew(now)
  }

  async #ask(target: Target): Promise<void> {
    if (this.#probing.has(target)) return
    this.#probing.add(target)
    try {
      const { probe } = this.#options
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PROBE_MS_MAX)])
      const isReady = probe ? await probe(target.name, signal).catch(() => false) : true
      if (this.#closing.signal.aborted || this.#targets.get(target.name) !== target) return
      if (!isReady) this.fail(target, target.why || 'it says it is not ready')
      else if (target.state === 'away') {
        target.comeBack()
        this.#welcome(target)
      }
    } finally {
      this.#probing.delete(target)
    }
  }

  #measureSkew(now: number): void {
    const { frames } = this.#skewAt
    const usable = this.all.filter(({ isUsable }) => isUsable)
    const sent = usable.map((target) => target.frames - (frames.get(target) ?? 0))
    const mean = sent.reduce((sum, n) => sum + n, 0) / sent.length
    this.#skew = mean > 0 ? Math.max(...sent) / mean : 1
    this.#skewAt = { ms: now, frames: new Map(this.all.map((each) => [each, each.frames])) }
  }

  #change(): void {
    this.#table = undefined
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  #say(target: Target, what: string): void {
    const { destination } = this.#options
    log.info({ destination, target: target.name, ...(target.why ? { why: target.why } : {}) }, what)
  }
}
