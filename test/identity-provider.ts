// An OpenID Connect provider for tests: discovery, keys, authorization code with PKCE, signed ID tokens,
// over real HTTP on loopback. Whoever comes to its login page is logged in at once, as the person the
// test names. It checks what a provider checks, and can be told to misbehave.
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Server } from 'bun'

export interface Person {
  readonly sub: string
  readonly [claim: string]: unknown
}

export interface IdentityProvider extends Disposable {
  readonly issuer: string
  /** Who logs in next. */
  person: Person
  /** Changes claims of the ID token, or signs it with a key nobody knows. */
  misbehave: { claims?: Record<string, unknown>; wrongKey?: boolean }
}

interface Grant {
  readonly challenge: string
  readonly nonce: string
  readonly redirect: string
}

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Starts one for one client. */
export function startIdentityProvider(clientId: string, clientSecret: string): IdentityProvider {
  const keys = keyPair()
  const strangers = keyPair()
  const grants = new Map<string, Grant>()
  const provider = {
    person: { sub: '1' } as Person,
    misbehave: {} as IdentityProvider['misbehave'],
  }
  const server: Server<undefined> = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request): Promise<Response> => {
      const url = new URL(request.url)
      if (url.pathname === '/.well-known/openid-configuration') return Response.json(metadata())
      if (url.pathname === '/jwks')
        return Response.json({
          keys: [
            { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' },
          ],
        })
      if (url.pathname === '/authorize') return authorize(url.searchParams)
      if (url.pathname === '/token') return token(request)
      return new Response('nothing here', { status: 404 })
    },
  })
  const issuer: string = `http://127.0.0.1:${server.port}`
  const metadata = (): object => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  })

  function authorize(asked: URLSearchParams): Response {
    const get = (name: string) => asked.get(name) ?? ''
    const isRight =
      get('client_id') === clientId &&
      get('response_type') === 'code' &&
      get('code_challenge_method') === 'S256' &&
      get('scope').split(' ').includes('openid')
    if (!isRight) return new Response('bad request', { status: 400 })
    const code = randomUUID()
    const redirect = get('redirect_uri')
    grants.set(code, { challenge: get('code_challenge'), nonce: get('nonce'), redirect })
    const back = new URL(redirect)
    for (const [name, value] of Object.entries({ code, state: get('state'), iss: issuer }))
      back.searchParams.set(name, value)
    return Response.redirect(back.href, 302)
  }

  async function token(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text())
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    const isClient =
      form.get('client_secret') === clientSecret ||
      request.headers.get('authorization') === `Basic ${basic}`
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!isClient) return Response.json({ error: 'invalid_client' }, { status: 401 })
    if (grant?.challenge !== verifier || grant.redirect !== form.get('redirect_uri'))
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    return Response.json({
      ...{ access_token: randomUUID(), token_type: 'Bearer', expires_in: 60 },
      id_token: idToken(grant),
    })
  }

  function idToken({ nonce }: Grant): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      ...{ iss: issuer, aud: clientId, iat: now, exp: now + 60, nonce },
      ...provider.person,
      ...provider.misbehave.claims,
    }
    const text = `${encode({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${encode(claims)}`
    const key = provider.misbehave.wrongKey ? strangers.privateKey : keys.privateKey
    return `${text}.${createSign('sha256').update(text).sign(key, 'base64url')}`
  }

  return Object.assign(provider, { issuer, [Symbol.dispose]: () => void server.stop(true) })
}
