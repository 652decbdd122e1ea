// Slows those who try tokens of share links, and those who open one link over and over. A token has 256
// bits, so guessing is hopeless anyway; what this protects is the database.
//
// Per address, per minute: ten wrong tokens (wrong-guesses.ts), OPENINGS_MAX openings. One for each
// server, not for the process: tests run several.

import { WrongGuesses } from '../auth/wrong-guesses.ts'
import { ApiError } from '../errors.ts'

const OPENINGS_MAX = 120
const WINDOW_MS = 60_000
const PEERS_MAX = 10_000

/** Openings by address. */
export class ShareRate {
  readonly #wrong = new WrongGuesses()
  readonly #opened = new Map<string, number>()
  #sinceMs = 0

  /** Counts one opening. */
  refuseIfTooMany(ip: string): void {
    this.#wrong.refuseIfTooMany(ip)
    const nowMs = Date.now()
    if (nowMs - this.#sinceMs > WINDOW_MS || this.#opened.size > PEERS_MAX) {
      this.#opened.clear()
      this.#sinceMs = nowMs
    }
    const count = (this.#opened.get(ip) ?? 0) + 1
    this.#opened.set(ip, count)
    if (count <= OPENINGS_MAX) return
    throw new ApiError(
      'too_many_attempts',
      `${OPENINGS_MAX} share links were opened from ${ip} within a minute.`,
      'Wait a minute.',
      { headers: { 'retry-after': '60' } },
    )
  }

  noteWrong(ip: string): void {
    this.#wrong.note(ip)
  }
}

const rates = new WeakMap<object, ShareRate>()

/** The rate of one server, known by its options. */
export function rateOf(server: object): ShareRate {
  const rate = rates.get(server) ?? new ShareRate()
  rates.set(server, rate)
  return rate
}
