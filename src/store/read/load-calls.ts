// Reads the segments of calls by Call-ID and merges them: one index lookup per partition and call.
//
// A Call-ID that was used for very many messages (keep-alive pings that never change it) is not read
// whole: its first and its newest SEGMENTS_HALF segments are, and the call says so (`isWhole`).
import { log } from '#log'
import { decodeMessages, SegmentError } from '../write/segment.ts'
import { type LooseSegment, listedId, looseSegment } from './loose-segment.ts'
import { type MergedCall, mergeSegments } from './merged-call.ts'
import type { Condition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import { type SegmentRow, SUMMARY_COLUMNS } from './segment-summary.ts'
import { SqlParams } from './sql-params.ts'
import { timeText } from './time-text.ts'

/** Segments read from each end of a call that has more than twice as many. */
export const SEGMENTS_HALF = 250

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

interface LoadedRow extends SegmentRow {
  readonly hit: boolean
  readonly format: number | null
  readonly messages: Buffer | null
}

/** The calls of these ids that have segments, by Call-ID. */
export async function loadCalls(
  session: ReadSession,
  callIds: readonly string[],
  options: LoadOptions,
): Promise<ReadonlyMap<string, LoadedCall>> {
  if (callIds.length === 0) return new Map()
  const oldest = await selectRows(session, callIds, options, 'asc')
  const long = [...oldest].flatMap(([id, rows]) => (rows.length > SEGMENTS_HALF * 2 ? [id] : []))
  const newest = long.length > 0 ? await selectRows(session, long, options, 'desc') : undefined
  return new Map(
    [...oldest].map(([callId, rows]) => {
      const end = newest?.get(callId)?.slice(0, SEGMENTS_HALF)
      const both = end === undefined ? rows : [...rows.slice(0, SEGMENTS_HALF), ...end]
      return [callId, loadedCall(both, end === undefined)]
    }),
  )
}

async function selectRows(
  session: ReadSession,
  callIds: readonly string[],
  options: LoadOptions,
  direction: 'asc' | 'desc',
): Promise<ReadonlyMap<string, readonly LoadedRow[]>> {
  const loose = callIds.flatMap((callId) => looseSegment(callId) ?? [])
  const real = callIds.filter((callId) => callId !== '' && looseSegment(callId) === undefined)
  const found = [
    ...(real.length > 0 ? await select(session, options, byCallId(real, options, direction)) : []),
    ...(loose.length > 0 ? await select(session, options, byPlace(loose)) : []),
  ]
  return Map.groupBy(found, ({ call_id, id, first_us }) =>
    listedId(call_id, { firstUs: Number(first_us), id: String(id) }),
  )
}

function select(
  session: ReadSession,
  { condition, withMessages = false }: LoadOptions,
  from: (params: SqlParams) => string,
): Promise<readonly LoadedRow[]> {
  const params = new SqlParams()
  const text = `
    select ${SUMMARY_COLUMNS},
      ${condition === undefined ? 'false' : `coalesce(${condition(params)}, false)`} as hit,
      ${withMessages ? 's.format, s.messages' : 'null as format, null as messages'}
    from ${from(params)}`
  return session.rows(text, params.values)
}

/** Written out rather than a join: the plan is then always one lookup per call and partition. */
function byCallId(
  callIds: readonly string[],
  { fromUs = Number.NEGATIVE_INFINITY }: LoadOptions,
  direction: 'asc' | 'desc',
) {
  return (params: SqlParams) => `unnest(${params.texts(callIds)}) wanted (call_id)
    cross join lateral (
      select * from call_segments one
      where one.call_id = wanted.call_id and one.first_at >= ${params.time(fromUs)}
      order by one.first_at ${direction} limit ${SEGMENTS_HALF * 2 + 1}
    ) s`
}

function byPlace(loose: readonly LooseSegment[]) {
  return (params: SqlParams) => {
    const times = params.texts(loose.map(({ firstUs }) => timeText(firstUs)))
    const ids = params.texts(loose.map(({ id }) => id))
    return `unnest(${times}, ${ids}) place (at, id)
      join call_segments s on s.first_at = place.at::timestamptz and s.id = place.id::bigint
        and s.call_id = ''`
  }
}

function loadedCall(rows: readonly LoadedRow[], isWhole: boolean): LoadedCall {
  const call = mergeSegments(rows, { isWhole, payloads: rows.flatMap(payloadsOf) })
  const hits = rows.filter(({ hit }) => hit).map(({ first_us }) => Number(first_us))
  return {
    call,
    firstUs: call.state.firstUs,
    firstHitUs: hits.length > 0 ? Math.min(...hits) : undefined,
  }
}

/** Payloads of a damaged segment cannot be searched; the search goes on without them. */
function payloadsOf({ call_id, id, format, messages }: LoadedRow): readonly Buffer[] {
  if (format === null || messages === null) return []
  try {
    return decodeMessages(format, messages).map(({ payload }) => payload)
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error
    log.error({ room: 'store', callId: call_id, segment: String(id), error }, 'segment unreadable')
    return []
  }
}
