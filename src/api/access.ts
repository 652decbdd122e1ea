// Who may ask. Two situations:
//
//   no token (loopback only)   Everybody on this machine may ask, including the web pages open in a
//                              browser here. Those must not: a page may rebind its own name to
//                              127.0.0.1, so the Host header must be an address, localhost or a
//                              configured name; and no other site may make the browser ask.
//   token                      Bearer token, or Basic with any user and the token as the password.
//                              Wrong guesses are counted per address and soon refused unseen.
//
// Requests from another site are refused in both: a browser would add a remembered password to them.
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ApiError } from './errors.ts'
import { quote } from './route.ts'
import { WrongGuesses } from './wrong-guesses.ts'

/** What the gate goes by. */
export interface GateOptions {
  /** Undefined or empty: nobody needs one. */
  readonly token: string | undefined
  /** Names that are ours, besides addresses and localhost. */
  readonly hosts: readonly string[]
}

/** Lets a request through or throws the reason why not. */
export class Gate {
  readonly #token: Buffer | undefined
  readonly #hosts: ReadonlySet<string>
  readonly #guesses = new WrongGuesses()

  constructor({ token, hosts }: GateOptions) {
    this.#token = token ? digest(token) : undefined
    this.#hosts = new Set(hosts.map((name) => name.toLowerCase()))
  }

  /** Holds for every route, the open ones too. */
  checkOrigin(request: Request): void {
    const host = request.headers.get('host') ?? ''
    // With a token a rebound name gains nothing: the browser has no password for that name.
    if (!this.#token && !this.#hostIsOurs(host))
      throw new ApiError(
        'foreign_host',
        `The request is for the host ${quote(host)}.`,
        'Ask by address or as localhost, or add the name to http.hosts (--http-hosts).',
      )
    if (this.#isForeign(request, host))
      throw new ApiError(
        'foreign_origin',
        `A page of ${quote(request.headers.get('origin') ?? 'another site')} made this request.`,
        'Only the pages of Calliope itself may ask from within a browser.',
      )
  }

  /** Throws unless the request carries the token, or none is needed. */
  checkToken(request: Request, peerIp: string): void {
    if (!this.#token) return
    // Before the comparison: a guess that is looked at is a guess that can be right.
    this.#guesses.refuseIfTooMany(peerIp)
    const given = readToken(request.headers.get('authorization') ?? '')
    if (given === undefined)
      throw new ApiError(
        'token_missing',
        'A token is needed here.',
        'Send "Authorization: Bearer TOKEN", or log in as any user with the token as password.',
        { headers: CHALLENGE },
      )
    // Digests have one length, so the comparison tells nothing about the token, its length included.
    if (timingSafeEqual(digest(given), this.#token)) return
    this.#guesses.note(peerIp)
    throw new ApiError(
      'token_wrong',
      'The token is not the right one.',
      'It is the value of http.token on the server (CALLIOPE_HTTP_TOKEN).',
      { headers: CHALLENGE },
    )
  }

  #hostIsOurs(host: string): boolean {
    const name = hostname(host)
    return name === 'localhost' || isIP(name) !== 0 || this.#hosts.has(name)
  }

  // Origin comes with every request that another site could do harm with; Sec-Fetch-Site also with
  // images and scripts. A link followed from elsewhere (navigate) is fine: nobody else can read it.
  #isForeign(request: Request, host: string): boolean {
    const origin = request.headers.get('origin')
    if (origin !== null) {
      const from = /^https?:\/\/(.+)$/.exec(origin)?.[1]
      return from === undefined || (from !== host && !this.#hosts.has(hostname(from)))
    }
    const site = request.headers.get('sec-fetch-site') ?? 'none'
    const followed = request.headers.get('sec-fetch-mode') === 'navigate'
    return site !== 'same-origin' && site !== 'none' && !(followed && request.method === 'GET')
  }
}

const CHALLENGE = { 'www-authenticate': 'Basic realm="Calliope", charset="UTF-8"' }

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The host part of a Host header: no port, no brackets, lower case. */
const hostname = (host: string): string =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

function readToken(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  // The user's name ends at the first colon (RFC 7617 §2); the token may hold more of them.
  const userAndPassword = Buffer.from(value, 'base64').toString('utf8')
  return userAndPassword.slice(userAndPassword.indexOf(':') + 1)
}

/** Whether only this machine can reach the address. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '::1' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
