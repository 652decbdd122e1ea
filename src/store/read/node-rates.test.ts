import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { readNodeRates } from './node-rates.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
})
afterAll(() => database[Symbol.asyncDispose]())

async function node(name: string, state: string, ageSeconds: number, packets: number) {
  const { sql } = database
  await sql`insert into nodes (node, spool_id, version, state, started_at, heartbeat_at, ledger, signals)
    values (${name}, ${name}, '1', ${state}, now() - make_interval(secs => ${ageSeconds}), now(),
      '{}'::jsonb, '{}'::jsonb)`
  for (const second of [4, 20, 40])
    await sql`insert into fleet_samples (span_seconds, at, node, seconds, packets, dropped, spool_age)
      values (2, now() - make_interval(secs => ${second}), ${name}, 2, ${packets}, 0, 0)`
}

test('readNodeRates takes the last half minute of nodes that are ready and have had their share', async () => {
  await node('busy', 'ready', 600, 2_000)
  await node('idle', 'ready', 600, 0)
  await node('new', 'ready', 5, 10)
  await node('leaving', 'draining', 600, 10)
  expect((await readNodeRates(database.sql)).sort()).toEqual([0, 1_000])
})
