// Reads a part row by row where it lies, without an index and without sorting: the order on the disk is
// the order of arrival, and a row's place in it (ctid) is where to go on after a crash. Rows are never
// changed by heplify-server, and those of a round are bound by their ids, so that reading a stretch again
// gives the same rows: what exactly-once needs.
//
//   round   lo < id <= hi      hi is the highest id when the round began; newer rows are the next round's
//
// A cursor on one connection, the next page being fetched while this one is looked at. On PostgreSQL before
// 14 going on from a place reads over what is before it.
import type { SQL } from 'bun'
import { PROTOCOL } from '#hep'
import type { Homer7Part } from './homer7-parts.ts'
import type { Homer7Row } from './homer7-row.ts'

const PAGE_ROWS = 1_000
const PLACE = /^\(\d{1,10},\d{1,5}\)$/
const NUMBER = /^\d{1,19}$/

/** Which rows of a part: of one round, and of those a stretch. */
export interface Stretch {
  readonly lo: string
  readonly hi: string
  /** Only rows created before; undefined: all. */
  readonly untilMs: number | undefined
  /** Behind this place. */
  readonly from?: string | undefined
  /** Up to this place, and it. */
  readonly to?: string | undefined
}

/** The rows of a stretch as they lie, a page at a time. */
export async function* readPart(
  sql: SQL,
  part: Homer7Part,
  stretch: Stretch,
): AsyncGenerator<readonly Homer7Row[], void, void> {
  const connection = await sql.reserve()
  try {
    await connection.unsafe('begin read only')
    for (const setting of SETTINGS) await connection.unsafe(`set local ${setting}`)
    await connection.unsafe(
      `declare rows no scroll cursor for
        select ${rowColumns(part.hepType)} from only ${part.name} ${whereSql(stretch)}`,
    )
    const fetchPage = () => connection.unsafe<Homer7Row[]>(`fetch forward ${PAGE_ROWS} from rows`)
    let page = await fetchPage()
    while (page.length > 0) {
      const next = fetchPage().execute()
      next.catch(() => undefined) // looked at when its turn comes, or never
      yield page
      page = await next
    }
  } finally {
    await connection.unsafe('rollback').catch(() => undefined)
    connection.release()
  }
}

/** How many rows a stretch has, and the highest id among them. */
export async function countPart(
  sql: SQL,
  part: Homer7Part,
  stretch: Stretch,
): Promise<{ readonly rows: number; readonly hi: string }> {
  const [row] = await sql.unsafe(
    `select count(*)::text as rows, coalesce(max(id), 0)::text as hi
     from only ${part.name} ${whereSql(stretch)}`,
  )
  return { rows: Number(row.rows), hi: row.hi }
}

// Not where another scan happens to be, not by several processes: in order. And a target that is
// away may keep us waiting.
const SETTINGS = [
  'synchronize_seqscans = off',
  'max_parallel_workers_per_gather = 0',
  'cursor_tuple_fraction = 1',
  'enable_indexscan = off',
  'enable_bitmapscan = off',
  'idle_in_transaction_session_timeout = 0',
  'statement_timeout = 0',
]

/** A Homer7Row in SQL. */
export const rowColumns = (hepType: number): string =>
  `ctid::text as place, id::text as id, sid, protocol_header::text as header,
   ${hepType === PROTOCOL.sip ? 'null::text' : 'data_header::text'} as data, raw,
   (extract(epoch from create_date) * 1000000)::int8::text as "createdUs"`

// Only digits, as checked here: places and ids come from a file.
function whereSql({ lo, hi, untilMs, from, to }: Stretch): string {
  for (const id of [lo, hi]) if (!NUMBER.test(id)) throw new RangeError(`'${id}' is no id`)
  for (const place of [from, to])
    if (place !== undefined && !PLACE.test(place)) throw new RangeError(`'${place}' is no place`)
  return [
    `where id > ${lo} and id <= ${hi}`,
    ...(untilMs === undefined ? [] : [`create_date < '${new Date(untilMs).toISOString()}'`]),
    ...(from === undefined ? [] : [`ctid > '${from}'::tid`]),
    ...(to === undefined ? [] : [`ctid <= '${to}'::tid`]),
  ].join(' and ')
}
