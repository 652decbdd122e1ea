// Connections that hold something and give nothing: slow ones, idle ones, frames that never end. What
// comes over the others goes on being taken, and memory stays bounded.
import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { type Program, startProgram, temporaryDirectory, until } from '../program.ts'
import { residentBytes } from './processes.ts'
import { expectNothingLost } from './truth.ts'

const MIB = 1024 * 1024
const SENT = 10_000
const hardLimit = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim()
const filesMax = hardLimit === 'unlimited' ? 1_000_000 : Number(hardLimit)
const IDLE = Math.min(10_000, Math.floor(filesMax / 2))
const SLOW = IDLE / 10
const HALF = Math.min(3_000, IDLE)

/** Connections of one kind in a process of their own; `stop` ends them. */
async function clients(
  { tcp }: Program,
  count: number,
  kind: 'idle' | 'slow' | 'half',
  net: number,
) {
  const script = join(import.meta.dir, 'idle-clients.ts')
  const words = [tcp.host, String(tcp.port), String(net), String(count), kind]
  const raised = ['sh', '-c', 'ulimit -n $(ulimit -Hn); exec "$@"', 'sh']
  const child = Bun.spawn([...raised, process.execPath, script, ...words], {
    stdin: 'pipe',
    stdout: 'pipe',
  })
  const { value } = await child.stdout.getReader().read()
  expect(Buffer.from(value ?? []).toString()).toBe('open\n')
  return {
    stop: async () => {
      await child.stdin.end()
      await child.exited
    },
  }
}

async function metric({ url }: Program, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^calliope_${name} (\\d+)`, 'm').exec(text)?.[1])
}

async function startHere(database: { url: string }, data: string): Promise<Program> {
  return startProgram([
    ...['--data-dir', data, '--database', database.url],
    ...['--intake-connections-max', '20000'],
  ])
}

const sendOver = (program: Program, seed: number) =>
  sendTraffic({
    source: buildTrafficRing({ seed, starts: 400 }),
    ...{ to: program.tcp, transport: 'tcp', count: SENT, senders: 8 },
  })

test(`${IDLE} idle connections and ${SLOW} slow ones: frames over the others are taken, memory stays bounded`, async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-connections-')
  const program = await startHere(database, data.path)
  const first = await sendOver(program, 1) // memory that traffic takes anyway
  const before = residentBytes(program.process.pid)
  const idle = await clients(program, IDLE, 'idle', 2)
  const slow = await clients(program, SLOW, 'slow', 3)
  await until(
    () => metric(program, 'connections_open'),
    (open) => open >= IDLE + SLOW,
  )
  const second = await sendOver(program, 2)
  expect(second.errors).toBe(0)
  const { ledger } = await expectNothingLost(program, database.sql, { received: 2 * SENT })
  expect(ledger.stored).toBe(first.sent + second.sent)
  // 16 KiB for each, and what handling 20,000 more frames may leave to the collector.
  expect(residentBytes(program.process.pid) - before).toBeLessThan(IDLE * 16 * 1024 + 100 * MIB)
  expect(await metric(program, 'connections_open')).toBeGreaterThanOrEqual(IDLE + SLOW)
  await Promise.all([idle.stop(), slow.stop()])
  await until(
    () => metric(program, 'connections_open'),
    (open) => open === 0,
  )
  // A frame that was begun and cut off is counted, and not as one of the good ones.
  await expectNothingLost(program, database.sql, { received: 2 * SENT })
  expect(await program.stop()).toBe(0)
}, 60_000)

test('frames of 60 KB that never end fill no more memory than they may; the oldest are closed', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-connections-')
  const program = await startHere(database, data.path)
  const before = residentBytes(program.process.pid)
  const half = await clients(program, HALF, 'half', 2) // 60 KB each; 64 MiB may be held
  const sent = await sendOver(program, 3)
  expect(sent.errors).toBe(0)
  expect(await metric(program, 'connections_expelled_total')).toBeGreaterThan(HALF / 3)
  expect(residentBytes(program.process.pid) - before).toBeLessThan(64 * MIB + 200 * MIB)
  await half.stop()
  const { ledger } = await expectNothingLost(program, database.sql, { received: SENT })
  await until(
    () => metric(program, 'connections_open'),
    (open) => open === 0,
  )
  expect(ledger.stored).toBe(SENT)
  expect(await program.stop()).toBe(0)
}, 60_000)
