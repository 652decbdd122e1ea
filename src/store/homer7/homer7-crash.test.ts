// Killing things at random moments while calls keep coming, as in write/crash.test.ts: in the end every
// message is in homer7's tables once, and the cursors agree.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { SignalBoard } from '../write/signals.ts'
import { during, killAgain, killServer, loadCalls } from '../write/test-crash.ts'
import { CALL_STEPS, callFrames } from '../write/test-spool.ts'
import { Homer7Writer } from './homer7-writer.ts'
import { homer7Options, homer7Rig } from './test-homer7.ts'

/** Small batches, many at once, so that most are somewhere on their way when something dies. */
const HASTE = { batchWaitMs: 5, batchBytes: 16 * 1024, connections: 3 }

async function expectOnce(sql: SQL, calls: number): Promise<void> {
  const messages = calls * CALL_STEPS.length
  const [sums] = await sql`
    select (select count(*)::int from hep_proto_1_call) as rows,
      (select count(distinct raw)::int from hep_proto_1_call) as different,
      (select sum(records)::int from calliope_homer7_cursors) as records,
      (select sum(stored)::int from calliope_homer7_cursors) as stored`
  expect(sums).toEqual({ rows: messages, different: messages, records: messages, stored: messages })
}

test('Homer7Writer killed with -9 again and again under load stores every row once', async () => {
  await using rig = await homer7Rig()
  const calls = loadCalls(rig.spool)
  const options = { ...rig.options, ...HASTE }
  const module = join(import.meta.dir, 'homer7-writer.ts')
  await killAgain(
    { module, name: 'Homer7Writer', options },
    { rounds: 6, waitMs: () => 100 + Math.random() * 200 },
  )
  const count = calls.stop()
  await rig.store()
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Homer7Writer stores every row once though its sessions are ended again and again', async () => {
  await using rig = await homer7Rig()
  const signals = new SignalBoard()
  const count = await during(
    new Homer7Writer({ ...rig.options, ...HASTE, signals: signals.memory }),
    async () => {
      const calls = loadCalls(rig.spool)
      for (let round = 0; round < 25; round++) {
        await Bun.sleep(Math.random() * 60)
        await rig.database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'calliope homer7' and datname = current_database()
          and (random() < 0.5)`
      }
      return calls.stop()
    },
  )
  expect(signals.get('retries')).toBeGreaterThan(0)
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Homer7Writer stores every row once though the database is killed with -9 under load', async () => {
  await killServer(
    2,
    async (url, spool) => new Homer7Writer({ ...homer7Options(url, spool), ...HASTE }),
    expectOnce,
  )
}, 60_000)

test('Homer7Writer beside another one on the same spool: both go on, and nothing is stored twice', async () => {
  await using rig = await homer7Rig()
  for (let call = 0; call < 300; call++) rig.spool.append(callFrames(`call-${call}`))
  const signals = new SignalBoard()
  const options = { ...rig.options, ...HASTE, batchBytes: 4096, signals: signals.memory }
  const stored = async () => 0
  await Promise.all([
    during(new Homer7Writer(options), stored),
    during(new Homer7Writer(options), stored),
  ])
  expect(signals.get('reopened')).toBeGreaterThan(0)
  await expectOnce(rig.database.sql, 300)
}, 60_000)

test('Homer7Writer does not wait for a table that somebody holds locked in the middle of a batch', async () => {
  await using rig = await homer7Rig()
  await rig.store()
  const locker = connect({ url: rig.database.url, max: 1 })
  const count = await during(new Homer7Writer({ ...rig.options, ...HASTE }), async () => {
    const calls = loadCalls(rig.spool)
    for (let round = 0; round < 25; round++) {
      await Bun.sleep(Math.random() * 10)
      // As heplify-server makes a partition: it locks out everybody.
      await locker.unsafe('begin; lock table hep_proto_1_call in access exclusive mode; commit')
    }
    return calls.stop()
  })
  await locker.close()
  await expectOnce(rig.database.sql, count)
}, 60_000)
