// Hiding digits of numbers behind 'x', one sign for one: every length stays what it was, in a row of the
// list and in the bytes of a packet.
//
// At least two fifths of a number are hidden, whatever the setting keeps: of a short one nothing would be.
import { NUMBER_DIGITS_MIN } from './digit-cipher.ts'

/** How much of a number stays. */
export interface Kept {
  readonly keepFirst: number
  readonly keepLast: number
}

const SHOWN_MAX = 0.6
// %34 is a 4 to whoever reads URIs.
const DIGIT = /%3\d|\d/g
const RUN = new RegExp(`(?:%3\\d|\\d){${NUMBER_DIGITS_MIN},}`, 'g')
const SPACED = /\d(?:[ ()/.-]{0,2}\d){5,}/g
const GROUP = /(?:%3\d|\d)(?:[\d\s()/.-]*\d)?/g

/** Hides digits anywhere in `text`, taking all of them for one number. */
export function hideDigits(text: string, { keepFirst, keepLast }: Kept): string {
  const count = text.match(DIGIT)?.length ?? 0
  const most = Math.floor(count * SHOWN_MAX)
  const last = Math.min(keepLast, most)
  const first = Math.min(keepFirst, most - last)
  let at = 0
  return text.replaceAll(DIGIT, (digit) => {
    const isKept = at < first || at >= count - last
    at += 1
    return isKept ? digit : digit.length === 1 ? 'x' : '%78'
  })
}

/** The user part of a URI, or a user on its own: each part between ';' is a number. */
export const hideUser = (user: string, kept: Kept): string =>
  user
    .split(';')
    .map((part) => hideDigits(part, kept))
    .join(';')

/** A name for people: whatever looks like a number in it, blanks and brackets included. */
export const hideName = (name: string, kept: Kept): string =>
  name.replaceAll(GROUP, (number) => hideDigits(number, kept))

/** Text of any kind: runs of digits, and numbers known from elsewhere however they are spaced. */
export function hideNumbers(text: string, kept: Kept, known: ReadonlySet<string>): string {
  const plain = text.replaceAll(RUN, (run) => hideDigits(run, kept))
  if (known.size === 0) return plain
  return plain.replaceAll(SPACED, (spaced) => {
    const digits = spaced.replaceAll(/\D/g, '')
    return known.has(digits.slice(-NUMBER_DIGITS_MIN)) ? hideDigits(spaced, kept) : spaced
  })
}

/** The ends of numbers, by which `hideNumbers` knows them again in other spellings. */
export function endOf(number: string): string | undefined {
  const digits = number.replaceAll(/%3(\d)/g, '$1').replaceAll(/\D/g, '')
  return digits.length >= NUMBER_DIGITS_MIN ? digits.slice(-NUMBER_DIGITS_MIN) : undefined
}
