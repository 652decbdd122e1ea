// The whole program with the homer7 layout: alone, in a database of its own, and beside the calls layout
// while it is killed again and again.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { traffic } from './agent-frames.ts'
import {
  ask,
  type Program,
  settledLedger,
  startProgram,
  temporaryDirectory,
  until,
} from './program.ts'
import { SEND } from './senders.ts'

type Database = Awaited<ReturnType<typeof testDatabase>>

const ROWS = `select (select count(*)::int from hep_proto_1_call)
  + (select count(*)::int from hep_proto_1_registration)
  + (select count(*)::int from hep_proto_1_default)
  + (select count(*)::int from hep_proto_5_default)
  + (select count(*)::int from hep_proto_35_default)
  + (select count(*)::int from hep_proto_100_default) as rows`

const rowsIn = async ({ sql }: Database): Promise<number> => (await sql.unsafe(ROWS))[0].rows

test('calliope up with homer7 alone stores there, counts right, and says where calls lie', async () => {
  await using calls = await testDatabase()
  await using homer = await testDatabase()
  using directory = temporaryDirectory()
  const start = () =>
    startProgram([
      ...['--data-dir', directory.path, '--database', calls.url],
      ...['--store-layouts', 'homer7', '--homer7-database', homer.url],
    ])
  const frames = traffic(5)
  const first = await start()
  await SEND.tcp(first, frames)
  const ledger = await settledLedger(first, frames.length)
  expect([ledger.stored, ledger.rejected.total]).toEqual([frames.length, 0])
  expect(await rowsIn(homer)).toBe(frames.length)
  const { layouts, homer7 } = await ask<{ layouts: string[]; homer7: string }>(
    first,
    '/api/v1/about',
  )
  expect(layouts).toEqual(['homer7'])
  expect(homer7).toContain(new URL(homer.url).pathname)
  const { sources } = await ask<{ sources: { packets: number }[] }>(first, '/api/v1/sources')
  expect(sources.reduce((sum, { packets }) => sum + packets, 0)).toBe(frames.length)
  const metrics = await (await fetch(`${first.url}/metrics`)).text()
  expect(metrics).toContain(`calliope_homer7_rows_total ${frames.length}\n`)
  const [segments] = await calls.sql`select count(*)::int as rows from call_segments`
  expect(segments.rows).toBe(0)
  expect(await first.stop()).toBe(0)

  const again = await start()
  await SEND.udp(again, frames)
  expect((await settledLedger(again, 2 * frames.length)).stored).toBe(2 * frames.length)
  expect(await rowsIn(homer)).toBe(2 * frames.length)
  expect(await again.stop()).toBe(0)
}, 40_000)

test('calliope capture killed with -9 under load has every packet once, in both layouts', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  const flags = ['--data-dir', join(directory.path, 'data'), '--database', database.url]
  const start = () =>
    startProgram([...flags, '--store-layouts', 'calls,homer7', '--store-batch-wait', '20ms'])
  const frames = traffic(200)
  let program: Program = await start()
  const received = async (atLeast: number) =>
    await until(
      () => ask<{ received: number }>(program, '/api/v1/ledger'),
      (ledger) => ledger.received >= atLeast,
    )
  for (let round = 0; round < 3; round++) {
    const before = (await received(0)).received
    await SEND.tcp(program, frames)
    await received(before + frames.length)
    await Bun.sleep(100 * round)
    await program.kill()
    program = await start()
  }
  // What was in memory only died with the process, acknowledged to nobody; what is in the spool is `stored`.
  const { stored } = await settledLedger(program, frames.length)
  expect(stored).toBeGreaterThan(frames.length)
  expect(await program.stop()).toBe(0)
  expect(await rowsIn(database)).toBe(stored)
  const [counts] = await database.sql`
    select (select sum(message_count)::int from call_segments) as messages,
      (select sum(stored)::int from calliope_homer7_cursors) as stored`
  expect(counts).toMatchObject({ messages: stored, stored })
}, 60_000)
