// The disk is full: the spool's, the database's, or the one both are on. UDP is dropped and counted,
// TCP waits, HTTP says 503, nothing crashes, and with space it goes on by itself.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { type Program, startProgram, temporaryDirectory, until } from '../program.ts'
import { DatabaseWay } from './database-way.ts'
import { connectEmbedded } from './databases.ts'
import { keepPosting } from './numbered-frames.ts'
import { smallDisk } from './small-disk.ts'
import { expectNothingLost } from './truth.ts'

const RATE = 2_000

/** Senders that bear a full disk each in their way; `end` waits until TCP has got rid of everything. */
function underLoad(program: Program, seed: number) {
  const stopping = new AbortController()
  const { signal } = stopping
  const source = (starts: number) => buildTrafficRing({ seed: seed * 10 + starts, starts })
  const sent = { tcp: 0, udp: 0 }
  const send = (transport: 'tcp' | 'udp', starts: number) =>
    sendTraffic({
      ...{ source: source(starts), to: program[transport], transport, signal },
      ...{ ratePerSecond: RATE, progressEveryMs: 50 },
      onProgress: (progress) => {
        sent[transport] = progress.sent
      },
    })
  const running = Promise.all([
    send('tcp', 201),
    send('udp', 202),
    keepPosting(program.url, { series: `disk-${seed}`, signal, pauseMs: 10 }),
  ])
  return {
    sent,
    end: async () => {
      stopping.abort()
      const [tcp, udp, { acknowledged, refusals }] = await running
      expect(tcp.errors).toBe(0)
      return { tcp: tcp.sent, udp: udp.sent, acknowledged, refusals }
    },
  }
}

async function metric({ url }: Program, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = new RegExp(`^calliope_${name.replace(/[{}]/g, '\\$&')} (\\d+)`, 'm').exec(text)
  return Number(found?.[1] ?? 0)
}

const dropped = (program: Program, reason: string) =>
  metric(program, `frames_dropped_total{reason="${reason}"}`)

/** Afterwards: every frame over TCP and every acknowledged one is there, every lost one is counted. */
async function expectAccounted(
  program: Program,
  sql: Parameters<typeof expectNothingLost>[1],
  { tcp, udp, acknowledged }: { tcp: number; udp: number; acknowledged: readonly string[] },
  reason: 'disk_error' | 'spool_full',
): Promise<void> {
  // A body refused half-way counts as far as it was taken, so the sum is a lower bound.
  const received = tcp + udp + acknowledged.length
  const { ledger, stored } = await expectNothingLost(program, sql, {
    received,
    promised: acknowledged,
  })
  expect(ledger.stored + ledger.dropped.total).toBe(ledger.received)
  expect(ledger.dropped.byReason[reason]).toBeGreaterThan(100)
  expect(Object.keys(ledger.dropped.byReason)).toEqual([reason])
  // What waits goes on waiting; lost are datagrams, and the one batch each lane had at hand.
  expect(ledger.dropped.total).toBeLessThanOrEqual(udp)
  expect(stored.messages).toBeGreaterThanOrEqual(received - ledger.dropped.total)
}

test('a full disk under the spool: UDP is dropped and counted, TCP waits, HTTP says 503, then it goes on', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-disk-')
  using disk = smallDisk(data.path, 32)
  if (!disk) return
  const program = await startProgram(['--data-dir', data.path, '--database', database.url])
  const load = underLoad(program, 1)
  await until(
    () => metric(program, 'frames_stored_total'),
    (stored) => stored > 1_000,
  )
  disk.fill()
  await until(
    () => dropped(program, 'disk_error'),
    (frames) => frames > 1_000,
  )
  const heldUp = load.sent.tcp
  expect((await fetch(`${program.url}/healthz`)).status).toBe(200)
  await until(
    () => metric(program, 'intake_pushed_back_total'),
    (times) => times > 0,
  )
  disk.free()
  await until(
    () => Promise.resolve(load.sent.tcp),
    (sent) => sent > heldUp + RATE,
  )
  const ended = await load.end()
  expect([...ended.refusals.keys()]).toEqual([503])
  await expectAccounted(program, database.sql, ended, 'disk_error')
  expect(
    program.lines.filter(({ msg }) => msg.startsWith('the disk refuses the spool')),
  ).not.toBeEmpty()
  expect(await program.stop()).toBe(0)
}, 60_000)

test('a spool at its bound while the database is away: UDP is dropped and counted, TCP waits, nothing spooled is lost', async () => {
  await using database = await testDatabase()
  using way = await DatabaseWay.to(database.url)
  using data = temporaryDirectory('calliope-disk-')
  const flags = ['--data-dir', data.path, '--database', way.url, '--spool-bytes-max', '16MiB']
  const program = await startProgram(flags)
  const load = underLoad(program, 2)
  await until(
    () => metric(program, 'frames_stored_total'),
    (stored) => stored > 1_000,
  )
  way.cut()
  await until(
    () => dropped(program, 'spool_full'),
    (frames) => frames > 1_000,
  )
  expect(await metric(program, 'spool_bytes')).toBeLessThan(17 * 1024 * 1024)
  await way.open()
  await until(
    () => metric(program, 'frames_pending'),
    (pending) => pending < 2 * RATE,
    60_000, // it catches up while as much comes as before, on a machine that others use
  )
  const ended = await load.end()
  expect([...ended.refusals.keys()]).toEqual([503])
  await expectAccounted(program, database.sql, ended, 'spool_full')
  expect(await program.stop()).toBe(0)
}, 120_000)

test.each([
  ["the embedded database's disk is full", 'postgres'],
  ['the disk of both spool and embedded database is full', '.'],
])(
  '%s: nothing crashes, /readyz says why, and with space everything is stored',
  async (_, part) => {
    using data = temporaryDirectory('calliope-disk-')
    using disk = smallDisk(join(data.path, part), 256)
    if (!disk) return
    const program = await startProgram(['--data-dir', data.path])
    const load = underLoad(program, 3)
    await until(
      () => metric(program, 'frames_stored_total'),
      (stored) => stored > 1_000,
    )
    disk.fill()
    const readyz = () => fetch(`${program.url}/readyz`)
    await until(readyz, ({ status }) => status === 503)
    const before = await metric(program, 'frames_received_total')
    await until(
      () => metric(program, 'frames_received_total'),
      (frames) => frames > before + 2 * RATE,
    )
    expect(await (await readyz()).text()).toContain('out of disk space')
    expect((await fetch(`${program.url}/healthz`)).status).toBe(200)
    disk.free()
    await until(readyz, ({ status }) => status === 200, 40_000)
    const { tcp, udp, acknowledged } = await load.end()
    const sql = connectEmbedded(data.path)
    const received = tcp + udp + acknowledged.length
    const { ledger } = await expectNothingLost(program, sql, { received, promised: acknowledged })
    expect(ledger.stored + ledger.dropped.total).toBe(ledger.received)
    if (part === 'postgres') expect(ledger.dropped.total).toBe(0)
    await sql.close({ timeout: 0 })
    expect(await program.stop()).toBe(0)
  },
  90_000,
)
