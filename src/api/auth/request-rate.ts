// How many requests one address may make: a bucket that fills steadily and holds five seconds' worth.
// A page asks for a dozen things at once and then for nothing; a script that never stops is slowed.
import { ApiError } from '../errors.ts'
import { network } from './wrong-guesses.ts'

const BURST_SECONDS = 5
const PEERS_MAX = 10_000

/** Buckets by address (IPv6: by /64). */
export class RequestRate {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #buckets = new Map<string, { left: number; atMs: number }>()

  constructor(perSecond: number, now: () => number = Date.now) {
    this.#perSecond = perSecond
    this.#now = now
  }

  refuseIfTooMany(ip: string): void {
    const key = network(ip)
    const burst = this.#perSecond * BURST_SECONDS
    const nowMs = this.#now()
    const bucket = this.#buckets.get(key) ?? { left: burst, atMs: nowMs }
    const refilled = bucket.left + ((nowMs - bucket.atMs) / 1000) * this.#perSecond
    const left = Math.min(burst, refilled) - 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { left: Math.max(left, -1), atMs: nowMs })
    // Whoever was quiet longest has a full bucket anyway.
    if (this.#buckets.size > PEERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!)
    if (left >= 0) return
    throw new ApiError(
      'too_many_requests',
      `More than ${this.#perSecond} requests a second come from ${ip}.`,
      'Wait a second; ask for more at once rather than more often.',
      { headers: { 'retry-after': '1' } },
    )
  }
}
