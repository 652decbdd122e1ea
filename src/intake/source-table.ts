// What is known of each source address: allowed or not, which keys it may use, how much it has sent
// in this second. Anybody can make up UDP source addresses, so the table is bounded: two generations,
// the older is thrown away when the younger is full, and a source that still sends moves over.
import type { AgentKeys } from './agent-keys.ts'
import type { CidrList } from './cidr-list.ts'

const SOURCES_MAX = 8_192 // in each generation; a source is about 150 bytes

/** One source address and the rate at which it may send. */
export class Source {
  readonly allowed: boolean
  readonly keySlots: readonly Buffer[]
  #tokens: number
  #filledMs: number

  constructor(allowed: boolean, keySlots: readonly Buffer[], tokens: number, nowMs: number) {
    this.allowed = allowed
    this.keySlots = keySlots
    this.#tokens = tokens
    this.#filledMs = nowMs
  }

  /** Takes one frame out of a bucket that holds one second's worth. */
  takeToken(perSecond: number, nowMs: number): boolean {
    const grown = this.#tokens + Math.max(0, nowMs - this.#filledMs) * (perSecond / 1_000)
    this.#tokens = Math.min(perSecond, grown)
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

/** Remembers recent sources; at most twice SOURCES_MAX. */
export class SourceTable {
  readonly #allow: CidrList | undefined
  readonly #keys: AgentKeys
  readonly #framesPerSecond: number
  #young = new Map<string, Source>()
  #old = new Map<string, Source>()

  constructor(allow: CidrList | undefined, keys: AgentKeys, framesPerSecond: number) {
    this.#allow = allow
    this.#keys = keys
    this.#framesPerSecond = framesPerSecond
  }

  /** Sources remembered. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  of(ip: string, nowMs: number): Source {
    return this.#young.get(ip) ?? this.#remember(ip, this.#old.get(ip) ?? this.#judge(ip, nowMs))
  }

  #judge(ip: string, nowMs: number): Source {
    const allowed = this.#allow?.has(ip) ?? true
    return new Source(allowed, this.#keys.slotsFor(ip), this.#framesPerSecond, nowMs)
  }

  #remember(ip: string, source: Source): Source {
    if (this.#young.size >= SOURCES_MAX) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(ip, source)
    return source
  }
}
