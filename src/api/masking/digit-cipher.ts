// Other digits for digits, the same ones each time, and only the server can tell which. Call-IDs, tags
// and branches may hold telephone numbers, but have to go on telling calls apart, and a masked Call-ID
// has to lead back to its call. So runs of digits in them go through a keyed permutation of all numbers
// of that length (a Feistel network as in NIST FF1, ten rounds of HMAC-SHA-256).
//
//   left │ right        a run of n digits, cut in the middle
//   ─────┼──────
//   right│ left + HMAC(key, round, n, right)  modulo 10^length        ten times
//
// Runs of less than six digits are no telephone numbers, and stay.
import { createHmac } from 'node:crypto'

/** The shortest run of digits that can be a number somebody is called by. */
export const NUMBER_DIGITS_MIN = 6
const ROUNDS = 10
// A longer run is cut: HMAC gives 77 digits at a time, and nothing on the wire needs more.
const RUN_DIGITS_MAX = 32
const KNOWN_MAX = 20_000
const RUN = /\d{6,}/g

/** Permutes runs of digits within texts, and back. */
export class DigitCipher {
  readonly #key: Uint8Array
  // A Call-ID stands in every message of its call.
  readonly #hidden = new Map<string, string>()

  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** The text with every run of six digits or more replaced; its length stays. */
  hide(text: string): string {
    return text.replaceAll(RUN, (run) => {
      const known = this.#hidden.get(run)
      if (known !== undefined) return known
      const hidden = piecesOf(run)
        .map((piece) => this.#permute(piece, 'forth'))
        .join('')
      if (this.#hidden.size >= KNOWN_MAX) this.#hidden.clear()
      this.#hidden.set(run, hidden)
      return hidden
    })
  }

  /** What `hide` was given. */
  show(text: string): string {
    return text.replaceAll(RUN, (run) =>
      piecesOf(run)
        .map((piece) => this.#permute(piece, 'back'))
        .join(''),
    )
  }

  #permute(digits: string, way: 'forth' | 'back'): string {
    const middle = digits.length >> 1
    let left = digits.slice(0, middle)
    let right = digits.slice(middle)
    for (let i = 0; i < ROUNDS; i++) {
      const round = way === 'forth' ? i : ROUNDS - 1 - i
      if (way === 'forth') [left, right] = [right, this.#mix(left, right, round, 1n)]
      else [left, right] = [this.#mix(right, left, round, -1n), left]
    }
    return left + right
  }

  /** `digits` plus or minus what the key makes of `other`; as many digits as it was. */
  #mix(digits: string, other: string, round: number, sign: 1n | -1n): string {
    const mac = createHmac('sha256', this.#key)
      .update(`${round} ${digits.length} ${other.length} ${other}`)
      .digest('hex')
    const modulus = 10n ** BigInt(digits.length)
    const sum = (BigInt(digits) + sign * (BigInt(`0x${mac}`) % modulus) + modulus) % modulus
    return String(sum).padStart(digits.length, '0')
  }
}

// Every piece is long enough by itself: the last two share what is left.
function piecesOf(run: string): string[] {
  const pieces: string[] = []
  let rest = run
  while (rest.length > RUN_DIGITS_MAX) {
    const take =
      rest.length < RUN_DIGITS_MAX + NUMBER_DIGITS_MIN ? RUN_DIGITS_MAX / 2 : RUN_DIGITS_MAX
    pieces.push(rest.slice(0, take))
    rest = rest.slice(take)
  }
  return [...pieces, rest]
}
