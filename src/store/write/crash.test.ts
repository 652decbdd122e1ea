// Killing things at random moments while calls keep coming. Whatever was killed, in the end every
// message is in the database once, and the counts agree.
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { SignalBoard } from './signals.ts'
import { during, killAgain, killServer, loadCalls } from './test-crash.ts'
import { optionsFor, payloadsIn, storeAll, writerRig } from './test-rig.ts'
import { CALL_STEPS, callFrames, type TestSpool } from './test-spool.ts'
import { Writer } from './writer.ts'

/** Every message of so many calls is there exactly once, and the cursors say the same. */
async function expectOnce(sql: SQL, calls: number): Promise<void> {
  const stored = await payloadsIn({ sql })
  expect(stored.size).toBe(calls * CALL_STEPS.length)
  expect(Math.max(...stored.values())).toBe(1)
  const [sums] = await sql`
    select sum(records)::int as records, sum(stored)::int as stored,
      (select sum(message_count)::int from call_segments) as messages,
      (select sum(messages)::int from kpi_minutes) as kpi from spool_cursors`
  const messages = calls * CALL_STEPS.length
  expect(sums).toEqual({ records: messages, stored: messages, messages, kpi: messages })
}

test('Writer killed with -9 again and again under load stores everything once', async () => {
  await using rig = await writerRig()
  const calls = loadCalls(rig.spool)
  const options = { ...rig.options, batchWaitMs: 5 }
  const module = join(import.meta.dir, 'writer.ts')
  await killAgain(
    { module, name: 'Writer', options },
    { rounds: 8, waitMs: () => Math.random() * 150 },
  )
  const count = calls.stop()
  await rig.store()
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Writer stores everything once though its sessions are ended again and again', async () => {
  await using rig = await writerRig()
  const signals = new SignalBoard()
  const writer = new Writer({ ...rig.options, batchWaitMs: 5, signals: signals.memory })
  const count = await during(writer, async () => {
    const calls = loadCalls(rig.spool)
    for (let round = 0; round < 25; round++) {
      await Bun.sleep(Math.random() * 60)
      await rig.database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'calliope writer' and datname = current_database()`
    }
    return calls.stop()
  })
  expect(signals.get('retries')).toBeGreaterThan(0)
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Writer waits while the database may only be read, and then stores what waited', async () => {
  await using rig = await writerRig()
  const [{ name }] = await rig.database.sql`select current_database() as name`
  const admin = connect({ url: rig.database.adminUrl, max: 1 })
  await admin.unsafe(`alter database ${name} set default_transaction_read_only = on`)
  const signals = new SignalBoard()
  rig.spool.append(callFrames('call-0'))
  const stored = rig.store({ signals: signals.memory })
  while (signals.get('retries') < 2) await Bun.sleep(10)
  await admin.unsafe(`alter database ${name} reset default_transaction_read_only`)
  await admin`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'calliope writer' and datname = ${name}`
  await stored
  await admin.close()
  expect((await rig.storedPayloads()).size).toBe(CALL_STEPS.length)
})

test('Writer stores everything once though the database is killed with -9 under load', async () => {
  const begin = async (url: string, spool: TestSpool, sql: SQL) => {
    await migrate(sql)
    return new Writer({ ...optionsFor(url, spool), batchWaitMs: 5 })
  }
  await killServer(3, begin, expectOnce)
}, 60_000)

test('Writer counts frames of a damaged spool as lost and stores all others', async () => {
  await using rig = await writerRig()
  for (let i = 0; i < 3; i++) rig.spool.append(callFrames(`call-${i}`))
  const laneDirectory = join(rig.spool.directory, 'udp-0')
  const [file] = readdirSync(laneDirectory).filter((name) => name.endsWith('.spool'))
  const path = join(laneDirectory, file!)
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('Call-ID: call-1') + 3]! ^= 1
  writeFileSync(path, bytes)
  const signals = new SignalBoard()
  await rig.store({ signals: signals.memory })
  const [cursor] = await rig.database.sql`select records, stored, dropped from spool_cursors`
  expect(cursor).toEqual({ records: '21', stored: '14', dropped: { spool_damaged: 7 } })
  expect(signals.get('lost')).toBe(7)
})

test('Writer goes on in another database where the first one stopped, and still balances', async () => {
  await using rig = await writerRig()
  rig.spool.append(callFrames('call-0'))
  await rig.store()
  await using other = await writerRig()
  rig.spool.append(callFrames('call-1'))
  await storeAll({ ...rig.options, url: other.database.url })
  const [cursor] = await other.database.sql`select records, stored from spool_cursors`
  expect(cursor.records).toBe('14')
  expect(cursor.stored).toBe('14')
})
