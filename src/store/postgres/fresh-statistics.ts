// A partition that PostgreSQL has not analyzed yet is believed to hold each Call-ID hundreds of times,
// and a lookup then reads an index on time from end to end: 130 ms for a page and not 6, and more with
// every row. Autovacuum comes by once a minute; this sees to it within seconds, once a partition.
import type { SQL } from 'bun'

/** Smaller ones are quick to read whichever way, and say little about what is to come. */
const BYTES_MIN = 1024 * 1024
/** What lookups go by. */
const COLUMNS = 'call_id, id, first_at, from_user, to_user, ruri_user'

/** Analyzes partitions that never were, and returns their names. */
export async function analyzeFresh(sql: SQL): Promise<readonly string[]> {
  const rows = await sql`
    select c.oid::regclass::text as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('call_segments') and c.reltuples < 0
      and pg_relation_size(c.oid) >= ${BYTES_MIN}`
  const names = (rows as { name: string }[]).map(({ name }) => name)
  // Names come from the catalogue, quoted. Another node may be at it: then it need not be us.
  for (const name of names) await sql.unsafe(`analyze (skip_locked) ${name} (${COLUMNS})`)
  return names
}
