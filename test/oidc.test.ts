// Logging in at an identity provider over real HTTP, with everything that can be wrong about it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { nameOf, roleOf } from '../src/api/auth/oidc.ts'
import { type Api, startApi } from '../src/api/start-api.ts'
import { openPeople } from '../src/store/people/people-store.ts'
import { migrate } from '../src/store/postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../src/store/postgres/test-server.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { MemoryStore } from './memory-store.ts'

let database: TestDatabase
let people: ReturnType<typeof openPeople>
let provider: IdentityProvider
let api: Api
let publicUrl: string

const oidc = () => ({
  ...{ issuer: provider.issuer, clientId: 'calliope', clientSecret: 's3cret', allowHttp: true },
  ...{ publicUrl, scopes: ['profile'], roleClaim: 'realm.groups', defaultRole: undefined },
  roles: ['voice-team=engineer', 'voice-ops=admin', 'a=b=viewer'],
})

beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
  people = openPeople(database.sql)
  provider = startIdentityProvider('calliope', 's3cret')
  // The provider sends browsers to a fixed place, so the port has to be known before.
  const probe = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const { port } = probe
  await probe.stop(true)
  publicUrl = `http://127.0.0.1:${port}`
  api = await startApi({
    ...{
      store: new MemoryStore(),
      people,
      hostname: '127.0.0.1',
      port: port!,
      login: { oidc: oidc() },
    },
    readiness: () => ({ ready: true, missing: [] }),
  })
}, 60_000)
afterAll(async () => {
  await api.close()
  provider[Symbol.dispose]()
  await database[Symbol.asyncDispose]()
})

const cookieOf = (response: Response, name: string) =>
  response.headers
    .getSetCookie()
    .find((one) => one.startsWith(`${name}=`))
    ?.split(';')[0]

/** Follows the redirects as a browser does; `tamper` changes the address it comes back by. */
async function logIn(
  tamper: (back: URL) => void = () => {},
  cookies = true,
): Promise<{ location: string; session: string | undefined }> {
  const begun = await fetch(`${api.url}/api/v1/session/oidc?next=%2Foverview`, {
    redirect: 'manual',
  })
  const state = cookieOf(begun, 'calliope_oidc')!
  const granted = await fetch(begun.headers.get('location')!, { redirect: 'manual' })
  const back = new URL(granted.headers.get('location')!)
  tamper(back)
  const done = await fetch(back, {
    ...{ redirect: 'manual', headers: cookies ? { cookie: state } : {} },
  })
  return {
    location: decodeURIComponent(done.headers.get('location') ?? ''),
    session: cookieOf(done, 'calliope_session'),
  }
}

test('a person comes back with a session and the role their groups stand for', async () => {
  provider.person = {
    sub: '42',
    preferred_username: 'Dora',
    realm: { groups: ['x', 'voice-team'] },
  }
  const { location, session } = await logIn()
  expect(location).toBe('/overview')
  const ask = (path: string) => fetch(api.url + path, { headers: { cookie: session! } })
  const { who } = (await (await ask('/api/v1/session')).json()) as { who: object }
  expect(who).toMatchObject({ name: 'dora', role: 'engineer', kind: 'user' })
  expect((await ask('/api/v1/calls')).status).toBe(200)
  expect((await ask('/api/v1/users')).status).toBe(403)
  // The role is that of the latest login.
  provider.person = { ...provider.person, realm: { groups: ['voice-ops'] } }
  await logIn()
  expect((await ask('/api/v1/users')).status).toBe(200)
})

test('people without a role, and those whose name is a local user, are refused with a reason', async () => {
  provider.person = { sub: '43', preferred_username: 'erna', realm: { groups: ['x'] } }
  expect(await logIn()).toEqual({
    location: expect.stringContaining('erna has no role here') as never,
    session: undefined,
  })
  await people.addUser('franz', 'admin', null)
  provider.person = { sub: '44', preferred_username: 'franz', realm: { groups: 'voice-team' } }
  expect((await logIn()).location).toContain('There is a local user franz already')
})

test.each<[string, (back: URL) => void, boolean, IdentityProvider['misbehave']]>([
  ['another state', (back) => back.searchParams.set('state', 'x'), true, {}],
  ['no state', (back) => back.searchParams.delete('state'), true, {}],
  ['a login begun in another browser', () => {}, false, {}],
  ['a made-up code', (back) => back.searchParams.set('code', 'x'), true, {}],
  [
    'another issuer in the address',
    (back) => back.searchParams.set('iss', 'http://evil'),
    true,
    {},
  ],
  ['a token signed by a stranger', () => {}, true, { wrongKey: true }],
  ['a token for another audience', () => {}, true, { claims: { aud: 'other' } }],
  ['a token of another issuer', () => {}, true, { claims: { iss: 'http://evil' } }],
  ['a token that is over', () => {}, true, { claims: { exp: 1000 } }],
  ['another nonce', () => {}, true, { claims: { nonce: 'x' } }],
  ['an error of the provider', (back) => back.searchParams.set('error', 'access_denied'), true, {}],
])('%s opens no session', async (_, tamper, cookies, misbehave) => {
  provider.person = { sub: '42', preferred_username: 'dora', realm: { groups: ['voice-ops'] } }
  provider.misbehave = misbehave
  const { location, session } = await logIn(tamper, cookies)
  provider.misbehave = {}
  expect(location).toStartWith('/login?failed=')
  expect(session).toBeUndefined()
})

test('a code that is sent twice opens one session', async () => {
  let address = ''
  expect((await logIn((back) => (address = back.href))).session).toBeDefined()
  const again = await fetch(address, { redirect: 'manual' })
  expect(again.headers.get('location')).toStartWith('/login?failed=')
})

test('the way back leads to a page of ours and nowhere else', async () => {
  provider.person = { sub: '42', preferred_username: 'dora', realm: { groups: ['voice-ops'] } }
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '']) {
    const begun = await fetch(`${api.url}/api/v1/session/oidc?next=${encodeURIComponent(next)}`, {
      redirect: 'manual',
    })
    const cookie = cookieOf(begun, 'calliope_oidc')!
    const granted = await fetch(begun.headers.get('location')!, { redirect: 'manual' })
    const headers = { cookie }
    const done = await fetch(granted.headers.get('location')!, { redirect: 'manual', headers })
    expect(done.headers.get('location')).toBe('/')
  }
})

test('nameOf and roleOf read claims as providers write them', () => {
  expect(nameOf({ sub: 'x', email: 'Anna.B@Example.com' })).toBe('anna.b@example.com')
  expect(nameOf({ sub: 'auth0|12 3' })).toBe('auth0-12-3')
  const options = oidc()
  expect(roleOf({ 'realm.groups': 'a=b' }, options)).toBe('viewer')
  expect(roleOf({ realm: { groups: ['voice-team', 'voice-ops'] } }, options)).toBe('admin')
  expect(roleOf({ realm: 'nothing' }, options)).toBeUndefined()
  expect(roleOf({}, { ...options, defaultRole: 'viewer' })).toBe('viewer')
})
