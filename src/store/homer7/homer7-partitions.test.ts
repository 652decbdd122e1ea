import { expect, test } from 'bun:test'
import { testDatabase } from '../postgres/test-server.ts'
import { coverDays } from './homer7-house.ts'
import { ensureTables, Homer7Partitions } from './homer7-partitions.ts'
import { dropOldPartitions } from './homer7-retention.ts'
import { TABLES } from './tables.ts'

const HOUR_MS = 3_600_000
const DAY_US = 86_400_000_000
const NOON_US = Date.UTC(2026, 10, 21, 12) * 1000
const SPANS = { sip: 12 * HOUR_MS, log: 24 * HOUR_MS, isup: 24 * HOUR_MS, qos: 24 * HOUR_MS }
const ALL = { call: 14, registration: 14, default: 14, other: 14 }

async function emptyHomer7() {
  const database = await testDatabase()
  await ensureTables(database.sql)
  return database
}

async function namesIn({ sql }: Awaited<ReturnType<typeof testDatabase>>, like: string) {
  const rows: { name: string }[] = await sql`
    select relname as name from pg_class where relname like ${like} and relkind = 'r' order by 1`
  return rows.map(({ name }) => name)
}

const { signal } = new AbortController()

test('coverDays makes partitions for yesterday, today and tomorrow, and at night for the day after', async () => {
  await using database = await emptyHomer7()
  const partitions = new Homer7Partitions({ partitionMs: SPANS, indexes: 'lean' })
  await coverDays(database.sql, partitions, signal, NOON_US - 9 * HOUR_MS * 1000)
  const calls = await namesIn(database, 'hep_proto_1_call_2%')
  expect(calls).toEqual(
    ['20', '21', '22'].flatMap((day) => [
      `hep_proto_1_call_202611${day}_0000`,
      `hep_proto_1_call_202611${day}_1200`,
    ]),
  )
  await coverDays(database.sql, partitions, signal, NOON_US)
  expect(await namesIn(database, 'hep_proto_53_default_2%')).toEqual(
    ['20', '21', '22', '23'].map((day) => `hep_proto_53_default_202611${day}_0000`),
  )
})

test('Homer7Partitions takes what heplify-server made, and fills the gaps beside it', async () => {
  await using database = await emptyHomer7()
  await database.sql.unsafe(`create table hep_proto_1_call_20261121_0200 partition of hep_proto_1_call
    for values from ('2026-11-21 02:00:00') to ('2026-11-21 04:00:00')`)
  const partitions = new Homer7Partitions({ partitionMs: SPANS, indexes: 'full' })
  await partitions.coverSpan(database.sql, NOON_US - DAY_US / 2, NOON_US, signal)
  expect(await namesIn(database, 'hep_proto_1_call_2%')).toEqual([
    ...['hep_proto_1_call_20261121_0000', 'hep_proto_1_call_20261121_0200'],
    'hep_proto_1_call_20261121_0400',
  ])
})

test('Homer7Partitions leaves a table alone that has a partition for everything', async () => {
  await using database = await emptyHomer7()
  await database.sql.unsafe(
    'create table everything partition of hep_proto_100_default default; drop table hep_proto_54_default; create table hep_proto_54_default (like hep_proto_100_default)',
  )
  const partitions = new Homer7Partitions({ partitionMs: SPANS, indexes: 'full' })
  await partitions.coverSpan(database.sql, NOON_US, NOON_US + 1, signal)
  expect(await namesIn(database, 'hep_proto_100_default_2%')).toEqual([])
  expect(await namesIn(database, 'hep_proto_5_default_2%')).toHaveLength(1)
})

test('dropOldPartitions keeps so many days of each kind, today among them', async () => {
  await using database = await emptyHomer7()
  const partitions = new Homer7Partitions({ partitionMs: SPANS, indexes: 'lean' })
  await partitions.coverSpan(database.sql, NOON_US - 4 * DAY_US, NOON_US, signal)
  const dropDays = { ...ALL, call: 2, other: 0 }
  const dropped = await dropOldPartitions(database.sql, { dropDays, bytesMax: 0 }, NOON_US)
  expect(dropped!.filter((name) => !name.startsWith('hep_proto_1_call_'))).toEqual([])
  expect(await namesIn(database, 'hep_proto_1_call_2%')).toEqual([
    ...['hep_proto_1_call_20261120_0000', 'hep_proto_1_call_20261120_1200'],
    'hep_proto_1_call_20261121_0000',
  ])
})

test('dropOldPartitions drops the oldest beyond a size, but nothing of today', async () => {
  await using database = await emptyHomer7()
  const partitions = new Homer7Partitions({ partitionMs: SPANS, indexes: 'lean' })
  await partitions.coverSpan(database.sql, NOON_US - 3 * DAY_US, NOON_US + 1, signal)
  const dropped = await dropOldPartitions(database.sql, { dropDays: ALL, bytesMax: 1 }, NOON_US)
  expect(dropped!.length).toBeGreaterThan(0)
  const left = await namesIn(database, 'hep\\_proto\\_%\\_2026%')
  expect(left.every((name) => name.includes('_20261121_'))).toBeTrue()
  expect(left).toHaveLength(TABLES.length + 3) // of SIP two a day
})
