// The rows of all homer7 tables of a time range, through the tables that heplify-server writes to: the
// planner finds the partitions, and each has an index on the time.
import type { SQL } from 'bun'
import type { Homer7Row } from '../homer7-row.ts'
import { rowColumns } from '../read-part.ts'
import { type Sighting, sightingOfRow } from './sighting.ts'

/** A table that heplify-server writes to. */
export interface Homer7Table {
  readonly name: string
  readonly hepType: number
}

/** What heplify-server has from `fromUs` up to, and without, `toUs`. */
export async function readHomer(
  sql: SQL,
  tables: readonly Homer7Table[],
  fromUs: number,
  toUs: number,
): Promise<readonly Sighting[]> {
  const found: Sighting[] = []
  for (const { name, hepType } of tables) {
    const rows: Homer7Row[] = await sql.unsafe(
      `select ${rowColumns(hepType)} from ${name}
       where create_date >= $1::timestamptz and create_date < $2::timestamptz`,
      [timeText(fromUs), timeText(toUs)],
    )
    for (const row of rows) {
      const sighting = sightingOfRow(row, hepType)
      if (sighting) found.push(sighting)
    }
  }
  return found
}

/** When the next row from `fromUs` on is; undefined when there is none. */
export async function nextRowUs(
  sql: SQL,
  tables: readonly Homer7Table[],
  fromUs: number,
): Promise<number | undefined> {
  const times: number[] = []
  for (const { name } of tables) {
    const [row] = await sql.unsafe(
      `select (extract(epoch from min(create_date)) * 1000000)::int8::text as us from ${name}
       where create_date >= $1::timestamptz`,
      [timeText(fromUs)],
    )
    if (row.us !== null) times.push(Number(row.us))
  }
  return times.length > 0 ? Math.min(...times) : undefined
}

// PostgreSQL rounds to microseconds, and so must we: a Date has milliseconds.
const timeText = (us: number): string =>
  `${new Date(Math.floor(us / 1e6) * 1_000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`
