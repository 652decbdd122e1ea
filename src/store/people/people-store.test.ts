import { afterAll, beforeAll, expect, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { openPeople } from './people-store.ts'
import { retentionInForce } from './retention-setting.ts'

let database: TestDatabase
let people: ReturnType<typeof openPeople>

beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
  people = openPeople(database.sql)
})
afterAll(() => database[Symbol.asyncDispose]())

const hash = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest()
const session = (name: string, user: string, expiresMs = 60_000) =>
  people.openSession({
    ...{ tokenHash: hash(name), owner: { user }, expiresMs },
    ...{ peer: '127.0.0.1', userAgent: 'test' },
  })

test('openPeople keeps users, and never takes the last admin away', async () => {
  expect(await people.hasUsers()).toBe(false)
  expect(await people.addUser('anna', 'admin', 'h1')).toBe(true)
  expect(await people.addUser('anna', 'viewer', 'h2')).toBe(false)
  expect(await people.addUser('bert', 'viewer', null)).toBe(true)
  expect(await people.hasUsers()).toBe(true)
  expect(await people.removeUser('anna')).toBe('last-admin')
  expect(await people.setRole('anna', 'viewer')).toBe('last-admin')
  expect(await people.setRole('bert', 'admin')).toBe('done')
  expect(await people.setRole('anna', 'engineer')).toBe('done')
  expect(await people.removeUser('bert')).toBe('last-admin')
  expect(await people.setRole('anna', 'admin')).toBe('done')
  expect(await people.removeUser('bert')).toBe('done')
  expect(await people.removeUser('bert')).toBe('no-such-user')
  expect(await people.users()).toHaveLength(1)
})

test('two admins who remove each other at once: one stays', async () => {
  await people.addUser('carl', 'admin', 'h')
  const outcomes = await Promise.all([people.removeUser('carl'), people.removeUser('anna')])
  expect(outcomes.toSorted()).toEqual(['done', 'last-admin'])
  expect(await people.users()).toHaveLength(1)
  const [left] = await people.users()
  await people.addUser('anna', 'admin', 'h')
  if (left!.name === 'carl') await people.removeUser('carl')
})

test('a session ends when it is idle, old, closed, or its user has a new password', async () => {
  await session('s1', 'anna')
  expect(await people.session(hash('s1'), 60_000)).toEqual({
    ...{ user: 'anna', role: 'admin', byToken: null },
  })
  expect(await people.session(hash('s1'), 0)).toBeUndefined()
  await session('s2', 'anna', -1)
  expect(await people.session(hash('s2'), 60_000)).toBeUndefined()
  await people.closeSession(hash('s1'))
  expect(await people.session(hash('s1'), 60_000)).toBeUndefined()
  await session('s3', 'anna')
  expect((await people.users())[0]!.sessions).toBe(1)
  await people.setPassword('anna', 'h3')
  expect(await people.session(hash('s3'), 60_000)).toBeUndefined()
  await session('s4', 'anna')
  expect(await people.closeSessionsOf('anna')).toBe(1)
})

test('a session by http.token remembers which token it was', async () => {
  const byToken = hash('the token')
  await people.openSession({
    ...{ tokenHash: hash('t'), owner: { byToken }, expiresMs: 60_000 },
    ...{ peer: '', userAgent: '' },
  })
  const found = await people.session(hash('t'), 60_000)
  expect(Buffer.from(found!.byToken!)).toEqual(Buffer.from(byToken))
})

test('an API token works until it expires or is removed, and its name is its own', async () => {
  const token = { role: 'viewer', scopes: ['read', 'export'], createdBy: 'anna' } as const
  const id = await people.addToken({
    ...{ ...token, name: 'ci', tokenHash: hash('ci'), expiresAt: null },
  })
  expect(
    await people.addToken({ ...token, name: 'ci', tokenHash: hash('x'), expiresAt: null }),
  ).toBeUndefined()
  expect(await people.token(hash('ci'))).toEqual({
    ...{ name: 'ci', role: 'viewer', scopes: ['read', 'export'] },
  })
  await people.addToken({
    ...{ ...token, name: 'old', tokenHash: hash('old'), expiresAt: '2020-01-01T00:00:00Z' },
  })
  expect(await people.token(hash('old'))).toBeUndefined()
  expect((await people.tokens()).map(({ name }) => name)).toEqual(['ci', 'old'])
  expect(await people.removeToken(id!)).toBe(true)
  expect(await people.token(hash('ci'))).toBeUndefined()
})

test('a user who is vouched for keeps the name, gets the role of today, and is nobody else', async () => {
  expect(await people.vouchedUser('https://id', '42', 'dora', 'viewer')).toBe('dora')
  expect(await people.vouchedUser('https://id', '42', 'dora-new', 'engineer')).toBe('dora')
  expect(await people.vouchedUser('https://id', '43', 'anna', 'admin')).toBeUndefined()
  expect((await people.users()).find(({ name }) => name === 'dora')).toMatchObject({
    ...{ role: 'engineer', hasPassword: false, issuer: 'https://id' },
  })
})

test('an OpenID Connect login can be taken once', async () => {
  const login = { verifier: 'v', nonce: 'n', returnTo: '/' }
  await people.keepOidcLogin(hash('state'), login)
  expect(await people.takeOidcLogin(hash('state'))).toEqual(login)
  expect(await people.takeOidcLogin(hash('state'))).toBeUndefined()
})

test('settings, aliases, agent keys and secrets come back as they were put in', async () => {
  expect(await people.setting('x')).toBeUndefined()
  await people.setSetting('x', { a: [1, 'ü'] })
  expect(await people.setting('x')).toEqual({ a: [1, 'ü'] })
  const aliases = [{ address: '10.0.0.0/8', name: 'core "a"' }]
  await people.setAliases([...aliases, { address: '1.2.3.4', name: 'x' }])
  await people.setAliases(aliases)
  expect([...(await people.aliases())]).toEqual(aliases)
  const id = await people.addAgentKey('edge', hash('k'), 'anna')
  expect((await people.agentKeyHashes()).map((key) => Buffer.from(key).toString('hex'))).toEqual([
    hash('k').toString('hex'),
  ])
  expect(await people.removeAgentKey(id!)).toBe(true)
  const [first, second] = await Promise.all([people.secret('masking'), people.secret('masking')])
  expect(Array.from(first)).toEqual(Array.from(second))
  expect(first.byteLength).toBe(32)
})

test('the audit log is read newest first, page by page, by person and by action', async () => {
  const entry = { kind: 'user', peer: '127.0.0.1', object: 'x', detail: { a: 1 } }
  for (const action of ['login', 'export', 'login'])
    await people.note({ ...entry, who: 'anna', action })
  await people.note({ ...entry, who: 'bert', action: 'login' })
  const none = { before: undefined, who: undefined, action: undefined }
  const all = await people.audit({ ...none, limit: 10 })
  expect(all.map(({ who, action }) => `${who} ${action}`)).toEqual([
    ...['bert login', 'anna login', 'anna export', 'anna login'],
  ])
  expect(all[0]).toMatchObject({ ...entry, at: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/) })
  expect(await people.audit({ ...none, limit: 1, before: all[1]!.id })).toEqual([all[2]!])
  expect(await people.audit({ ...none, limit: 9, who: 'anna', action: 'export' })).toEqual([
    all[2]!,
  ])
})

test('retentionInForce takes what is set, and the configuration where nothing is', async () => {
  const configured = { retentionMs: 1000, bytesMax: 7 }
  expect(await retentionInForce(database.sql, configured)).toEqual(configured)
  await people.setSetting('retention', { hours: 2, bytesMax: null })
  expect(await retentionInForce(database.sql, configured)).toEqual({
    ...{ retentionMs: 7_200_000, bytesMax: 7 },
  })
})
