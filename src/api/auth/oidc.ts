// Logging in at an identity provider (OpenID Connect): authorization code with PKCE, state and nonce,
// by openid-client, which checks signatures, issuer, audience and times.
//
//   GET session/oidc ─▶ state, nonce, verifier kept ─▶ the provider's page
//   provider ─▶ GET session/oidc/callback?code&state ─▶ code for id_token ─▶ claims ─▶ role ─▶ session
//
// The state is kept by its hash in the database (any node may get the callback) and in a cookie of the
// browser that began: nobody can be logged in as somebody else by following a link.
import type { Configuration, IDToken } from 'openid-client'
import { log } from '#log'
import { ApiError } from '../errors.ts'
import type { OidcOptions } from '../options-people.ts'
import type { People } from '../people.ts'
import { digest, randomToken } from './credentials.ts'
import { ROLES, type Role } from './identity.ts'

const CALLBACK = '/api/v1/session/oidc/callback'
/** Metadata of the provider is asked for again after this, keys whenever an unknown one is used. */
const DISCOVERED_MS_MAX = 3_600_000

/** The way through the provider's login page. */
export class OidcLoginPage {
  readonly #options: OidcOptions
  readonly #people: People
  #found: { configuration: Promise<Configuration>; atMs: number } | undefined

  constructor(options: OidcOptions, people: People) {
    this.#options = options
    this.#people = people
  }

  /** For the button. */
  get name(): string {
    return new URL(this.#options.issuer).host
  }

  /** Where to send the browser, and the state it has to bring back. */
  async begin(returnTo: string): Promise<{ url: string; state: string }> {
    const client = await library()
    const configuration = await this.#configuration()
    const [state, nonce, verifier] = [randomToken(), randomToken(), client.randomPKCECodeVerifier()]
    await this.#people.keepOidcLogin(digest(state), { verifier, nonce, returnTo })
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.publicUrl.replace(/\/$/, '') + CALLBACK,
      scope: ['openid', ...this.#options.scopes].join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...{ state, nonce },
    })
    return { url: url.href, state }
  }

  /** Who came back; `state` is the browser's own, from its cookie. Throws when anything is not right. */
  async finish(query: string, state: string | undefined) {
    const params = new URLSearchParams(query)
    const login =
      state !== undefined && params.get('state') === state
        ? await this.#people.takeOidcLogin(digest(state))
        : undefined
    if (!login || state === undefined)
      throw refused('This login was not begun in this browser, or took longer than ten minutes.')
    const claims = await this.#claims(query, state, login)
    const role = roleOf(claims, this.#options)
    if (!role)
      throw refused(
        `${nameOf(claims)} has no role here: the claim ${this.#options.roleClaim} has none of the values in oidc.roles.`,
      )
    const name = nameOf(claims)
    const user = await this.#people.vouchedUser(claims.iss, claims.sub, name, role)
    if (user === undefined)
      throw refused(`There is a local user ${name} already, who is somebody else.`)
    return { user, role, returnTo: login.returnTo }
  }

  async #claims(
    query: string,
    state: string,
    { verifier, nonce }: { verifier: string; nonce: string },
  ): Promise<IDToken> {
    const client = await library()
    try {
      const tokens = await client.authorizationCodeGrant(
        await this.#configuration(),
        new URL(`${this.#options.publicUrl.replace(/\/$/, '')}${CALLBACK}?${query}`),
        {
          ...{ pkceCodeVerifier: verifier, expectedState: state },
          ...{ expectedNonce: nonce, idTokenExpected: true },
        },
      )
      return tokens.claims()!
    } catch (error) {
      log.warn({ room: 'api', err: error }, 'a login at the identity provider failed')
      throw refused(`The identity provider's answer was not accepted (${wordOf(error)}).`)
    }
  }

  #configuration(): Promise<Configuration> {
    const found = this.#found
    if (found && Date.now() - found.atMs < DISCOVERED_MS_MAX) return found.configuration
    const configuration = this.#discover()
    this.#found = { configuration, atMs: Date.now() }
    // A provider that was away is asked again by the next login.
    configuration.catch(() => {
      this.#found = undefined
    })
    return configuration
  }

  async #discover(): Promise<Configuration> {
    const client = await library()
    const { issuer, clientId, clientSecret, allowHttp } = this.#options
    try {
      return await client.discovery(
        new URL(issuer),
        clientId,
        clientSecret || undefined,
        clientSecret ? undefined : client.None(),
        {
          timeout: 10,
          // By itself it trusts the connection to the provider and does not look at signatures.
          execute: [
            client.enableNonRepudiationChecks,
            ...(allowHttp ? [client.allowInsecureRequests] : []),
          ],
        },
      )
    } catch (error) {
      log.warn({ room: 'api', issuer, err: error }, 'the identity provider does not answer')
      throw refused(`The identity provider ${this.name} does not answer (${wordOf(error)}).`)
    }
  }
}

// Loaded by the first login: who never uses it does not wait for it.
const library = () => import('openid-client')

const wordOf = (error: unknown): string =>
  String((error as { code?: unknown }).code ?? (error as Error).message).slice(0, 100)

const refused = (message: string): ApiError =>
  new ApiError(
    'login_refused',
    message,
    'Try again, or ask whoever runs Calliope; its log says more.',
  )

/** The name a person goes by here: what the provider calls them, in the letters names may have. */
export const nameOf = (claims: Readonly<Record<string, unknown>>): string => {
  const given = [claims.preferred_username, claims.email, claims.sub].find(
    (claim): claim is string => typeof claim === 'string' && claim !== '',
  )
  return (given ?? 'unknown')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._@+-]/g, '-')
    .slice(0, 64)
}

/** The highest role that any value of the claim stands for. */
export function roleOf(
  claims: Readonly<Record<string, unknown>>,
  { roleClaim, roles, defaultRole }: OidcOptions,
): Role | undefined {
  // 'realm_access.roles' leads into objects, unless a claim has that very name.
  const claim =
    claims[roleClaim] ??
    roleClaim
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], claims)
  const values = new Set((Array.isArray(claim) ? claim : [claim]).map(String))
  const granted = roles
    .map((entry) => [
      entry.slice(0, entry.lastIndexOf('=')),
      entry.slice(entry.lastIndexOf('=') + 1),
    ])
    .filter(([value]) => values.has(value!))
    .map(([, role]) => role)
  return ROLES.findLast((role) => granted.includes(role)) ?? defaultRole
}
