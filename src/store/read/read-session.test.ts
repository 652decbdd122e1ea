import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { openCallStore } from './call-store.ts'
import { ReadError, readSession } from './read-session.ts'
import { answeredCall, insertSegments, makePartitions } from './test-calls.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server
let database: TestDatabase
/** One connection, so that a leaked one shows. */
let sql: SQL
beforeAll(async () => {
  database = await testDatabase()
  sql = connect({ url: database.url, max: 1 })
})
afterAll(async () => {
  await sql.close({ timeout: 0 })
  await database[Symbol.asyncDispose]()
})

const never = new AbortController().signal
const sleep = (seconds: number) => `select pg_sleep(${seconds})`

/** Statements that run in the database just now, but this one. */
async function running(): Promise<readonly string[]> {
  const rows = await database.sql`select query from pg_stat_activity
    where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`
  return rows.map(({ query }: { query: string }) => query)
}

async function waiting(): Promise<number> {
  const [row] = await database.sql`select count(*)::integer as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  return row.count
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(5)
}

test('readSession stops the statement in PostgreSQL when the signal aborts, and frees the connection', async () => {
  const abort = new AbortController()
  const reading = readSession(sql, { signal: abort.signal }, (session) =>
    session.rows(sleep(60), []),
  )
  const outcome = reading.catch((error: unknown) => error)
  await until(async () => (await running()).some((query) => query.includes('pg_sleep(60)')))
  abort.abort(new Error('the user went away'))
  expect(await outcome).toEqual(new Error('the user went away'))
  await until(async () => !(await running()).some((query) => query.includes('pg_sleep(60)')))
  const [row] = await readSession(sql, { signal: never }, (session) =>
    session.rows('select 1 as one', []),
  )
  expect(row).toEqual({ one: 1 })
})

test('readSession stops waiting for a connection when the signal aborts', async () => {
  const held = await sql.reserve()
  const abort = new AbortController()
  const reading = readSession(sql, { signal: abort.signal }, async () => 'never')
  abort.abort(new Error('gone'))
  await expect(reading).rejects.toThrow('gone')
  held.release()
  await expect(readSession(sql, { signal: AbortSignal.abort() }, async () => 1)).rejects.toThrow()
})

test('readSession ends a statement that takes too long with a TimeoutError that says what to do', async () => {
  const error = await readSession(sql, { signal: never, statementMsMax: 50 }, (session) =>
    session.rows(sleep(60), []),
  ).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ReadError)
  expect(error).toMatchObject({ name: 'TimeoutError', code: 'READ_TIMED_OUT', retryable: false })
  expect((error as ReadError).message).toMatch(/narrow the time range/)
})

test('readSession says of a database that is away that asking again may help', async () => {
  const nowhere = connect({
    url: 'postgres://x@127.0.0.1:1/x?sslmode=disable',
    connectSecondsMax: 1,
  })
  const error = await readSession(nowhere, { signal: never }, async () => 1).catch(
    (e: unknown) => e,
  )
  expect(error).toMatchObject({ name: 'ReadError', code: 'READ_DATABASE_AWAY', retryable: true })
})

test('readSession shows one snapshot, however long it takes, and cannot write', async () => {
  await database.sql`create table seen (n integer)`
  await readSession(sql, { signal: never }, async (session) => {
    const count = async () =>
      (await session.rows<{ n: string }>('select count(*) n from seen', []))[0]!.n
    expect(await count()).toBe('0')
    await database.sql`insert into seen values (1)`
    expect(await count()).toBe('0')
    await expect(session.rows('insert into seen values (2) returning n', [])).rejects.toThrow(
      'read-only',
    )
  })
  expect((await database.sql`select * from seen`).length).toBe(1)
})

test('searchCalls and readCall reject with the reason of the signal and leave nothing running', async () => {
  await migrate(database.sql)
  await makePartitions(database.sql, [])
  await insertSegments(database.sql, [{ callId: 'a', messages: answeredCall({ callId: 'a' }) }])
  const store = openCallStore({ sql })
  const all = { q: '', fromUs: undefined, toUs: undefined, limit: 10, cursor: undefined }
  await store.searchCalls(all, never)
  await store.readCall('a', { correlate: true, messagesMax: 10 }, never)
  // Somebody holds the table: both wait in PostgreSQL until they are called off.
  await database.sql.begin(async (tx) => {
    await tx`lock table call_segments in access exclusive mode`
    for (const read of [
      (signal: AbortSignal) => store.searchCalls(all, signal),
      (signal: AbortSignal) => store.readCall('a', { correlate: true, messagesMax: 10 }, signal),
    ]) {
      const abort = new AbortController()
      const outcome = read(abort.signal).catch((error: unknown) => error)
      await until(async () => (await waiting()) === 1)
      abort.abort(new Error('enough'))
      expect(await outcome).toEqual(new Error('enough'))
      await until(async () => (await waiting()) === 0)
    }
  })
  expect((await store.searchCalls(all, never)).calls).toHaveLength(1)
})
