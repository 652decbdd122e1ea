// Partitions of call_segments: one table per time span (6 hours by default), so that old calls go by
// dropping a table, which costs nothing, and so that recent searches touch small indexes.
//
//   call_segments_20261121_0000 │ call_segments_20261121_0600 │ …      UTC, by first_at
//
// Created on demand before the rows that need them, and ahead of time. A table is made on its own and
// then attached: CREATE TABLE … PARTITION OF would lock out every reader and writer.
//
// There is no default partition. It would take the rows whose partition is missing, and then that
// partition cannot be created any more without moving them under an exclusive lock; and nothing
// in it could be dropped by age.
//
// The span may be changed in the configuration: new partitions fill the gaps between those that are.
import type { SQL } from 'bun'

/** Held while partitions are created, dropped or looked at for either. */
export const PARTITION_LOCK = 0x0ca1_1002
const LOCK_WAIT_MS_MAX = 5_000
const TABLE = 'call_segments'

export interface Partition {
  readonly name: string
  readonly fromUs: number
  readonly toUs: number
}

/** Beginning of the span that holds `us`. */
export function partitionStart(us: number, spanUs: number): number {
  return Math.floor(us / spanUs) * spanUs
}

/** 'call_segments_20261121_0600' */
export function partitionName(fromUs: number, table = TABLE): string {
  const digits = new Date(fromUs / 1000).toISOString().replaceAll(/\D/g, '')
  return `${table}_${digits.slice(0, 8)}_${digits.slice(8, 12)}`
}

/** Sees to it that every span (whole hours) from `starts` is covered; returns what it created. */
export async function ensurePartitions(
  sql: SQL,
  starts: readonly number[],
  spanUs: number,
): Promise<readonly string[]> {
  return await sql.begin(async (tx) => {
    await tx.unsafe(`set local lock_timeout = ${LOCK_WAIT_MS_MAX}`)
    await tx`select pg_advisory_xact_lock(${PARTITION_LOCK})`
    const existing = [...(await listPartitions(tx))]
    const created: string[] = []
    for (const fromUs of starts) {
      for (const gap of gapsIn({ fromUs, toUs: fromUs + spanUs }, existing)) {
        await create(tx, gap)
        existing.push(gap)
        created.push(gap.name)
      }
    }
    return created
  })
}

async function create(tx: SQL, { name, fromUs, toUs }: Partition): Promise<void> {
  // Names and bounds are made of digits. A table that lost its place (DETACH) takes it again.
  await tx.unsafe(`create table if not exists ${name} (like call_segments including all)`)
  await tx.unsafe(
    `alter table call_segments attach partition ${name} for values from ('${boundOf(fromUs)}') to ('${boundOf(toUs)}')`,
  )
}

/** A bound as it stands in a statement. */
export const boundOf = (us: number): string => new Date(us / 1000).toISOString()

/** The parts of a span that no partition covers. */
export function gapsIn(
  span: Omit<Partition, 'name'>,
  existing: readonly Partition[],
  table = TABLE,
): Partition[] {
  const inside = existing
    .filter((partition) => partition.fromUs < span.toUs && partition.toUs > span.fromUs)
    .sort((a, b) => a.fromUs - b.fromUs)
  const gaps: Partition[] = []
  let fromUs = span.fromUs
  for (const partition of [...inside, { name: '', fromUs: span.toUs, toUs: span.toUs }]) {
    if (partition.fromUs > fromUs) {
      gaps.push({ name: partitionName(fromUs, table), fromUs, toUs: partition.fromUs })
    }
    fromUs = Math.max(fromUs, partition.toUs)
  }
  return gaps
}

/** All partitions, oldest first. */
export async function listPartitions(sql: SQL, table = TABLE): Promise<readonly Partition[]> {
  const rows = await sql`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass(${table})`
  return (rows as { name: string; bounds: string }[])
    .flatMap(({ name, bounds }) => {
      const found = /FROM \('([^']+)'\) TO \('([^']+)'\)/.exec(bounds)
      return found ? [{ name, fromUs: usOf(found[1]!), toUs: usOf(found[2]!) }] : []
    })
    .sort((a, b) => a.fromUs - b.fromUs)
}

/** '2026-11-21 06:00:00+00', as a session in UTC prints it. */
const usOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00`) * 1000
