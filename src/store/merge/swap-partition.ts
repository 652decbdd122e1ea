// A partition written anew beside the old one takes its place in one short transaction. Until then nobody
// sees it; after it nobody sees the old one.
//
//   prepare   table without indexes, which nothing reads
//   seal      its indexes, full pages, statistics; frozen, so that snapshots older than it see it too
//   swap      detach old ─ rows that came meanwhile ─ drop old ─ attach new ─ commit
//
// The swap waits for statements on call_segments to end and makes later ones wait behind it: so it waits
// a second at most and is tried again, as retention does (postgres/retention.ts).
import type { SQL } from 'bun'
import { PARTITION_LOCK, type Partition } from '../postgres/partitions.ts'

const LOCK_WAIT_MS_MAX = 1_000
/** What a table is called until it is a partition. */
const SUFFIX = '_merging'
/** Says of a partition that it was written anew; goes with the table. */
const MERGED = 'merged'

/** Ids from the first up to, not with, the second; as text because they may be any int8. */
export type IdRange = readonly [string, string]

/** Partitions that nobody has merged yet, among those given. */
export async function notMerged(
  sql: SQL,
  partitions: readonly Partition[],
): Promise<readonly Partition[]> {
  const names = partitions.map(({ name }) => name)
  const rows = (await sql`
    select name from unnest(${names}::text[]) as name
    where obj_description(to_regclass(name), 'pg_class') = ${MERGED}`) as { name: string }[]
  const merged = new Set(rows.map(({ name }) => name))
  return partitions.filter(({ name }) => !merged.has(name))
}

/** Removes tables that a merge left behind which did not come to its end. */
export async function dropLeftovers(sql: SQL): Promise<void> {
  const rows = (await sql`
    select c.relname as name from pg_class c
    where c.relname like ${`call\\_segments\\_%${SUFFIX}`} and c.relkind = 'r' and not c.relispartition
      and pg_table_is_visible(c.oid)`) as { name: string }[]
  for (const { name } of rows) await sql.unsafe(`drop table if exists ${name}`)
}

/** The empty table that will take the partition's place. */
export async function prepareTable(sql: SQL, partition: Partition): Promise<string> {
  const table = `${partition.name}${SUFFIX}`
  await sql.unsafe(`create table ${table} (like call_segments including defaults including storage,
    constraint ${table}_range check (${bounds(partition)}))`)
  return table
}

function bounds({ fromUs, toUs }: Partition): string {
  return `first_at >= '${at(fromUs)}' and first_at < '${at(toUs)}'`
}

const at = (us: number): string => new Date(us / 1000).toISOString()

/** Indexes, statistics and frozen rows. False: an old snapshot would not see all of it yet. */
export async function sealTable(sql: SQL, table: string): Promise<boolean> {
  const indexes = (await sql`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename = 'call_segments' and schemaname = any(current_schemas(false))`) as {
    name: string
    definition: string
  }[]
  for (const { name, definition } of indexes)
    await sql.unsafe(indexSql(definition, name.replace('call_segments', table), table))
  await sql.unsafe(`vacuum (freeze, analyze) ${table}`)
  const [pages] = await sql`
    select relpages = relallvisible as "areVisible" from pg_class where oid = ${table}::regclass`
  return pages.areVisible
}

/** Nothing is added to it any more, so its pages are filled. */
function indexSql(definition: string, name: string, table: string): string {
  const found =
    /^CREATE INDEX \S+ ON (?:ONLY )?\S+ USING (.*?)(?: WITH \(.*?\))?( WHERE .*)?$/.exec(definition)
  if (found === null) throw new Error(`cannot make an index for ${table} like: ${definition}`)
  const [, columns, where = ''] = found
  const filled = columns!.startsWith('btree') ? 'with (fillfactor = 100)' : ''
  return `create index if not exists ${name} on ${table} using ${columns} ${filled} ${where}`
}

/** Copies rows as they are, blocks and all; returns of how many messages. */
export async function copyRows(
  sql: SQL,
  from: string,
  to: string,
  ranges: readonly IdRange[],
): Promise<number> {
  if (ranges.length === 0) return 0
  const [copied] = await sql`
    with wanted as (
      select lo, hi from unnest(${ranges.map(([lo]) => lo)}::text[]::bigint[],
        ${ranges.map(([, hi]) => hi)}::text[]::bigint[]) as r(lo, hi)
    ), copied as (
      insert into ${sql(to)} select s.* from wanted
        cross join lateral (select * from ${sql(from)} s where s.id >= lo and s.id < hi
          and s.id - s.block_place > lo - 32768 and s.id - s.block_place < hi) s
      returning message_count
    ) select coalesce(sum(message_count), 0)::float8 as messages from copied`
  return copied.messages
}

/** Puts the table in the partition's place; `late` are ids that may have come since it was read. */
export async function swapPartition(
  sql: SQL,
  { partition, table, late }: { partition: Partition; table: string; late: readonly IdRange[] },
): Promise<void> {
  const { name, fromUs, toUs } = partition
  await sql.begin(async (tx) => {
    await tx.unsafe(`set local lock_timeout = ${LOCK_WAIT_MS_MAX}`)
    await tx`select pg_advisory_xact_lock(${PARTITION_LOCK})`
    await tx.unsafe(`alter table call_segments detach partition ${name}`)
    await copyRows(tx, name, table, late)
    await tx.unsafe(`drop table ${name}`)
    await tx.unsafe(`alter table ${table} rename to ${name}`)
    await tx.unsafe(`alter table call_segments attach partition ${name}
      for values from ('${at(fromUs)}') to ('${at(toUs)}')`)
    await tx.unsafe(`alter table ${name} drop constraint ${table}_range`)
    await tx.unsafe(`comment on table ${name} is '${MERGED}'`)
  })
}
