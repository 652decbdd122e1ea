import { expect, test } from 'bun:test'
import { migrate } from './migrate.ts'
import { ensurePartitions, listPartitions } from './partitions.ts'
import { enforceRetention } from './retention.ts'
import { type TestDatabase, testDatabase } from './test-server.ts'

const HOUR_US = 3_600_000_000
const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 21, 12, 30)
const hourAgo = (hours: number) => (NOW_MS - 30 * 60_000) * 1000 - hours * HOUR_US

/** Partitions of one hour: the one being written, one to come, and so many before, with some rows. */
async function withHours(before: number): Promise<TestDatabase> {
  const database = await testDatabase()
  const { sql } = database
  await migrate(sql)
  const hours = Array.from({ length: before + 2 }, (_, i) => i - 1)
  await ensurePartitions(sql, hours.map(hourAgo).reverse(), HOUR_US)
  for (const hour of hours.slice(1)) {
    await sql`
      insert into call_segments (first_at, last_at, id, message_count, protocol, format, call_id, hosts, messages)
      select to_timestamp(${hourAgo(hour) / 1e6}), now(), i, 1, 1, 1, 'call-' || i, '{}',
        decode(repeat(md5(i::text), 20), 'hex') from generate_series(1, 300) as i`
  }
  return database
}

const startsIn = async ({ sql }: TestDatabase) =>
  (await listPartitions(sql)).map(({ fromUs }) => fromUs)

test('enforceRetention drops whole partitions older than the retention', async () => {
  await using database = await withHours(5)
  const dropped = await enforceRetention(database.sql, {
    retentionMs: 2 * 3_600_000,
    bytesMax: 0,
    nowMs: NOW_MS,
  })
  expect(dropped?.map(({ fromUs, reason }) => [fromUs, reason])).toEqual([
    [hourAgo(5), 'age'],
    [hourAgo(4), 'age'],
    [hourAgo(3), 'age'],
  ])
  expect(await startsIn(database)).toEqual([2, 1, 0, -1].map(hourAgo))
})

test('enforceRetention drops the oldest until the tables fit, never the one being written', async () => {
  await using database = await withHours(4)
  const options = { retentionMs: 30 * DAY_MS, nowMs: NOW_MS }
  const [size] = await database.sql`select sum(pg_total_relation_size(inhrelid))::float8 as bytes
    from pg_inherits where inhparent = 'call_segments'::regclass`
  expect(await enforceRetention(database.sql, { ...options, bytesMax: size.bytes * 2 })).toEqual([])
  const some = await enforceRetention(database.sql, { ...options, bytesMax: size.bytes * 0.8 })
  expect(some?.map(({ fromUs }) => fromUs)).toEqual([hourAgo(4), hourAgo(3)])
  const rest = await enforceRetention(database.sql, { ...options, bytesMax: 1 })
  expect(rest?.map(({ fromUs }) => fromUs)).toEqual([hourAgo(2), hourAgo(1)])
  expect(await startsIn(database)).toEqual([hourAgo(0), hourAgo(-1)])
})

test('enforceRetention frees a disk that is too full from its oldest end, two partitions at a time', async () => {
  await using database = await withHours(4)
  const options = { retentionMs: 30 * DAY_MS, bytesMax: 0, nowMs: NOW_MS }
  const one = await enforceRetention(database.sql, { ...options, excessBytes: 1 })
  expect(one?.map(({ fromUs, reason }) => [fromUs, reason])).toEqual([[hourAgo(4), 'disk']])
  const two = await enforceRetention(database.sql, { ...options, excessBytes: 1e12 })
  expect(two?.map(({ fromUs }) => fromUs)).toEqual([hourAgo(3), hourAgo(2)])
  expect(await enforceRetention(database.sql, { ...options, excessBytes: 0 })).toEqual([])
})

test('enforceRetention leaves the work to the node that is at it', async () => {
  await using database = await withHours(3)
  await database.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${0x0ca1_1003})`
    const options = { retentionMs: 1, bytesMax: 0, nowMs: NOW_MS }
    expect(await enforceRetention(database.sql, options)).toBeUndefined()
  })
})

test('enforceRetention leaves a partition that is being read for the next time', async () => {
  await using database = await withHours(2)
  const options = { retentionMs: 3_600_000, bytesMax: 0, nowMs: NOW_MS }
  await database.sql.begin(async (tx) => {
    await tx`select count(*) from call_segments where first_at < to_timestamp(${hourAgo(2) / 1e6})`
    expect(await enforceRetention(database.sql, options)).toEqual([])
  })
  expect(await enforceRetention(database.sql, options)).toHaveLength(1)
})

test('enforceRetention trims the tables that have no partitions', async () => {
  await using database = await withHours(1)
  const { sql } = database
  const at = (days: number) => new Date(NOW_MS - days * DAY_MS).toISOString()
  for (const days of [0.05, 1, 20, 500]) {
    for (const seconds of [60, 3600])
      await sql`insert into kpi_details values (${seconds}, ${at(days)}, 'n', 1, '[]', '[]')`
    await sql`insert into source_minutes values (${at(days)}, 'n', 'p', 'udp', 1, '', 3, 1)`
  }
  for (const days of [1, 20, 500]) {
    await sql`insert into correlation_keys values (${`k${days}`}, 'c', ${at(days)})`
    await sql`insert into kpi_minutes (minute, node) values (${at(days)}, 'n')`
  }
  await sql`insert into quarantine (received_at, node, transport, peer, reason, detail, byte_offset, frame)
    select now(), 'n', 'udp', 'p', 'not_hep', '', i, '' from generate_series(1, 10020) as i`
  await enforceRetention(sql, { retentionMs: 14 * DAY_MS, bytesMax: 0, nowMs: NOW_MS })
  const [row] = await sql`
    select (select count(*)::int from kpi_minutes) as kpis, count(*)::int as kept, min(byte_offset) as first
    from quarantine`
  expect(row).toEqual({ kpis: 2, kept: 10_000, first: 21 })
  const [curves] = await sql`
    select (select count(*)::int from kpi_details where span_seconds = 60) as minutes,
      (select count(*)::int from kpi_details where span_seconds = 3600) as hours,
      (select count(*)::int from source_minutes) as sources`
  expect(curves).toEqual({ minutes: 2, hours: 3, sources: 1 })
  // Keys go with the calls: none is older than the oldest partition, which began an hour ago.
  expect(await sql`select key from correlation_keys`).toHaveLength(0)
})
