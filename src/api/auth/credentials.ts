// What a request carries to say who asks: the Authorization header or the session cookie. Reads and
// writes them; whether they are right is access.ts's to say.
import { createHash, randomBytes } from 'node:crypto'

/** SHA-256; of 256 random bits it gives nothing away, and digests have one length to compare. */
export const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** 256 random bits as text. API tokens begin with a word that secret scanners can look for. */
export const randomToken = (prefix = ''): string => prefix + randomBytes(32).toString('base64url')

/** What API tokens begin with. */
export const TOKEN_PREFIX = 'calliope_'

/** The token of a Bearer, or the password of a Basic header; undefined for anything else. */
export function readToken(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  // The user's name ends at the first colon (RFC 7617 §2); the token may hold more of them.
  const userAndPassword = Buffer.from(value, 'base64').toString('utf8')
  return userAndPassword.slice(userAndPassword.indexOf(':') + 1)
}

const COOKIE = 'calliope_session'
// A browser takes a __Host- cookie only over https, for this very host and no path: no sister site can
// plant one.
const SECURE_COOKIE = `__Host-${COOKIE}`
const CHARS = /^[\w-]{20,100}$/

/** The session cookie's value, when the request has one that can be ours. */
export const readSessionCookie = (request: Request): string | undefined =>
  readCookie(request, SECURE_COOKIE) ?? readCookie(request, COOKIE)

/** One cookie by name. */
export function readCookie(request: Request, name: string): string | undefined {
  const pairs = (request.headers.get('cookie') ?? '').split(/;\s*/)
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value !== undefined && CHARS.test(value) ? value : undefined
}

/** A Set-Cookie header for a session; no value ends it. */
export function sessionCookie(value: string | undefined, isSecure: boolean, ageMsMax = 0): string {
  const seconds = value === undefined ? 0 : Math.floor(ageMsMax / 1000)
  const name = isSecure ? SECURE_COOKIE : COOKIE
  return `${name}=${value ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`
}
