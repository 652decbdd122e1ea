// Who may ask. Two questions: whether a page of another site makes the request, and who asks.
//
//   nobody logs in (loopback,     Everybody on this machine may ask, including the web pages open in a
//   no user, no http.token)       browser here. Those must not: a page may rebind its own name to
//                                 127.0.0.1, so the Host header must be an address, localhost or a
//                                 configured name; and no other site may make the browser ask.
//   Authorization                 http.token or an API token, as Bearer or as the password of Basic.
//                                 Wrong ones are counted per address and soon refused unseen.
//   cookie                        A session. What changes something must come from our own pages: it
//                                 carries a header no form can send, and our own origin.
//
// Requests from another site are refused in all three: browsers add passwords and cookies by themselves.
import { timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ApiError } from '../errors.ts'
import { quote } from '../http/route.ts'
import type { People } from '../people.ts'
import { digest, readSessionCookie, readToken, TOKEN_PREFIX } from './credentials.ts'
import { type Identity, LOCAL, SCOPES } from './identity.ts'
import { Policies } from './policies.ts'
import { WrongGuesses } from './wrong-guesses.ts'

/** What the gate goes by. */
export interface GateOptions {
  /** Undefined or empty: there is none. */
  readonly token: string | undefined
  /** Names that are ours, besides addresses and localhost. */
  readonly hosts: readonly string[]
  /** Undefined: there can be no users. */
  readonly people: People | undefined
  /** Whether only this machine can reach us, so that nobody has to log in while there are no users. */
  readonly isLocal: boolean
  readonly idleMsMax: number
}

/** The header that only a page of ours sends: other sites would have to ask first, and are refused. */
export const OWN_PAGE_HEADER = 'x-calliope'

/** Lets a request through or throws the reason why not. */
export class Gate {
  readonly #token: Buffer | undefined
  readonly #hosts: ReadonlySet<string>
  readonly #options: GateOptions
  readonly #guesses = new WrongGuesses()
  /** What changes rarely and is asked for always. */
  readonly policies: Policies

  constructor(options: GateOptions) {
    this.#options = options
    this.#token = options.token ? digest(options.token) : undefined
    this.#hosts = new Set(options.hosts.map((name) => name.toLowerCase()))
    this.policies = new Policies(options.people)
  }

  get hasToken(): boolean {
    return this.#token !== undefined
  }

  /** Holds for every route, the open ones too. */
  checkOrigin(request: Request): void {
    const host = request.headers.get('host') ?? ''
    // With a token a rebound name gains nothing: the browser has no password for that name.
    if (this.#options.isLocal && !this.#token && !this.#hostIsOurs(host))
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

  /** Who asks. Throws unless they are known, or nobody has to be. */
  async identify(request: Request, peerIp: string, asksStore = true): Promise<Identity> {
    const who = await this.find(request, peerIp, asksStore)
    if (who) return who
    throw new ApiError(
      'token_missing',
      'Nobody is logged in, and no token came along.',
      'Log in on the page, or send "Authorization: Bearer TOKEN" (or the token as a password).',
      { headers: challenge(request) },
    )
  }

  /** Who asks, or undefined for somebody who would have to log in. Throws on a wrong token. */
  async find(request: Request, peerIp: string, asksStore = true): Promise<Identity | undefined> {
    const given = readToken(request.headers.get('authorization') ?? '')
    if (given?.startsWith(TOKEN_PREFIX) && this.#options.people)
      return this.#byApiToken(request, given, peerIp)
    if (given !== undefined && this.#token) return this.#byToken(request, given, peerIp)
    const cookie = readSessionCookie(request)
    const known = cookie === undefined ? undefined : await this.#bySession(request, cookie)
    if (known) return known
    if (this.#token || !this.#options.isLocal) return undefined
    return (await this.policies.hasUsers(asksStore)) ? undefined : LOCAL
  }

  /** Whether this is http.token, in constant time; wrong ones are counted. */
  isToken(given: string): boolean {
    return this.#token !== undefined && timingSafeEqual(digest(given), this.#token)
  }

  /** Digest of http.token, for sessions opened with it. */
  get tokenDigest(): Buffer | undefined {
    return this.#token
  }

  #byToken(request: Request, given: string, peerIp: string): Identity {
    // Before the comparison: a guess that is looked at is a guess that can be right.
    this.#guesses.refuseIfTooMany(peerIp)
    if (this.isToken(given)) return TOKEN_ADMIN
    throw this.#wrong(request, peerIp)
  }

  async #byApiToken(request: Request, given: string, peerIp: string): Promise<Identity> {
    this.#guesses.refuseIfTooMany(peerIp)
    const token = await this.policies.token(digest(given))
    if (!token) throw this.#wrong(request, peerIp)
    const { name, role, scopes } = token
    return { name, kind: 'token', role, scopes, masking: await this.policies.maskingOf(role) }
  }

  #wrong(request: Request, peerIp: string): ApiError {
    this.#guesses.note(peerIp)
    return new ApiError(
      'token_wrong',
      'The token is not a right one.',
      'It is the value of http.token on the server, or an API token that has not expired.',
      { headers: challenge(request) },
    )
  }

  async #bySession(request: Request, cookie: string): Promise<Identity | undefined> {
    const { people, idleMsMax } = this.#options
    const session = await people?.session(digest(cookie), idleMsMax)
    if (!session) return undefined
    refuseForged(request)
    if (session.byToken) {
      const isCurrent = this.#token && timingSafeEqual(Buffer.from(session.byToken), this.#token)
      return isCurrent ? TOKEN_ADMIN : undefined
    }
    const role = session.role!
    const masking = await this.policies.maskingOf(role)
    return { name: session.user!, kind: 'user', role, scopes: SCOPES, masking }
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

const TOKEN_ADMIN: Identity = {
  ...{ name: 'http.token', kind: 'token', role: 'admin', scopes: SCOPES, masking: undefined },
}

/** A cookie says whose browser it is, not who had the idea: changes take our own page as well. */
function refuseForged(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const isOwn = request.headers.has('origin')
    ? true // checked already: a foreign one got no further
    : request.headers.get('sec-fetch-site') === 'same-origin'
  if (isOwn && request.headers.has(OWN_PAGE_HEADER)) return
  throw new ApiError(
    'forged_request',
    'A session may change things from the pages of Calliope only.',
    `Send the header "${OWN_PAGE_HEADER}: 1" and your Origin, or use an API token.`,
  )
}

// A page that asks in the background shows its own login; the browser must not show its dialog.
const challenge = (request: Request): Record<string, string> =>
  (request.headers.get('sec-fetch-mode') ?? 'navigate') === 'navigate'
    ? { 'www-authenticate': 'Basic realm="Calliope", charset="UTF-8"' }
    : {}

/** The host part of a Host header: no port, no brackets, lower case. */
const hostname = (host: string): string =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

/** Whether only this machine can reach the address. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '::1' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
