// Routes about oneself: who am I, log in, log out, log in elsewhere (OpenID Connect).
import type { Session } from '#contract'
import { digest, readCookie, readSessionCookie, sessionCookie } from '../auth/credentials.ts'
import { type Identity, NOBODY } from '../auth/identity.ts'
import { checkLogin, openSession } from '../auth/login.ts'
import { auditOf, peopleOf } from '../auth/login-context.ts'
import { ApiError, explainError } from '../errors.ts'
import { readBody } from '../http/body.ts'
import { text } from '../http/params.ts'
import { json, type Reply } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'
import { loginForm } from '../schemas/people-schemas.ts'

const STATE_COOKIE = 'calliope_oidc'
const STATE_SECONDS_MAX = 600

/** Who asks, logging in and out. */
export const SESSION_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/session',
    summary: 'Who is logged in, and how one can log in.',
    access: 'open',
    params: {},
    answer: { kind: 'json', schema: 'Session' },
    errors: ['token_wrong', 'too_many_attempts'],
    handle: async (_, context) => json(await sessionOf(context)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Logs in by name and password; the answer sets a cookie.',
    access: 'open',
    params: {},
    body: 'Login',
    answer: { kind: 'json', schema: 'Done' },
    errors: ['login_wrong', 'too_many_attempts', 'unknown_route'],
    handle: async (_, context) => {
      const { name, password } = await readBody(context, loginForm)
      const owner = await checkLogin(name.trim().toLowerCase(), password, context)
      const who = 'user' in owner ? owner.user : 'http.token'
      const audit = auditOf(
        context.options.people,
        { ...NOBODY, kind: 'user', name: who },
        context.peer,
      )
      const cookie = await openSession(owner, context, audit, 'password')
      return withCookie({ done: true }, cookie)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'Logs out.',
    access: 'open',
    params: {},
    answer: { kind: 'json', schema: 'Done' },
    errors: ['forged_request'],
    handle: async (_, context) => {
      const { request, gate, peer, isSecure } = context
      const who = await gate.find(request, peer.ip)
      const cookie = readSessionCookie(request)
      if (cookie !== undefined) await peopleOf(context).closeSession(digest(cookie))
      if (who?.kind === 'user') await auditOf(context.options.people, who, peer)('logout', who.name)
      return withCookie({ done: true }, sessionCookie(undefined, isSecure))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/session/oidc',
    summary: "Sends the browser to the identity provider's login page.",
    access: 'open',
    params: { next: text('path of the page to come back to', 2048) },
    answer: { kind: 'bytes', type: 'text/html', about: 'a redirect (302)' },
    errors: ['login_refused', 'unknown_route'],
    handle: ({ next }, context) => beginOidc(next, context),
  }),
  route({
    method: 'GET',
    path: '/api/v1/session/oidc/callback',
    summary: 'Where the identity provider sends the browser back to.',
    access: 'open',
    params: Object.fromEntries(
      ['code', 'state', 'iss', 'session_state', 'error', 'error_description', 'scope'].map(
        (name) => [name, text('as OpenID Connect says', 4096)],
      ),
    ),
    answer: { kind: 'bytes', type: 'text/html', about: 'a redirect (302)' },
    errors: ['login_refused', 'unknown_route'],
    handle: (_, context) => finishOidc(context),
  }),
]

async function sessionOf({ gate, request, peer, options, oidc }: RequestContext): Promise<Session> {
  const who = await gate.find(request, peer.ip)
  return {
    who: who ? shown(who) : null,
    login: {
      users: await gate.policies.hasUsers(),
      token: gate.hasToken && options.people !== undefined,
      oidc: oidc?.name ?? null,
    },
  }
}

const shown = ({ name, kind, role, scopes, masking }: Identity): Session['who'] => ({
  ...{ name, kind, role, scopes: [...scopes], masked: masking !== undefined },
})

async function beginOidc(next: string, { oidc, isSecure }: RequestContext): Promise<Reply> {
  if (!oidc) throw noProvider()
  // Only a path of ours: an address of somebody else's would make this a way to send people there.
  const returnTo = /^\/(?![/\\])/.test(next) ? next : '/'
  const { url, state } = await oidc.begin(returnTo)
  // Lax: the way back begins on the provider's page.
  return redirect(url, stateCookie(state, isSecure))
}

// A person is looking: what went wrong is shown by the login page, not as JSON.
async function finishOidc(context: RequestContext): Promise<Reply> {
  const { oidc, request, options, peer, isSecure, audit } = context
  if (!oidc) throw noProvider()
  const clear = stateCookie('', isSecure)
  try {
    const { user, role, returnTo } = await oidc.finish(
      new URL(request.url, 'http://x').search.slice(1),
      readCookie(request, STATE_COOKIE),
    )
    const who: Identity = { ...NOBODY, kind: 'user', name: user, role }
    const cookie = await openSession({ user }, context, auditOf(options.people, who, peer), 'oidc')
    context.gate.policies.forget()
    return redirect(returnTo, clear, cookie)
  } catch (error) {
    const explained = explainError(error, () => undefined)
    await audit('login-failed', 'oidc', { why: explained.message })
    return redirect(`/login?failed=${encodeURIComponent(explained.message)}`, clear)
  }
}

const stateCookie = (state: string, isSecure: boolean): string =>
  `${STATE_COOKIE}=${state}; Path=/api/v1/session/oidc; HttpOnly; SameSite=Lax; Max-Age=${state ? STATE_SECONDS_MAX : 0}${isSecure ? '; Secure' : ''}`

const noProvider = () =>
  new ApiError(
    'unknown_route',
    'No identity provider is configured.',
    'Set oidc.issuer and oidc.client_id, or log in by password.',
  )

function redirect(location: string, ...cookies: string[]): Reply {
  const headers = new Headers({ location, 'cache-control': 'no-store' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return { kind: 'response', response: new Response(null, { status: 302, headers }) }
}

const withCookie = (value: unknown, cookie: string): Reply => ({
  ...{ kind: 'body', body: JSON.stringify(value) },
  headers: { 'content-type': 'application/json; charset=utf-8', 'set-cookie': cookie },
})
