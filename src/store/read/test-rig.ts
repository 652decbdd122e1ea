// What the tests of this folder share: a database with room for calls, and a search in it as one request
// makes it.
import { afterAll, beforeAll, setDefaultTimeout } from 'bun:test'
import type { SQL } from 'bun'
import type { CallPage, CallSearch } from '#contract'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { readSession } from './read-session.ts'
import { planSearch, type SearchOptions, searchCalls, WALK_LIMITS } from './search-calls.ts'
import { makePartitions } from './test-calls.ts'

/** A database for the tests of one file, with partitions of these days (and of all the rest). */
export function callsDatabase(days: readonly number[] = []): Pick<TestDatabase, 'sql' | 'url'> {
  setDefaultTimeout(60_000) // the first test of a run starts a server
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    await migrate(database.sql)
    await makePartitions(database.sql, days)
  })
  afterAll(() => database[Symbol.asyncDispose]())
  return {
    get sql() {
      return database.sql
    },
    get url() {
      return database.url
    },
  }
}

export const SEARCH_OPTIONS: SearchOptions = { storedHeaders: new Set(['x-stored']) }

/** One page of what is found; everything at most 50, unless said otherwise. */
export async function searchPage(
  sql: SQL,
  more: Partial<CallSearch> = {},
  options = SEARCH_OPTIONS,
): Promise<CallPage> {
  const all = { q: '', fromUs: undefined, toUs: undefined, limit: 50, cursor: undefined, ...more }
  const plan = planSearch(all, options)
  const { signal } = new AbortController()
  return readSession(sql, { signal }, (session) =>
    searchCalls(session, plan, all.limit, options.limits ?? WALK_LIMITS),
  )
}
