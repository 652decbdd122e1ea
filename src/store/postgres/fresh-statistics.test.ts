import { expect, setDefaultTimeout, test } from 'bun:test'
import { analyzeFresh } from './fresh-statistics.ts'
import { migrate } from './migrate.ts'
import { testDatabase } from './test-server.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server

test('analyzeFresh analyzes each partition that has rows and was never analyzed, once', async () => {
  await using database = await testDatabase()
  const { sql } = database
  await migrate(sql)
  await sql.unsafe(`
    create table full_one partition of call_segments for values from ('2026-11-20') to ('2026-11-21');
    create table empty_one partition of call_segments for values from ('2026-11-21') to ('2026-11-22');
    alter table full_one set (autovacuum_enabled = off)`)
  await sql`insert into call_segments (first_at, last_at, id, message_count, protocol, format, call_id)
    select '2026-11-20 08:00+00', '2026-11-20 08:00+00', n, 1, 1, 1, 'call-' || n
    from generate_series(1, 20000) n`
  expect(await analyzeFresh(sql)).toEqual(['full_one'])
  const [known] = await sql`select n_distinct::float8 from pg_stats
    where tablename = 'full_one' and attname = 'call_id'`
  expect(known.n_distinct).toBe(-1)
  expect(await analyzeFresh(sql)).toEqual([])
})
