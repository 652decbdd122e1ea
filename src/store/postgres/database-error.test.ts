import { expect, test } from 'bun:test'
import { connect, describeUrl } from './connect.ts'
import { explainDatabaseError } from './database-error.ts'
import { freePort } from './server.ts'
import { testServer } from './test-server.ts'

const PASSWORD = 'hunter2-not-to-be-seen'

async function failureOf(url: string) {
  const sql = connect({ url, max: 1, connectSecondsMax: 1 })
  try {
    await sql`select 1`
    throw new Error('it connected')
  } catch (error) {
    return await explainDatabaseError(error, url)
  } finally {
    await sql.close({ timeout: 0 })
  }
}

test('explainDatabaseError tells the mistakes apart and never shows the password', async () => {
  const { url } = await testServer()
  const at = (change: Partial<URL>) => Object.assign(new URL(url), change).href
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const refused = `postgres://me:${PASSWORD}@127.0.0.1:${await freePort()}/db`
  const cases = [
    [refused, 'DATABASE_UNREACHABLE', 'no PostgreSQL listens there', true],
    [
      `postgres://me:${PASSWORD}@no-such-host.invalid/db`,
      'DATABASE_UNREACHABLE',
      "host name 'no-such-host.invalid' has no address",
      true,
    ],
    [
      `postgres://me:${PASSWORD}@127.0.0.1:${silent.port}/db?sslmode=disable`,
      'DATABASE_TIMEOUT',
      'does not answer',
      true,
    ],
    [at({ password: PASSWORD }), 'DATABASE_LOGIN', 'refuses the login', false],
    [at({ pathname: '/nope' }), 'DATABASE_MISSING', 'no such database', false],
    [at({ search: '?sslmode=require' }), 'DATABASE_TLS', 'sslmode', false],
    [at({ search: '?sslmode=disable&no_such_setting=1' }), 'DATABASE_SETTING', 'setting', false],
  ] as const
  for (const [wrong, code, words, retryable] of cases) {
    const error = await failureOf(wrong)
    expect([error.code, error.retryable]).toEqual([code, retryable])
    expect(error.message).toContain(words)
    expect(error.message).toContain(describeUrl(wrong))
    expect(error.message).not.toContain(PASSWORD)
  }
  silent.stop(true)
})

test('explainDatabaseError says which grant is missing', async () => {
  const error = await explainDatabaseError(
    { errno: '42501', message: 'permission denied for schema public' },
    'postgres://me:pw@h/db',
  )
  expect(error).toMatchObject({ code: 'DATABASE_PERMISSION', retryable: false })
  expect(error.message).toContain('GRANT CREATE ON SCHEMA public')
})

test('describeUrl names user, host, port and database', () => {
  expect(describeUrl('postgres://me:pw@db.example/calls')).toBe('me@db.example:5432/calls')
  expect(describeUrl('nonsense')).toBe('the database URL')
})
