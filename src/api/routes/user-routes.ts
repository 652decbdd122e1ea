// Routes about users and API tokens. Administrators only; a password or a token never comes out, but
// for a new token in the answer that makes it.
import type { RoleName } from '#contract'
import { digest, randomToken, TOKEN_PREFIX } from '../auth/credentials.ts'
import { type LoginContext, peopleOf } from '../auth/login-context.ts'
import { hashPassword, passwordFault } from '../auth/passwords.ts'
import { ApiError } from '../errors.ts'
import { badBody, readBody } from '../http/body.ts'
import { segment } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { quote, type Route, route } from '../http/route.ts'
import type { UserChange } from '../people.ts'
import { newTokenForm, newUserForm, userChangeForm } from '../schemas/people-schemas.ts'

const name = segment('the name of the user', 64)
const id = segment('the id of the token', 18)
const ADMIN = { access: 'token', role: 'admin', scope: 'admin' } as const

/** Users, their sessions, and API tokens. */
export const USER_ROUTES: readonly Route[] = [
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/users',
    summary: 'Who may log in.',
    params: {},
    answer: { kind: 'json', schema: 'Users' },
    errors: ['unknown_route'],
    handle: async (_, context) => json({ users: await peopleOf(context).users() }),
  }),
  route({
    ...ADMIN,
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Adds a user; the first one is an administrator.',
    params: {},
    body: 'NewUser',
    answer: { kind: 'json', schema: 'Done' },
    errors: ['name_taken', 'unknown_route'],
    handle: async (_, context) => {
      const { name, role, password } = await readBody(context, newUserForm)
      const people = peopleOf(context)
      if (role !== 'admin' && !(await people.hasUsers()))
        throw badBody('The first user has to be an administrator.', {
          role: 'admin: from then on everybody has to log in, and nobody else could add users',
        })
      refuseWeak(password, name)
      if (!(await people.addUser(name, role, await hashPassword(password))))
        throw taken('user', name)
      await changed(context, 'user-added', name, { role })
      return json({ done: true })
    },
  }),
  route({
    ...ADMIN,
    method: 'PUT',
    path: '/api/v1/users/{name}',
    summary: 'Changes the role or the password of a user; a new password ends their sessions.',
    params: { name },
    body: 'UserChange',
    answer: { kind: 'json', schema: 'Done' },
    errors: ['not_found', 'last_admin', 'unknown_route'],
    handle: async ({ name }, context) => {
      const { role, password } = await readBody(context, userChangeForm)
      const people = peopleOf(context)
      if (password !== undefined) {
        refuseWeak(password, name)
        checkChange(await people.setPassword(name, await hashPassword(password)), name)
        await changed(context, 'password-changed', name)
      }
      if (role !== undefined) {
        checkChange(await people.setRole(name, role), name)
        await changed(context, 'role-changed', name, { role })
      }
      return json({ done: true })
    },
  }),
  route({
    ...ADMIN,
    method: 'DELETE',
    path: '/api/v1/users/{name}',
    summary: 'Removes a user and ends their sessions.',
    params: { name },
    answer: { kind: 'json', schema: 'Done' },
    errors: ['not_found', 'last_admin', 'unknown_route'],
    handle: async ({ name }, context) => {
      checkChange(await peopleOf(context).removeUser(name), name)
      await changed(context, 'user-removed', name)
      return json({ done: true })
    },
  }),
  route({
    ...ADMIN,
    method: 'DELETE',
    path: '/api/v1/users/{name}/sessions',
    summary: 'Logs a user out everywhere.',
    params: { name },
    answer: { kind: 'json', schema: 'EndedSessions' },
    errors: ['unknown_route'],
    handle: async ({ name }, context) => {
      const ended = await peopleOf(context).closeSessionsOf(name)
      await changed(context, 'sessions-ended', name, { ended })
      return json({ ended })
    },
  }),
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'API tokens, without the tokens themselves.',
    params: {},
    answer: { kind: 'json', schema: 'Tokens' },
    errors: ['unknown_route'],
    handle: async (_, context) => json({ tokens: await peopleOf(context).tokens() }),
  }),
  route({
    ...ADMIN,
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Makes an API token; it is in this answer and nowhere else.',
    params: {},
    body: 'NewToken',
    answer: { kind: 'json', schema: 'IssuedToken' },
    errors: ['name_taken', 'unknown_route'],
    handle: async (_, context) => {
      const { name, role, scopes, days } = await readBody(context, newTokenForm)
      refuseEmptyAdmin(role, scopes.includes('admin'))
      const token = randomToken(TOKEN_PREFIX)
      const expiresAt = days === 0 ? null : new Date(Date.now() + days * 86_400_000).toISOString()
      const id = await peopleOf(context).addToken({
        ...{ name, role, scopes, expiresAt, tokenHash: digest(token) },
        createdBy: context.who.name,
      })
      if (id === undefined) throw taken('token', name)
      await changed(context, 'token-made', name, { role, scopes, expiresAt })
      return json({ id, token })
    },
  }),
  route({
    ...ADMIN,
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    summary: 'Revokes an API token.',
    params: { id },
    answer: { kind: 'json', schema: 'Done' },
    errors: ['not_found', 'unknown_route'],
    handle: async ({ id }, context) => {
      const isGone = /^\d+$/.test(id) && (await peopleOf(context).removeToken(id))
      if (!isGone) throw missing('token', id)
      await changed(context, 'token-revoked', id)
      return json({ done: true })
    },
  }),
]

/** After a change: other requests see it at once, and the audit log says who made it. */
export async function changed(
  { gate, audit }: LoginContext,
  action: string,
  object: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  gate.policies.forget()
  await audit(action, object, detail)
}

function refuseWeak(password: string, user: string): void {
  const fault = passwordFault(password, user)
  if (fault) throw badBody(`password: ${fault}`, { password: fault })
}

// The scope admin opens what the role does not have: a token that never works is a mistake.
function refuseEmptyAdmin(role: RoleName, hasAdminScope: boolean): void {
  if (hasAdminScope && role === 'viewer')
    throw badBody('scopes: a viewer changes nothing', {
      scopes: 'admin needs the role engineer or admin',
    })
}

function checkChange(change: UserChange, name: string): void {
  if (change === 'no-such-user') throw missing('user', name)
  if (change === 'last-admin')
    throw new ApiError(
      'last_admin',
      `${quote(name)} is the only administrator.`,
      'Make somebody else an administrator first.',
    )
}

const taken = (what: string, name: string): ApiError =>
  new ApiError('name_taken', `There is a ${what} ${quote(name)} already.`, 'Take another name.', {
    place: { fields: { name: 'is taken' } },
  })

/** There is no such thing. */
export const missing = (what: string, name: string): ApiError =>
  new ApiError('not_found', `There is no ${what} ${quote(name)}.`, 'It may be gone already.')
