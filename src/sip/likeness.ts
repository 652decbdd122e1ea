// Two calls without any identifier in common may still be two legs: the same caller calls the same
// callee at about the same time with the same session description. Each of these alone proves nothing
// (a call centre calls one number all day), so all three are asked for, and the score stays below 1.
import type { CallState } from './call-state.ts'

/** Legs of one call start at most this far apart. */
export const LEGS_APART_US_MAX = 2_000_000
const SAME_USERS_SCORE = 0.8
const ALIKE_USERS_SCORE = 0.7
/** Shorter numbers (extensions, 110) are compared whole. */
const NUMBER_DIGITS_MIN = 6

interface Party {
  readonly state: CallState
  readonly media: readonly string[]
}

/** Why two calls look like legs of one, and how sure that is; undefined when they do not. */
export function likenessOf(
  a: Party,
  b: Party,
): { reasons: readonly string[]; score: number } | undefined {
  const apartUs = Math.abs((a.state.inviteUs ?? Number.NaN) - (b.state.inviteUs ?? Number.NaN))
  if (!(apartUs <= LEGS_APART_US_MAX)) return undefined
  const users = Math.min(
    userLikeness(a.state.fromUser, b.state.fromUser),
    userLikeness(a.state.toUser, b.state.toUser),
  )
  const mark = a.media.find((candidate) => b.media.includes(candidate))
  if (users === 0 || mark === undefined) return undefined
  const within = `${(apartUs / 1e6).toFixed(1)} s`
  return { reasons: [`same caller and callee within ${within}, same ${mark}`], score: users }
}

/** The same user, or the same number with and without its country or trunk prefix. */
function userLikeness(a: string, b: string): number {
  if (a === '' || b === '') return 0
  if (a === b) return SAME_USERS_SCORE
  const [shorter, longer] = [numberOf(a), numberOf(b)].sort((x, y) => x.length - y.length)
  const isNumber = shorter !== undefined && shorter.length >= NUMBER_DIGITS_MIN
  return isNumber && longer?.endsWith(shorter) ? ALIKE_USERS_SCORE : 0
}

/** '4989123456' of '+49 89…' and '004989…', '89123456' of '089…'; '' of what is no number. */
function numberOf(user: string): string {
  return /^\+?\d+$/.test(user) ? user.replace(/^(?:\+|0+)/, '') : ''
}
