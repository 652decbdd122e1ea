// The rows of spool_cursors: how far each lane is stored. They are locked before anything of a batch is
// written, so of two processes writing one spool the second waits, then sees that the cursor is not
// where it thinks and starts over from there. That makes storing exactly once a matter of these rows.
import type { SQL } from 'bun'
import type { Cursor } from '#spool'
import type { LaneMove } from './batch.ts'

/** What the database says about a lane. */
export interface StoredLane {
  readonly lane: string
  readonly cursor: Cursor
  readonly stored: number
  readonly rejected: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
}

/** Announces the spool and its lanes; returns where each lane stands. */
export async function openCursors(
  sql: SQL,
  { spoolId, node, lanes }: { spoolId: string; node: string; lanes: readonly string[] },
): Promise<ReadonlyMap<string, StoredLane>> {
  return await sql.begin(async (tx) => {
    await tx`insert into spools (spool_id, node) values (${spoolId}, ${node})
      on conflict (spool_id) do update set node = excluded.node`
    await tx`insert into spool_cursors (spool_id, lane, file, byte_offset, records)
      select ${spoolId}, lane, 0, 0, 0 from unnest(${[...lanes]}::text[]) as lane
      on conflict (spool_id, lane) do nothing`
    return await lockCursors(tx, spoolId, lanes)
  })
}

/** The calls layout's; another layout has a table of its own with the same columns. */
const CURSORS = 'spool_cursors'

/** Reads the cursors of some lanes and holds them until the end of the transaction. */
export async function lockCursors(
  tx: SQL,
  spoolId: string,
  lanes: readonly string[],
  table = CURSORS,
): Promise<ReadonlyMap<string, StoredLane>> {
  const rows = await tx`
    select lane, file::float8, byte_offset::float8, records::float8, stored::float8, rejected, dropped
    from ${tx(table)} where spool_id = ${spoolId} and lane = any(${[...lanes]}::text[])
    order by lane for update`
  return new Map(
    (rows as CursorRow[]).map(({ lane, file, byte_offset: offset, records, ...counts }) => [
      lane,
      { lane, cursor: { file, offset, records }, ...counts },
    ]),
  )
}

/** int8 read as float8: a number and not text, exact up to 2^53. */
interface CursorRow extends Omit<StoredLane, 'cursor'> {
  readonly file: number
  readonly byte_offset: number
  readonly records: number
}

/**
 * Moves the cursors, which must be locked, and adds to the counts beside them. The intake's counters only
 * rise, and those of a spool that was handed over are known to its end before its batches are stored.
 */
export async function moveCursors(
  tx: SQL,
  spoolId: string,
  moves: readonly LaneMove[],
  before: ReadonlyMap<string, StoredLane>,
  table = CURSORS,
): Promise<void> {
  const rows = moves.map(({ lane, next, stored, rejected, lost, intake }) => {
    const old = before.get(lane)!
    return {
      ...{ lane, file: next.file, byte_offset: next.offset, records: next.records },
      stored: old.stored + stored,
      rejected: summed(old.rejected, rejected),
      dropped: lost > 0 ? summed(old.dropped, { spool_damaged: lost }) : old.dropped,
      intake: intake ?? null,
    }
  })
  await tx`
    update ${tx(table)} c set file = m.file, byte_offset = m.byte_offset, records = m.records,
      stored = m.stored, rejected = m.rejected, dropped = m.dropped,
      intake = case when (m.intake->>'received')::float8 < (c.intake->>'received')::float8
        then c.intake else coalesce(m.intake, c.intake) end, updated_at = now()
    from jsonb_to_recordset(${rows}::jsonb) as m(lane text, file bigint, byte_offset bigint,
      records bigint, stored bigint, rejected jsonb, dropped jsonb, intake jsonb)
    where c.spool_id = ${spoolId} and c.lane = m.lane`
}

/** Whether the lanes stand where the batch begins, where it ends, or elsewhere. */
export function placeOf(
  moves: readonly LaneMove[],
  found: ReadonlyMap<string, StoredLane>,
): 'before' | 'after' | 'elsewhere' {
  const at = (lane: string, cursor: Cursor) => isSame(found.get(lane)?.cursor, cursor)
  if (moves.every(({ lane, from }) => at(lane, from))) return 'before'
  return moves.every(({ lane, next }) => at(lane, next)) ? 'after' : 'elsewhere'
}

function isSame(a: Cursor | undefined, b: Cursor): boolean {
  return a?.file === b.file && a.offset === b.offset && a.records === b.records
}

function summed(
  a: Readonly<Record<string, number>>,
  b: Readonly<Partial<Record<string, number>>>,
): Record<string, number> {
  const sums: Record<string, number> = { ...a }
  for (const [reason, count = 0] of Object.entries(b)) sums[reason] = (sums[reason] ?? 0) + count
  return sums
}
