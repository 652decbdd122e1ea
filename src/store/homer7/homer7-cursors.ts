// Where the homer7 layout stands with each lane of a spool. The table lies beside its rows, wherever those
// are, so that both move in one transaction.
import type { SQL } from 'bun'
import type { Cursor } from '#spool'
import { lockCursors } from '../write/cursors.ts'
import { CURSOR_TABLE } from './tables.ts'

/** Announces the lanes; returns where each stands. */
export async function openHomer7Cursors(
  sql: SQL,
  spoolId: string,
  lanes: readonly string[],
): Promise<ReadonlyMap<string, Cursor>> {
  return await sql.begin(async (tx) => {
    await tx`insert into ${tx(CURSOR_TABLE)} (spool_id, lane, file, byte_offset, records)
      select ${spoolId}, lane, 0, 0, 0 from unnest(${[...lanes]}::text[]) as lane
      on conflict (spool_id, lane) do nothing`
    const rows = await lockCursors(tx, spoolId, lanes, CURSOR_TABLE)
    return new Map([...rows].map(([lane, { cursor }]) => [lane, cursor]))
  })
}

/** One lane as the table has it, to be carried into the ledger. */
export interface Homer7Lane {
  readonly lane: string
  readonly file: number
  readonly byte_offset: number
  readonly records: number
  readonly stored: number
  readonly rejected: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly intake: unknown
}

/** Every lane of a spool. */
export async function readHomer7Lanes(sql: SQL, spoolId: string): Promise<readonly Homer7Lane[]> {
  return (await sql`
    select lane, file::float8, byte_offset::float8, records::float8, stored::float8, rejected, dropped, intake
    from ${sql(CURSOR_TABLE)} where spool_id = ${spoolId} order by lane`) as Homer7Lane[]
}
