// Passwords: what is taken for one, how they are kept (argon2id), and looking at a guess. A guess costs
// 20 MB and some 20 ms of a core, so only a few are looked at at once and only some may wait. An
// unknown user costs as much as a known one: the time does not say which names there are.
import { ApiError } from '../errors.ts'

/** A sentence is easier to keep than signs; the length is what counts. */
export const PASSWORD_CHARS_MIN = 12
const PASSWORD_CHARS_MAX = 256
// OWASP's least for argon2id.
const ARGON2 = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const AT_ONCE_MAX = 2
const WAITING_MAX = 32

/** What is wrong with a password for this user, as a sentence; undefined when it will do. */
export function passwordFault(password: string, user: string): string | undefined {
  if (password.length < PASSWORD_CHARS_MIN)
    return `at least ${PASSWORD_CHARS_MIN} characters; a sentence will do`
  if (password.length > PASSWORD_CHARS_MAX) return `at most ${PASSWORD_CHARS_MAX} characters`
  const folded = password.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const name = user.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (name.length > 3 && folded.replaceAll(name, '').length < 4)
    return 'not the name of the user, however often'
  if (new Set(password).size < 5) return 'at least five different characters'
  return undefined
}

/** What of a password is kept. */
export const hashPassword = (password: string): Promise<string> =>
  Bun.password.hash(password, ARGON2)

let running = 0
const waiting: (() => void)[] = []
let decoy: Promise<string> | undefined

/** Whether the guess is right; without a hash it takes as long and is not. */
export async function passwordIsRight(guess: string, hash: string | null): Promise<boolean> {
  if (waiting.length >= WAITING_MAX)
    throw new ApiError(
      'too_many_attempts',
      'Too many people are logging in at this moment.',
      'Wait a few seconds and try again.',
      { headers: { 'retry-after': '3' } },
    )
  while (running >= AT_ONCE_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
  running += 1
  try {
    decoy ??= hashPassword(crypto.randomUUID())
    const isRight = await Bun.password.verify(
      guess.slice(0, PASSWORD_CHARS_MAX + 1),
      hash ?? (await decoy),
    )
    return hash !== null && isRight
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}
