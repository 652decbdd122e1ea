// Reads the segments of calls by Call-ID and merges them: one index lookup per partition and call.
//
// A Call-ID that was used for very many messages (keep-alive pings that never change it) is not read
// whole: its first and its newest SEGMENTS_HALF segments are, and the call says so (`isWhole`).
import { blockIdSql, blocksSql } from '../write/segment-sql.ts'
import { type BlockRow, BlockShelf } from './block-shelf.ts'
import { listedId } from './loose-segment.ts'
import { type MergedCall, mergeSegments } from './merged-call.ts'
import type { Condition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import { type SegmentRow, SUMMARY_COLUMNS } from './segment-summary.ts'
import { type FromClause, type SegmentOrder, segmentsOf } from './segments-of.ts'
import { SqlParams } from './sql-params.ts'

/** Segments read from each end of a call that has more than twice as many. */
export const SEGMENTS_HALF = 250
/** Calls have fewer rows than this on average; if not, they are fetched one by one. */
const ROWS_A_CALL = 10

export interface LoadedCall {
  readonly call: MergedCall
  /** Earliest segment: where the call stands in the order. */
  readonly firstUs: number
  /** Earliest segment that meets the condition; undefined when none does or none was given. */
  readonly firstHitUs: number | undefined
}

export interface LoadOptions {
  /** Segments before this time do not count. */
  readonly fromUs?: number | undefined
  /** Marks segments, see `firstHitUs`. */
  readonly condition?: Condition | undefined
  readonly withMessages?: boolean
}

type LoadedRow = SegmentRow & BlockRow & { readonly hit: boolean }

/** The calls of these ids that have segments, by Call-ID. */
export async function loadCalls(
  session: ReadSession,
  callIds: readonly string[],
  options: LoadOptions,
): Promise<ReadonlyMap<string, LoadedCall>> {
  if (callIds.length === 0) return new Map()
  const limits = {
    together: SEGMENTS_HALF + callIds.length * ROWS_A_CALL,
    each: SEGMENTS_HALF * 2 + 1,
  }
  let found = await selectRows(session, callIds, options, 'together', limits.together)
  if (countRows(found) >= limits.together)
    found = await selectRows(session, callIds, options, 'each', limits.each)
  const long = [...found].flatMap(([id, rows]) => (rows.length > SEGMENTS_HALF * 2 ? [id] : []))
  const oldest = await selectRows(session, long, options, 'oldest', SEGMENTS_HALF)
  const newest = await selectRows(session, long, options, 'newest', SEGMENTS_HALF)
  const all = [found, oldest, newest].flatMap((each) => [...each.values()].flat())
  const shelf = await BlockShelf.of(session, all)
  return new Map(
    [...found].map(([callId, rows]) => {
      const ends = [...(oldest.get(callId) ?? []), ...(newest.get(callId) ?? [])]
      const isWhole = ends.length === 0
      return [callId, loadedCall(isWhole ? rows : ends, isWhole, shelf)]
    }),
  )
}

function countRows(rows: ReadonlyMap<string, readonly LoadedRow[]>): number {
  return [...rows.values()].reduce((sum, { length }) => sum + length, 0)
}

async function selectRows(
  session: ReadSession,
  callIds: readonly string[],
  options: LoadOptions,
  order: SegmentOrder,
  limit: number,
): Promise<ReadonlyMap<string, readonly LoadedRow[]>> {
  let found: readonly LoadedRow[] = []
  for (const from of segmentsOf(callIds, { fromUs: options.fromUs, limit, order }))
    found = found.concat(await select(session, options, from))
  return Map.groupBy(found, ({ call_id, id, first_us }) =>
    listedId(call_id, { firstUs: Number(first_us), id: String(id) }),
  )
}

function select(
  session: ReadSession,
  { condition, withMessages = false }: LoadOptions,
  from: FromClause,
): Promise<readonly LoadedRow[]> {
  const params = new SqlParams()
  const text = `
    select ${SUMMARY_COLUMNS},
      ${condition === undefined ? 'false' : `coalesce(${condition(params)}, false)`} as hit,
      s.block_place, ${withMessages ? BLOCK_COLUMNS : NO_BLOCK_COLUMNS}
    from ${from(params)}`
  return session.rows(text, params.values)
}

const BLOCK_COLUMNS = `s.format, ${blockIdSql('s')} as block_id, ${blocksSql('s')} as messages`
const NO_BLOCK_COLUMNS = 'null as format, null as block_id, null as messages'

/** Payloads of a damaged segment cannot be searched; the search goes on without them. */
function loadedCall(rows: readonly LoadedRow[], isWhole: boolean, shelf: BlockShelf): LoadedCall {
  const payloads = () => rows.flatMap((row) => shelf.messagesOf(row).map(({ payload }) => payload))
  const call = mergeSegments(rows, { isWhole, payloads })
  const hits = rows.filter(({ hit }) => hit).map(({ first_us }) => Number(first_us))
  return {
    call,
    firstUs: call.state.firstUs,
    firstHitUs: hits.length > 0 ? Math.min(...hits) : undefined,
  }
}
