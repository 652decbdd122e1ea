// Every message of a time range, as traced, a page at a time: for laying what is stored beside what
// somebody else stored. Segments are found by when they begin; one that began long before the range may
// still reach into it, so it is looked for further back by `reachUs`.
//
//        │◀─ reachUs ─▶│◀──── range ────▶│
//   ─────┼──░░░░───▒▒▒▒┼▒▒──▒▒▒▒▒▒───▒▒▒▒┼▒▒──▶ time       ▒ is read, and of it what lies in the range
import type { SQL } from 'bun'
import type { TracedMessage } from '#sip'
import { blockIdSql, blocksSql } from '../write/segment-sql.ts'
import { type BlockRow, BlockShelf } from './block-shelf.ts'
import { readSession } from './read-session.ts'
import { SqlParams, usSql } from './sql-params.ts'

/** From `fromUs` up to, and without, `toUs`. */
export interface MessageRange {
  readonly fromUs: number
  readonly toUs: number
  /** How long before its last message a segment may begin. */
  readonly reachUs: number
}

const PAGE_ROWS = 1_000

type Row = BlockRow & { readonly first_us: string }

/** The messages of a range, in no order that could be relied on. */
export async function* messagesBetween(
  sql: SQL,
  { fromUs, toUs, reachUs }: MessageRange,
  signal: AbortSignal,
): AsyncGenerator<readonly TracedMessage[], void, void> {
  let behind: Row | undefined
  do {
    const params = new SqlParams()
    const from = params.time(behind ? Number(behind.first_us) : fromUs - reachUs)
    const place = behind ? `and (s.first_at, s.id) > (${from}, ${String(behind.id)})` : ''
    const text = `
      select s.call_id, s.id, s.format, s.block_place, ${blockIdSql('s')} as block_id,
        ${blocksSql('s')} as messages, ${usSql('s.first_at')}::text as first_us
      from (
        select * from call_segments s where s.first_at >= ${from}
          and s.first_at < ${params.time(toUs)} ${place}
          and coalesce(s.last_at, s.first_at) >= ${params.time(fromUs)}
        order by s.first_at, s.id limit ${PAGE_ROWS}) s
      order by s.first_at, s.id`
    const page = await readSession(sql, { signal }, async (session) => {
      const rows = await session.rows<Row>(text, params.values)
      return { rows, shelf: await BlockShelf.of(session, rows) }
    })
    yield page.rows.flatMap((row) =>
      page.shelf.messagesOf(row).filter(({ atUs }) => atUs >= fromUs && atUs < toUs),
    )
    behind = page.rows.length < PAGE_ROWS ? undefined : page.rows.at(-1)
  } while (behind !== undefined && !signal.aborted)
}

/** When the next message from `fromUs` on may be; undefined when there is none. */
export async function nextMessageUs(
  sql: SQL,
  { fromUs, reachUs }: Omit<MessageRange, 'toUs'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const params = new SqlParams()
  // The first segment that reaches so far; where it began before, there may be one at once.
  const text = `
    select ${usSql('s.first_at')}::text as first_us from call_segments s
    where s.first_at >= ${params.time(fromUs - reachUs)}
      and coalesce(s.last_at, s.first_at) >= ${params.time(fromUs)}
    order by s.first_at limit 1`
  const [row] = await readSession(sql, { signal }, (session) =>
    session.rows<{ first_us: string }>(text, params.values),
  )
  return row && Math.max(fromUs, Number(row.first_us))
}
