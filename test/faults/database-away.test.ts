// The database is killed, stopped, frozen, or not there yet, under load: frames come in all the same,
// /readyz says why work should go elsewhere, and when it is back everything is stored, once.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { buildTrafficRing, type SendSummary, sendTraffic } from '#fleet'
import { type Program, startProgram, temporaryDirectory, until } from '../program.ts'
import { DatabaseWay } from './database-way.ts'
import { connectEmbedded, embeddedProcesses, type UserServer, userServer } from './databases.ts'
import { keepPosting, type Posted } from './numbered-frames.ts'
import { signalAll } from './processes.ts'
import { expectNothingLost } from './truth.ts'

const AWAY_MS = 10_000
const HANGING_MS = 2_000

interface Readiness {
  readonly status: number
  readonly ready: boolean
  readonly missing: readonly string[]
}

async function readiness({ url }: Program): Promise<Readiness> {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, ...((await answer.json()) as Omit<Readiness, 'status'>) }
}

const untilReady = (program: Program) =>
  until(
    () => readiness(program),
    ({ status }) => status === 200,
  )
const untilNotReady = (program: Program) =>
  until(
    () => readiness(program),
    ({ status }) => status === 503,
  )

/** Frames the program has counted by now, from memory: it needs no database to say so. */
async function received({ url }: Program): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^calliope_frames_received_total (\d+)/m.exec(text)?.[1])
}

/** TCP, UDP and HTTP senders, until `end`, which says what they sent. */
function underLoad(program: Program, seed: number) {
  const stopping = new AbortController()
  const { signal } = stopping
  const send = (transport: 'tcp' | 'udp', starts: number) =>
    sendTraffic({
      source: buildTrafficRing({ seed: seed * 10 + starts, starts }),
      to: program[transport],
      ...{ transport, ratePerSecond: 2_000, signal },
    })
  const running: Promise<[SendSummary, SendSummary, Posted]> = Promise.all([
    send('tcp', 301),
    send('udp', 302),
    keepPosting(program.url, { series: `away-${seed}`, signal, pauseMs: 20 }),
  ])
  return async () => {
    stopping.abort()
    const [tcp, udp, { acknowledged, refusals }] = await running
    expect(refusals.size, 'every body was taken').toBe(0)
    expect(tcp.errors).toBe(0)
    return { sent: tcp.sent + udp.sent + acknowledged.length, promised: acknowledged }
  }
}

let server: UserServer
beforeAll(async () => {
  server = await userServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test('kill -9 of the embedded database under load: it is started again and everything is stored', async () => {
  using data = temporaryDirectory('calliope-away-')
  const program = await startProgram(['--data-dir', data.path])
  const end = underLoad(program, 1)
  for (let kill = 0; kill < 3; kill++) {
    await untilReady(program)
    signalAll(embeddedProcesses(data.path), 'SIGKILL')
    const { missing } = await untilNotReady(program)
    expect(missing.join()).toContain('embedded')
  }
  await untilReady(program)
  const sql = connectEmbedded(data.path)
  await expectNothingLost(
    program,
    sql,
    await end().then(({ sent, promised }) => ({ received: sent, promised })),
  )
  await sql.close({ timeout: 0 })
  expect(await program.stop()).toBe(0)
}, 60_000)

test('capture takes everything while its database is stopped, says so, and stores it afterwards', async () => {
  const database = await server.freshDatabase()
  using data = temporaryDirectory('calliope-away-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const program = await startProgram(flags, { command: 'capture' })
  const end = underLoad(program, 2)
  await untilReady(program)
  await server.stop()
  const { missing } = await untilNotReady(program)
  expect(missing.join()).toContain(new URL(database.url).host)
  expect(missing.join()).not.toContain(new URL(database.url).password)
  const before = await received(program)
  const ledger = await fetch(`${program.url}/api/v1/ledger`)
  expect(ledger.status, 'no stale ledger').toBe(503)
  await Bun.sleep(AWAY_MS)
  expect(await received(program)).toBeGreaterThan(before + (AWAY_MS / 1000) * 2_000)
  expect((await fetch(`${program.url}/healthz`)).status).toBe(200)
  expect((await readiness(program)).status).toBe(503)
  // Packets are delayed, not lost: a balancer that minds HEP leaves every node where it is.
  expect((await fetch(`${program.url}/readyz?for=hep`)).status).toBe(200)
  await server.start()
  await untilReady(program)
  const { sent, promised } = await end()
  const { ledger: settled } = await expectNothingLost(program, database.sql, {
    received: sent,
    promised,
  })
  expect(settled.received).toBe(sent)
  expect(await program.stop()).toBe(0)
}, 90_000)

test('a database that hangs holds up nothing but the storing', async () => {
  const database = await server.freshDatabase()
  using data = temporaryDirectory('calliope-away-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const program = await startProgram(flags, { command: 'capture' })
  const end = underLoad(program, 3)
  await server.freeze()
  await untilNotReady(program)
  const before = await received(program)
  await Bun.sleep(HANGING_MS)
  expect(await received(program)).toBeGreaterThan(before + (HANGING_MS / 1000) * 2_000)
  server.thaw()
  await untilReady(program)
  const { sent, promised } = await end()
  await expectNothingLost(program, database.sql, { received: sent, promised })
  expect(await program.stop()).toBe(0)
}, 90_000)

test('a database that vanished without a word is given up for its successor at the same address', async () => {
  const database = await server.freshDatabase()
  using way = await DatabaseWay.to(database.url)
  using data = temporaryDirectory('calliope-away-')
  const flags = ['--data-dir', data.path, '--database', way.url, '--store-answer-max', '4s']
  const program = await startProgram(flags, { command: 'capture' })
  const end = underLoad(program, 6)
  await untilReady(program)
  way.swallow()
  const { missing } = await untilNotReady(program)
  expect(missing.join()).toContain('has not answered for')
  await untilReady(program)
  const { sent, promised } = await end()
  await expectNothingLost(program, database.sql, { received: sent, promised })
  expect(await program.stop()).toBe(0)
}, 90_000)

test.each(['stopped', 'hanging'] as const)(
  'capture started while its database is %s receives at once and stores later',
  async (how) => {
    const database = await server.freshDatabase()
    using data = temporaryDirectory('calliope-away-')
    const flags = ['--data-dir', data.path, '--database', database.url]
    if (how === 'stopped') await server.stop()
    else await server.freeze()
    const startedMs = performance.now()
    const program = await startProgram(flags, { command: 'capture' })
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect((await readiness(program)).missing.join()).toContain(new URL(database.url).host)
    const end = underLoad(program, how === 'stopped' ? 4 : 5)
    await until(
      () => received(program),
      (count) => count > 5_000,
    )
    if (how === 'stopped') await server.start()
    else server.thaw()
    await untilReady(program)
    const { sent, promised } = await end()
    await expectNothingLost(program, database.sql, { received: sent, promised })
    expect(await program.stop()).toBe(0)
  },
  60_000,
)
