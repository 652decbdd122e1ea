// SIGTERM (DESIGN §5): /readyz 503 at once, receiving goes on for a while, the spool is emptied, and
// the exit code says whether it is.
import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { freePort } from '../../src/store/postgres/server.ts'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { type Program, startProgram, temporaryDirectory, until } from '../program.ts'
import { DatabaseWay } from './database-way.ts'
import { connectEmbedded, embeddedProcesses } from './databases.ts'
import { keepPosting, numberedFrames, postFrames } from './numbered-frames.ts'
import { spawnProgram } from './spawn-program.ts'
import { expectNothingLost, identityOfFrame, readSpooled, readStored } from './truth.ts'

/** After the exit: the database has everything that was spooled, and what was promised. */
async function expectDrained(sql: SQL, data: string, promised: readonly string[]): Promise<void> {
  const spooled = readSpooled(join(data, 'spool'))
  const stored = await readStored(sql)
  const [counts] = await sql`select sum(stored)::int as stored from spool_cursors`
  expect(stored.messages).toBe(spooled.framesEver)
  expect(counts.stored).toBe(spooled.framesEver)
  expect(stored.identities.size).toBe(stored.messages)
  expect(promised.filter((identity) => !stored.identities.has(identity))).toEqual([])
}

const readyStatus = async ({ url }: Program) => (await fetch(`${url}/readyz`)).status

test('SIGTERM under load exits 0 with an empty spool, and takes what comes during --drain-wait', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-sigterm-')
  const program = await startProgram([
    ...['--data-dir', data.path, '--database', database.url, '--drain-wait', '1500ms'],
  ])
  const stopping = new AbortController()
  const { signal } = stopping
  const source = buildTrafficRing({ seed: 1, starts: 300 })
  const flood = sendTraffic({
    ...{ source, to: program.tcp, transport: 'tcp', ratePerSecond: 8_000, signal },
  })
  const posting = keepPosting(program.url, { series: 'sigterm', signal })
  await Bun.sleep(1_000)
  const signalledMs = performance.now()
  const exited = program.stop()
  await until(
    () => readyStatus(program),
    (status) => status === 503,
  )
  expect(performance.now() - signalledMs).toBeLessThan(500)
  const answer = await fetch(`${program.url}/readyz`)
  expect(await answer.text()).toContain('draining')
  const late = numberedFrames('late', 50)
  const socket = await Bun.udpSocket({
    connect: { hostname: program.udp.host, port: program.udp.port },
  })
  for (const frame of late) socket.send(frame)
  socket.close()
  const lateByHttp = numberedFrames('late-http', 50)
  expect((await postFrames(program.url, lateByHttp)).status).toBe(200)
  expect(await exited).toBe(0)
  expect(performance.now() - signalledMs).toBeGreaterThan(1_500)
  stopping.abort()
  await flood
  const { acknowledged } = await posting
  const promised = [...acknowledged, ...[...late, ...lateByHttp].map(identityOfFrame)]
  await expectDrained(database.sql, data.path, promised)
}, 60_000)

test('SIGTERM without a database exits 3, says how much is left and where, and a restart stores it', async () => {
  await using database = await testDatabase()
  using way = await DatabaseWay.to(database.url)
  using data = temporaryDirectory('calliope-sigterm-')
  const flags = ['--data-dir', data.path, '--database', way.url, '--drain-timeout', '700ms']
  const program = await startProgram(flags, { command: 'capture' })
  const first = numberedFrames('before', 300)
  expect((await postFrames(program.url, first)).status).toBe(200)
  await expectNothingLost(program, database.sql, { received: 300 })
  way.cut()
  const second = numberedFrames('after', 700)
  expect((await postFrames(program.url, second)).status).toBe(200)
  const signalledMs = performance.now()
  expect(await program.stop()).toBe(3)
  expect(performance.now() - signalledMs).toBeLessThan(5_000)
  const { msg, left, directory } = await program.waitForLine((line) => 'left' in line)
  expect({ left, directory }).toEqual({ left: 700, directory: join(data.path, 'spool') })
  expect(msg).toContain(`700 packets are left in ${join(data.path, 'spool')}`)
  await way.open()
  const again = await startProgram(flags, { command: 'capture' })
  const promised = [...first, ...second].map(identityOfFrame)
  await expectNothingLost(again, database.sql, { received: 1_000, promised })
  expect(await again.stop()).toBe(0)
  await expectDrained(database.sql, data.path, promised)
}, 60_000)

test('SIGTERM with nothing to store does not wait for a database that never answered', async () => {
  using data = temporaryDirectory('calliope-sigterm-')
  const nowhere = `postgres://nobody@127.0.0.1:${await freePort()}/none`
  const flags = ['--data-dir', data.path, '--database', nowhere, '--drain-timeout', '60s']
  const program = await startProgram(flags, { command: 'capture' })
  const signalledMs = performance.now()
  expect(await program.stop()).toBe(0)
  expect(performance.now() - signalledMs).toBeLessThan(10_000)
}, 30_000)

test('a second signal ends at once, the embedded database with it, and nothing is lost', async () => {
  using data = temporaryDirectory('calliope-sigterm-')
  const flags = ['--data-dir', data.path, '--drain-wait', '60s']
  const program = await startProgram(flags)
  const frames = numberedFrames('twice', 200)
  expect((await postFrames(program.url, frames)).status).toBe(200)
  program.process.kill('SIGTERM')
  await program.waitForLine(({ msg }) => msg.startsWith('stopping'))
  const signalledMs = performance.now()
  program.process.kill('SIGTERM')
  expect(await program.process.exited).toBe(130)
  expect(performance.now() - signalledMs).toBeLessThan(1_000)
  await until(
    async () => embeddedProcesses(data.path),
    (pids) => pids.length === 0,
    5_000,
  )
  const again = await startProgram(['--data-dir', data.path])
  const sql = connectEmbedded(data.path)
  await expectNothingLost(again, sql, { received: 200, promised: frames.map(identityOfFrame) })
  await sql.close({ timeout: 0 })
  expect(await again.stop()).toBe(0)
}, 60_000)

test('a signal before everything is started ends at once and leaves no database behind', async () => {
  using data = temporaryDirectory('calliope-sigterm-')
  const starting = spawnProgram(['up', '--data-dir', data.path])
  const running = await until(
    async () => embeddedProcesses(data.path),
    (pids) => pids.length > 0,
  )
  starting.process.kill('SIGTERM')
  const { code } = await starting.ended()
  expect([130, 0]).toContain(code) // 0: it was quicker than we
  await until(
    async () => running.filter((pid) => existsSync(`/proc/${pid}`)),
    (pids) => pids.length === 0,
  )
}, 30_000)
