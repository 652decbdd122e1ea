// One window of the walk: which calls have segments in it that meet a condition, newest first.
import { LISTED_ID_SQL } from './loose-segment.ts'
import type { Condition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import { keyBefore, type SearchKey } from './search-key.ts'
import { SqlParams, usSql } from './sql-params.ts'

export interface Window {
  /** Segments after this place, … */
  readonly after: SearchKey
  /** … and not older than this. */
  readonly lowUs: number
  readonly rowsMax: number
  /** What does not count, because it is before the range that is searched. */
  readonly fromUs: number | undefined
}

export interface Hits {
  readonly callIds: readonly string[]
  /** All hits before this place were found. */
  readonly upTo: SearchKey
  /** Was the window emptied, or did it hold more than `rowsMax`? */
  readonly isEmptied: boolean
}

/**
 * `condition` undefined looks for the first segment of every call instead: the one no older segment
 * of the same call stands before. Written with `offset 0`, so that PostgreSQL asks the index once a
 * row and stops when it has enough, whatever it believes about the table's size.
 */
export async function findHits(
  session: ReadSession,
  condition: Condition | undefined,
  { after, lowUs, rowsMax, fromUs }: Window,
): Promise<Hits> {
  const params = new SqlParams()
  const afterAt = params.time(after.us)
  const chosen = condition === undefined ? isFirstSql(params, fromUs) : `(${condition(params)})`
  const text = `
    select ${LISTED_ID_SQL} as call_id, ${usSql('s.first_at')} as us
    from call_segments s
    where s.first_at >= ${params.time(lowUs)} and s.first_at <= ${afterAt}
      and (s.first_at, ${LISTED_ID_SQL} collate "C") < (${afterAt}, ${params.text(after.callId)})
      and ${chosen}
    order by s.first_at desc, ${LISTED_ID_SQL} collate "C" desc
    limit ${params.integer(rowsMax)}`
  const rows = await session.rows<{ call_id: string; us: string }>(text, params.values)
  const last = rows[rows.length - 1]
  const isEmptied = last === undefined || rows.length < rowsMax
  return {
    callIds: [...new Set(rows.map((row) => row.call_id))],
    upTo: isEmptied ? keyBefore(lowUs) : { us: Number(last.us), callId: last.call_id },
    isEmptied,
  }
}

/**
 * Each subquery bounds time from one side only: what PostgreSQL believes of a range between two
 * unknown times is so little that it may read that range for the sake of one Call-ID.
 */
function isFirstSql(params: SqlParams, fromUs: number | undefined): string {
  const from = fromUs === undefined ? '' : ` and older.first_at >= ${params.time(fromUs)}`
  const older = 'select older.first_at from call_segments older where older.call_id = s.call_id'
  // Most segments that are not the first have their first in the same or the last partition.
  const near = `${older} and older.first_at >= s.first_at - interval '${NEAR}'${from} offset 0`
  return `(s.call_id = '' or not (
    exists (select from (${near}) near where near.first_at < s.first_at)
    or exists (${older} and older.first_at < s.first_at - interval '${NEAR}'${from} offset 0)))`
}

const NEAR = '6 hours'
