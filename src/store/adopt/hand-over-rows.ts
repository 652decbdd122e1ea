// The rows of hand_overs: which spools wait in object storage, and who is storing which. A claim is a
// lease: who holds one says so again in time, and a node that died in the middle is replaced when its
// lease is over.
import type { SQL } from 'bun'
import type { Cursor, Manifest } from '#spool'

export interface HandOverState {
  readonly storedAt: Date | null
  readonly trouble: string | null
}

/** Makes a hand-over known, and with it what of its spool is pending. Says what became of it so far. */
export async function registerHandOver(sql: SQL, manifest: Manifest): Promise<HandOverState> {
  const { id, spoolId, node, at, frames, bytes, lanes } = manifest
  return await sql.begin(async (tx) => {
    await tx`insert into hand_overs (id, spool_id, node, at, frames, bytes)
      values (${id}, ${spoolId}, ${node}, ${at}, ${frames}, ${bytes}) on conflict do nothing`
    await tx`insert into spools (spool_id, node) values (${spoolId}, ${node}) on conflict do nothing`
    const rows = lanes
      .map(({ lane, from, intake }) => ({ lane, ...from, intake }))
      .sort((a, b) => (a.lane < b.lane ? -1 : 1))
    // What the store passed and this database has never heard of went to the one used before it.
    await tx`
      insert into spool_cursors as c (spool_id, lane, file, byte_offset, records, stored, intake)
      select ${spoolId}, lane, file, "offset", records, records, intake
      from jsonb_to_recordset(${rows}::jsonb) as r(lane text, file bigint, "offset" bigint,
        records bigint, intake jsonb)
      order by lane
      on conflict (spool_id, lane) do update set intake = excluded.intake
      where (excluded.intake->>'received')::float8 > coalesce((c.intake->>'received')::float8, -1)`
    const [row] = await tx`
      select stored_at as "storedAt", trouble from hand_overs where id = ${id}`
    return row as HandOverState
  })
}

/** Takes one on, or holds on to it; false: somebody else has it, or it is stored. */
export async function claimHandOver(
  sql: SQL,
  { id, by, leaseMs }: { readonly id: string; readonly by: string; readonly leaseMs: number },
): Promise<boolean> {
  const rows = await sql`
    update hand_overs set claimed_by = ${by}, claimed_until = now() + ${leaseMs} * interval '1 ms',
      claims = claims + (claimed_by is distinct from ${by})::int
    where id = ${id} and stored_at is null
      and (claimed_by = ${by} or claimed_until is null or claimed_until < now())
    returning id`
  return rows.length === 1
}

/** Lets others have it, and says why. */
export async function releaseHandOver(
  sql: SQL,
  {
    id,
    by,
    trouble,
  }: { readonly id: string; readonly by: string; readonly trouble: string | null },
): Promise<void> {
  await sql`update hand_overs set claimed_by = null, claimed_until = null, trouble = ${trouble}
    where id = ${id} and claimed_by = ${by}`
}

/** Where the database has come to with a spool. */
export async function readCursors(sql: SQL, spoolId: string): Promise<ReadonlyMap<string, Cursor>> {
  const rows = (await sql`
    select lane, file::float8, byte_offset::float8 as offset, records::float8
    from spool_cursors where spool_id = ${spoolId}`) as ({ lane: string } & Cursor)[]
  return new Map(rows.map(({ lane, ...cursor }) => [lane, cursor]))
}

/** What is still missing after everything that could be read was stored; empty when nothing is. */
export async function lanesBehind(
  sql: SQL,
  { spoolId, lanes }: Manifest,
): Promise<readonly { readonly lane: string; readonly frames: number }[]> {
  const cursors = await readCursors(sql, spoolId)
  return lanes
    .map(({ lane, to }) => ({ lane, frames: to.records - (cursors.get(lane)?.records ?? 0) }))
    .filter(({ frames }) => frames > 0)
}

/** Counts what somebody decided to do without: it is dropped, and no longer pending. */
export async function writeOff(sql: SQL, { spoolId, lanes }: Manifest): Promise<void> {
  for (const { lane, to } of lanes) {
    await sql`
      update spool_cursors set file = ${to.file}, byte_offset = ${to.offset}, records = ${to.records},
        dropped = dropped || jsonb_build_object('spool_damaged',
          coalesce((dropped->>'spool_damaged')::bigint, 0) + ${to.records} - records)
      where spool_id = ${spoolId} and lane = ${lane} and records < ${to.records}`
  }
}

/** All of it is stored: nobody need look at it again. */
export async function finishHandOver(sql: SQL, id: string): Promise<void> {
  await sql`update hand_overs set stored_at = now(), claimed_by = null, claimed_until = null,
    trouble = null where id = ${id}`
}

/** Rows of hand-overs that were stored long ago. Should one be seen again, its cursor says all. */
export async function forgetHandOvers(sql: SQL, olderMs: number): Promise<void> {
  await sql`delete from hand_overs where stored_at < now() - ${olderMs} * interval '1 ms'`
}
