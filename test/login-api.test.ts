// Logging in, sessions, tokens and the audit log, over real HTTP and a real PostgreSQL.
import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { passwordFault } from '../src/api/auth/passwords.ts'
import { SCHEMAS } from '../src/api/schemas/schemas.ts'
import { startApi } from '../src/api/start-api.ts'
import { openPeople } from '../src/store/people/people-store.ts'
import { migrate } from '../src/store/postgres/migrate.ts'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { callId, cookieOf, LoginApi, PASSWORD } from './login-rig.ts'

const login = new LoginApi()
const { ask, logIn, options } = login

describe('from the first user on', () => {
  test('nobody is asked on loopback while there are no users, and the first has to be an admin', async () => {
    const session = await ask('GET', '/api/v1/session')
    expect(v.parse(SCHEMAS.Session, session.body)).toEqual({
      who: {
        ...{ name: 'local', kind: 'local', role: 'admin', masked: false },
        scopes: ['read', 'ingest', 'export', 'admin'],
      },
      login: { users: false, token: false, oidc: null },
    })
    expect((await ask('GET', '/api/v1/calls')).status).toBe(200)
    const viewer = { name: 'vera', role: 'viewer', password: PASSWORD }
    expect((await ask('POST', '/api/v1/users', { body: viewer })).body.error.fields).toHaveProperty(
      'role',
    )
    const admin = { name: 'Anna', role: 'admin', password: PASSWORD }
    expect((await ask('POST', '/api/v1/users', { body: admin })).status).toBe(200)
    expect((await ask('GET', '/api/v1/calls')).code).toBe('token_missing')
    expect((await ask('GET', '/api/v1/session')).body.who).toBeNull()
  })

  test('a session is a cookie that scripts cannot read and other sites do not send', async () => {
    const answer = await ask('POST', '/api/v1/session', {
      body: { name: 'ANNA ', password: PASSWORD },
    })
    const set = answer.headers.get('set-cookie')!
    expect(set).toMatch(
      /^calliope_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    )
    const cookie = cookieOf(answer)
    const { who } = (await ask('GET', '/api/v1/session', { cookie })).body
    expect(who).toMatchObject({ name: 'anna', kind: 'user', role: 'admin' })
    const rows = await login.database.sql`select * from sessions`
    expect(JSON.stringify(rows)).not.toContain(cookie.split('=')[1]!)
    expect((await ask('DELETE', '/api/v1/session', { cookie })).status).toBe(200)
    expect((await ask('GET', '/api/v1/calls', { cookie })).code).toBe('token_missing')
  })

  test('a change by cookie needs our own page: its header and its origin', async () => {
    const cookie = await logIn('anna')
    const body = { name: 'mallory', role: 'admin', password: PASSWORD }
    const json = { 'content-type': 'application/json' }
    const forged = async (headers: Record<string, string>) =>
      (
        await fetch(`${login.api.url}/api/v1/users`, {
          ...{
            method: 'POST',
            headers: { cookie, ...json, ...headers },
            body: JSON.stringify(body),
          },
        })
      ).json()
    expect((await forged({})).error.code).toBe('forged_request')
    expect((await forged({ 'x-calliope': '1' })).error.code).toBe('forged_request')
    expect((await forged({ origin: login.api.url })).error.code).toBe('forged_request')
    expect((await forged({ origin: 'http://evil.example', 'x-calliope': '1' })).error.code).toBe(
      'foreign_origin',
    )
    expect((await login.people.users()).map(({ name }) => name)).toEqual(['anna'])
    expect((await forged({ origin: login.api.url, 'x-calliope': '1' })).done).toBe(true)
    await login.people.removeUser('mallory')
  })

  test('passwords are checked, and the field says what is wrong', async () => {
    const cookie = await logIn('anna')
    const add = async (name: string, password: string) =>
      (await ask('POST', '/api/v1/users', { cookie, body: { name, password, role: 'viewer' } }))
        .body.error?.fields
    expect(await add('vera', 'short')).toHaveProperty('password')
    expect(await add('veravera', 'VeraVera-veravera')).toHaveProperty('password')
    expect(await add('no spaces', PASSWORD)).toHaveProperty('name')
    expect(await add('token', PASSWORD)).toHaveProperty('name')
    expect(await add('anna', PASSWORD)).toEqual({ name: 'is taken' })
    expect(passwordFault('aaaaaaaaaaaaaaaa', 'vera')).toContain('different')
    expect(passwordFault('twelve chars', 'vera')).toBeUndefined()
  })

  test('a wrong password and an unknown user are the same answer, and soon none', async () => {
    const from = (ip: string) => ({ 'x-forwarded-for': ip })
    await using proxied = await startApi({
      ...options(),
      login: { trustedProxies: ['127.0.0.0/8'] },
    })
    const guess = (name: string, password: string, ip: string) =>
      ask('POST', '/api/v1/session', { body: { name, password }, headers: from(ip), at: proxied })
    const wrong = await guess('anna', 'not the password', '192.0.2.1')
    const unknown = await guess('nobody-at-all', 'not the password', '192.0.2.1')
    expect(unknown.body).toEqual(wrong.body)
    for (let i = 0; i < 8; i++) await guess('anna', `guess ${i}`, '192.0.2.1')
    expect((await guess('anna', PASSWORD, '192.0.2.1')).code).toBe('too_many_attempts')
    expect((await guess('anna', PASSWORD, '192.0.2.2')).status).toBe(200)
    // Without a trusted proxy the header is only something anybody can write.
    expect(
      (
        await ask('POST', '/api/v1/session', {
          body: { name: 'anna', password: PASSWORD },
          headers: from('192.0.2.1'),
        })
      ).status,
    ).toBe(200)
  })

  test('behind a proxy that speaks https the cookie is Secure and belongs to this host only', async () => {
    await using proxied = await startApi({ ...options(), login: { trustedProxies: ['127.0.0.1'] } })
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.9' }
    const body = { name: 'anna', password: PASSWORD }
    const answer = await ask('POST', '/api/v1/session', { body, headers, at: proxied })
    const set = answer.headers.get('set-cookie')!
    expect(set).toStartWith('__Host-calliope_session=')
    expect(set).toEndWith('; Secure')
    const { who } = (
      await ask('GET', '/api/v1/session', { cookie: cookieOf(answer), headers, at: proxied })
    ).body
    expect(who.name).toBe('anna')
  })

  test('all sessions of a user end at once, and with a new password, and with the user', async () => {
    await login.people.addUser(
      'vera',
      'viewer',
      (await login.people.credentials('anna'))!.passwordHash,
    )
    const admin = await logIn('anna')
    const isIn = async (cookie: string) =>
      (await ask('GET', '/api/v1/calls', { cookie })).status === 200
    const sessions = [await logIn('vera'), await logIn('vera')]
    expect(await Promise.all(sessions.map(isIn))).toEqual([true, true])
    const ended = await ask('DELETE', '/api/v1/users/vera/sessions', { cookie: admin })
    expect(ended.body).toEqual({ ended: 2 })
    expect(await Promise.all(sessions.map(isIn))).toEqual([false, false])
    const third = await logIn('vera')
    const body = { password: 'another good phrase' }
    await ask('PUT', '/api/v1/users/vera', { cookie: admin, body })
    expect(await isIn(third)).toBe(false)
    const fourth = await logIn('vera', body.password)
    await ask('DELETE', '/api/v1/users/vera', { cookie: admin })
    expect(await isIn(fourth)).toBe(false)
    expect((await ask('DELETE', '/api/v1/users/anna', { cookie: admin })).code).toBe('last_admin')
  })

  test('http.token is an administrator, as Bearer, as password of the user token, and only while it is set', async () => {
    const token = 'the token of the configuration'
    await using first = await startApi({ ...options(), token })
    expect((await ask('GET', '/api/v1/users', { token: 'no', at: first })).code).toBe('token_wrong')
    const cookie = await logIn('token', token, first)
    expect((await ask('GET', '/api/v1/users', { cookie, at: first })).status).toBe(200)
    await using second = await startApi({ ...options(), token: 'another token' })
    expect((await ask('GET', '/api/v1/users', { cookie, at: second })).code).toBe('token_missing')
  })

  test('an API token is shown once, does what its scopes say, expires and can be revoked', async () => {
    const cookie = await logIn('anna')
    const make = (body: object) => ask('POST', '/api/v1/tokens', { cookie, body })
    const made = await make({ name: 'ci', role: 'engineer', scopes: ['read'], days: 1 })
    const { id, token } = v.parse(SCHEMAS.IssuedToken, made.body)
    expect(token).toMatch(/^calliope_[\w-]{43}$/)
    expect((await make({ name: 'ci', role: 'viewer', scopes: ['read'], days: 0 })).code).toBe(
      'name_taken',
    )
    expect(
      (await make({ name: 'x', role: 'root', scopes: [], days: -1 })).body.error.fields,
    ).toEqual({
      ...{ role: 'one of viewer, engineer, admin', scopes: 'at least one', days: 'at least 0' },
    })
    const listed = await ask('GET', '/api/v1/tokens', { cookie })
    expect(JSON.stringify(listed.body)).not.toContain(token)
    expect((await ask('GET', '/api/v1/calls', { token })).status).toBe(200)
    const path = `/api/v1/calls/${encodeURIComponent(callId)}/pcap`
    expect((await ask('GET', path, { token })).code).toBe('forbidden')
    expect((await ask('POST', '/hep', { token })).code).toBe('forbidden')
    expect((await ask('GET', '/api/v1/users', { token })).code).toBe('forbidden')
    expect((await ask('GET', '/api/v1/calls', { token: `${token}x` })).code).toBe('token_wrong')
    await ask('DELETE', `/api/v1/tokens/${id}`, { cookie })
    expect((await ask('GET', '/api/v1/calls', { token })).code).toBe('token_wrong')
  })

  test('the audit log says who did what, and never with which password', async () => {
    const cookie = await logIn('anna')
    await ask('GET', `/api/v1/calls/${encodeURIComponent(callId)}/text`, { cookie })
    const audit = await ask('GET', '/api/v1/audit?limit=500', { cookie })
    const { entries } = v.parse(SCHEMAS.Audit, audit.body)
    const actions = new Set(entries.map(({ action }) => action))
    for (const action of [
      ...['login', 'login-failed', 'logout', 'user-added', 'user-removed', 'password-changed'],
      ...['sessions-ended', 'token-made', 'token-revoked', 'export'],
    ])
      expect([action, actions.has(action)]).toEqual([action, true])
    expect(entries[0]).toMatchObject({ who: 'anna', action: 'export', object: callId })
    expect(audit.body.entries.map(String).join()).not.toContain(PASSWORD)
    const one = await ask('GET', '/api/v1/audit?who=anna&action=export&limit=1', { cookie })
    expect(one.body.entries).toEqual([entries[0]])
  })

  test('an address that asks too often is slowed, on this machine too once people log in', async () => {
    await using slow = await startApi({ ...options(), login: { requestsPerSecondMax: 2 } })
    const cookie = await logIn('anna', PASSWORD, slow)
    const statuses = []
    for (let i = 0; i < 15; i++)
      statuses.push((await ask('GET', '/api/v1/aliases', { cookie, at: slow })).status)
    expect(statuses).toContain(200)
    expect(statuses.at(-1)).toBe(429)
  })

  test('off loopback without anybody who could log in it does not start', async () => {
    await using empty = await testDatabase()
    await migrate(empty.sql)
    const open = { ...options(), hostname: '0.0.0.0' }
    const refused = await startApi({ ...open, people: openPeople(empty.sql) }).catch(
      (error) => error,
    )
    expect(refused.code).toBe('API_NEEDS_TOKEN')
    expect(refused.message).toContain('calliope user add NAME --role admin')
    await using started = await startApi(open)
    expect((await fetch(`http://127.0.0.1:${started.port}/api/v1/calls`)).status).toBe(401)
  })
})
