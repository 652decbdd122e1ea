// Logging in by name and password, and the session that comes of it. Guesses are counted twice: by
// address, and by name from wherever they come, so that many addresses do not make many guesses.
import { timingSafeEqual } from 'node:crypto'
import { ApiError } from '../errors.ts'
import type { RequestContext } from '../http/route.ts'
import type { NewSession } from '../people.ts'
import { digest, randomToken, readSessionCookie, sessionCookie } from './credentials.ts'
import type { Audit } from './login-context.ts'
import { peopleOf } from './login-context.ts'
import { passwordIsRight } from './passwords.ts'
import { WrongGuesses } from './wrong-guesses.ts'

/** The user who logs in with http.token as password; no user can be called so. */
export const TOKEN_USER = 'token'
const AGE_MS_MAX = 7 * 86_400_000
const GUESSES_BY_NAME_MAX = 100

/** Guesses of one server, known by its gate. */
class Guesses {
  readonly byAddress = new WrongGuesses()
  readonly byName = new WrongGuesses(Date.now, GUESSES_BY_NAME_MAX)
}
const guessesOf = new WeakMap<object, Guesses>()

/** Checks name and password; returns who it is and whose session it will be. Throws `login_wrong`. */
export async function checkLogin(
  name: string,
  password: string,
  context: RequestContext,
): Promise<NewSession['owner']> {
  const { gate, peer, audit } = context
  const guesses = guessesOf.get(gate) ?? new Guesses()
  guessesOf.set(gate, guesses)
  guesses.byAddress.refuseIfTooMany(peer.ip)
  guesses.byName.refuseIfTooMany(name)
  const owner =
    name === TOKEN_USER ? byToken(password, context) : await byUser(name, password, context)
  if (owner) return owner
  guesses.byAddress.note(peer.ip)
  guesses.byName.note(name)
  await audit('login-failed', name)
  throw new ApiError(
    'login_wrong',
    'The user or the password is not right.',
    'After ten wrong ones within a minute this address has to wait.',
  )
}

function byToken(given: string, { gate }: RequestContext): NewSession['owner'] | undefined {
  const known = gate.tokenDigest
  return known && timingSafeEqual(digest(given), known) ? { byToken: known } : undefined
}

async function byUser(
  name: string,
  password: string,
  context: RequestContext,
): Promise<NewSession['owner'] | undefined> {
  const found = await peopleOf(context).credentials(name)
  // Looked at even when there is no such user: the time must not say so.
  const isRight = await passwordIsRight(password, found?.passwordHash ?? null)
  return isRight ? { user: name } : undefined
}

/** Opens a session; the answer's Set-Cookie header. An older session of this browser ends. */
export async function openSession(
  owner: NewSession['owner'],
  context: RequestContext,
  audit: Audit,
  how: string,
): Promise<string> {
  const { request, peer, isSecure, login } = context
  const people = peopleOf(context)
  const before = readSessionCookie(request)
  if (before !== undefined) await people.closeSession(digest(before))
  const value = randomToken()
  const ageMsMax = login.ageMsMax ?? AGE_MS_MAX
  await people.openSession({
    ...{ tokenHash: digest(value), owner, expiresMs: ageMsMax, peer: peer.ip },
    userAgent: request.headers.get('user-agent') ?? '',
  })
  await audit('login', 'user' in owner ? owner.user : TOKEN_USER, { how })
  return sessionCookie(value, isSecure, ageMsMax)
}
