// Slows guessing: after ten wrong tokens in a minute an address gets no more answers until the
// minute is over, right or wrong, because a guess that is compared is a guess that can succeed.
// Bounded: the address that was quiet longest is forgotten first.
import { ApiError } from '../errors.ts'

const GUESSES_MAX = 10
const WINDOW_MS = 60_000
const PEERS_MAX = 10_000

/** Wrong tokens by address (IPv6: by /64). */
export class WrongGuesses {
  readonly #peers = new Map<string, { count: number; sinceMs: number }>()
  readonly #now: () => number
  readonly #guessesMax: number

  constructor(now: () => number = Date.now, guessesMax = GUESSES_MAX) {
    this.#now = now
    this.#guessesMax = guessesMax
  }

  refuseIfTooMany(ip: string): void {
    const seen = this.#peers.get(network(ip))
    if (!seen || seen.count < this.#guessesMax) return
    const waitMs = seen.sinceMs + WINDOW_MS - this.#now()
    if (waitMs <= 0) return
    const waitSeconds = Math.ceil(waitMs / 1000)
    throw new ApiError(
      'too_many_attempts',
      `${this.#guessesMax} wrong guesses came from ${ip} within a minute.`,
      `Wait ${waitSeconds} s and send the right one.`,
      { headers: { 'retry-after': String(waitSeconds) } },
    )
  }

  note(ip: string): void {
    const key = network(ip)
    const seen = this.#peers.get(key)
    const fresh = !seen || this.#now() - seen.sinceMs >= WINDOW_MS
    const entry = fresh ? { count: 0, sinceMs: this.#now() } : seen
    entry.count += 1
    this.#peers.delete(key)
    this.#peers.set(key, entry)
    if (this.#peers.size > PEERS_MAX) this.#peers.delete(this.#peers.keys().next().value!)
  }
}

/** One subscriber: an IPv4 address, or the /64 of an IPv6 one. */

export const network = (ip: string): string =>
  ip.includes(':') && !ip.includes('.') ? expandedPrefix(ip) : ip.replace(/^::ffff:/i, '')

function expandedPrefix(ip: string): string {
  const [head = '', tail] = ip.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':')
}
