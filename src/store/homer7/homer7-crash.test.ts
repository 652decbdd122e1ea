// Killing things at random moments while calls keep coming, as in write/crash.test.ts: in the end every
// message is in homer7's tables once, and the cursors agree.
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { startEmbedded } from '../postgres/embedded.ts'
import { removeAtExit } from '../postgres/test-server.ts'
import { SignalBoard } from '../write/signals.ts'
import { CALL_STEPS, callFrames, type TestSpool, testSpool } from '../write/test-spool.ts'
import { type Homer7Options, Homer7Writer } from './homer7-writer.ts'
import { homer7Options, homer7Rig } from './test-homer7.ts'

/** Small batches, many at once, so that most are somewhere on their way when something dies. */
const HASTE = { batchWaitMs: 5, batchBytes: 16 * 1024, connections: 3 }

/** Appends calls to two lanes until told to stop; returns how many. */
function load(spool: TestSpool): { stop(): number } {
  let calls = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 20; i++) {
      spool.append(callFrames(`call-${calls}`), calls % 2 === 0 ? 'udp-0' : 'streams')
      calls += 1
    }
  }, 5)
  return {
    stop: () => {
      clearInterval(timer)
      return calls
    },
  }
}

async function expectOnce(sql: SQL, calls: number): Promise<void> {
  const messages = calls * CALL_STEPS.length
  const [sums] = await sql`
    select (select count(*)::int from hep_proto_1_call) as rows,
      (select count(distinct raw)::int from hep_proto_1_call) as different,
      (select sum(records)::int from calliope_homer7_cursors) as records,
      (select sum(stored)::int from calliope_homer7_cursors) as stored`
  expect(sums).toEqual({ rows: messages, different: messages, records: messages, stored: messages })
}

/** Runs a writer in this process while something happens to it, then until the spool is empty. */
async function during(options: Homer7Options, happens: () => Promise<number>): Promise<number> {
  const stop = new AbortController()
  const writer = new Homer7Writer(options)
  const running = writer.run(stop.signal)
  const calls = await happens()
  await writer.drain()
  stop.abort()
  await running
  return calls
}

const CHILD = `
  const [module, options] = process.argv.slice(-2)
  const { Homer7Writer } = await import(module)
  const running = new Homer7Writer(JSON.parse(options)).run(new AbortController().signal)
  process.stdout.write('running')
  await running`

test('Homer7Writer killed with -9 again and again under load stores every row once', async () => {
  await using rig = await homer7Rig()
  const calls = load(rig.spool)
  const module = join(import.meta.dir, 'homer7-writer.ts')
  for (let round = 0; round < 6; round++) {
    const options = JSON.stringify({ ...rig.options, ...HASTE })
    const child = Bun.spawn([process.execPath, '-e', CHILD, module, options], {
      ...{ stdout: 'pipe', stderr: 'inherit' },
      env: { ...process.env, CALLIOPE_LOG_LEVEL: 'silent' },
    })
    await child.stdout.getReader().read()
    await Bun.sleep(100 + Math.random() * 200)
    child.kill('SIGKILL')
    await child.exited
  }
  const count = calls.stop()
  await rig.store()
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Homer7Writer stores every row once though its sessions are ended again and again', async () => {
  await using rig = await homer7Rig()
  const signals = new SignalBoard()
  const count = await during({ ...rig.options, ...HASTE, signals: signals.memory }, async () => {
    const calls = load(rig.spool)
    for (let round = 0; round < 25; round++) {
      await Bun.sleep(Math.random() * 60)
      await rig.database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'calliope homer7' and datname = current_database()
          and (random() < 0.5)`
    }
    return calls.stop()
  })
  expect(signals.get('retries')).toBeGreaterThan(0)
  await expectOnce(rig.database.sql, count)
}, 60_000)

test('Homer7Writer stores every row once though the database is killed with -9 under load', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-homer7-'))
  removeAtExit(directory)
  const server = await startEmbedded({ directory })
  await using spool = await testSpool()
  const sql = connect({ url: server.url })
  const count = await during({ ...homer7Options(server.url, spool), ...HASTE }, async () => {
    const calls = load(spool)
    for (let round = 1; round <= 2; round++) {
      await Bun.sleep(200 + Math.random() * 200)
      process.kill(server.pid, 'SIGKILL')
      while (server.restarts < round) await Bun.sleep(10)
    }
    return calls.stop()
  })
  await expectOnce(sql, count)
  await sql.close()
  await server.stop()
  rmSync(directory, { recursive: true })
}, 60_000)

test('Homer7Writer beside another one on the same spool: both go on, and nothing is stored twice', async () => {
  await using rig = await homer7Rig()
  for (let call = 0; call < 300; call++) rig.spool.append(callFrames(`call-${call}`))
  const signals = new SignalBoard()
  const options = { ...rig.options, ...HASTE, batchBytes: 4096, signals: signals.memory }
  const stored = async () => 0
  await Promise.all([during(options, stored), during(options, stored)])
  expect(signals.get('reopened')).toBeGreaterThan(0)
  await expectOnce(rig.database.sql, 300)
}, 60_000)

test('Homer7Writer does not wait for a table that somebody holds locked in the middle of a batch', async () => {
  await using rig = await homer7Rig()
  await rig.store()
  const locker = connect({ url: rig.database.url, max: 1 })
  const count = await during({ ...rig.options, ...HASTE }, async () => {
    const calls = load(rig.spool)
    for (let round = 0; round < 5; round++) {
      await Bun.sleep(30)
      // As heplify-server makes a partition: it locks out everybody.
      await locker.unsafe('begin; lock table hep_proto_1_call in access exclusive mode; commit')
    }
    return calls.stop()
  })
  await locker.close()
  await expectOnce(rig.database.sql, count)
}, 60_000)
