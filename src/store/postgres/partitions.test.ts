import { expect, test } from 'bun:test'
import { migrate } from './migrate.ts'
import { ensurePartitions, listPartitions, partitionName, partitionStart } from './partitions.ts'
import { type TestDatabase, testDatabase } from './test-server.ts'

const HOUR_US = 3_600_000_000
const DAY_US = 24 * HOUR_US
/** 2026-11-21T00:00:00Z */
const START_US = 1_795_219_200_000_000

async function migrated(): Promise<TestDatabase> {
  const database = await testDatabase()
  await migrate(database.sql)
  return database
}

test('partitionName says in UTC where a partition begins', () => {
  expect(partitionName(START_US + 6 * HOUR_US)).toBe('call_segments_20261121_0600')
  expect(partitionStart(START_US + 11 * HOUR_US, 6 * HOUR_US)).toBe(START_US + 6 * HOUR_US)
})

test('ensurePartitions creates what is missing, once, with the indexes of the parent', async () => {
  await using database = await migrated()
  const starts = [START_US, START_US + 6 * HOUR_US]
  expect(await ensurePartitions(database.sql, starts, 6 * HOUR_US)).toEqual([
    'call_segments_20261121_0000',
    'call_segments_20261121_0600',
  ])
  expect(await ensurePartitions(database.sql, starts, 6 * HOUR_US)).toEqual([])
  expect(await listPartitions(database.sql)).toEqual([
    { name: 'call_segments_20261121_0000', fromUs: starts[0]!, toUs: starts[1]! },
    { name: 'call_segments_20261121_0600', fromUs: starts[1]!, toUs: starts[1]! + 6 * HOUR_US },
  ])
  const [row] = await database.sql`
    select (select count(*)::int from pg_index where indrelid = 'call_segments'::regclass) as parent,
      (select count(*)::int from pg_index where indrelid = 'call_segments_20261121_0600'::regclass) as child`
  expect(row.child).toBe(row.parent)
})

test('ensurePartitions fills the gaps when the span was changed', async () => {
  await using database = await migrated()
  await ensurePartitions(database.sql, [START_US + HOUR_US, START_US + 3 * HOUR_US], HOUR_US)
  expect(await ensurePartitions(database.sql, [START_US], 6 * HOUR_US)).toEqual([
    'call_segments_20261121_0000',
    'call_segments_20261121_0200',
    'call_segments_20261121_0400',
  ])
  expect(await ensurePartitions(database.sql, [START_US], DAY_US)).toEqual([
    'call_segments_20261121_0600',
  ])
  const partitions = await listPartitions(database.sql)
  for (const [i, { fromUs }] of partitions.entries()) {
    if (i > 0) expect(fromUs).toBe(partitions[i - 1]!.toUs)
  }
})

test('ensurePartitions run by many nodes at once creates each partition once', async () => {
  await using database = await migrated()
  const starts = [0, 1, 2, 3].map((i) => START_US + i * HOUR_US)
  const created = await Promise.all(
    Array.from({ length: 4 }, () => ensurePartitions(database.sql, starts, HOUR_US)),
  )
  expect(created.flat().sort()).toEqual(starts.map((us) => partitionName(us)))
})

test('ensurePartitions does not wait for a search that reads the table', async () => {
  await using database = await migrated()
  await database.sql.begin(async (tx) => {
    await tx`select count(*) from call_segments`
    await ensurePartitions(database.sql, [START_US], HOUR_US)
  })
  expect(await listPartitions(database.sql)).toHaveLength(1)
})
