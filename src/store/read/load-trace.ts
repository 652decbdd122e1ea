// Reads calls with their messages, newest part first and never more than a bound: a Call-ID used for
// millions of messages opens as its newest ones and a number for the rest.
//
//   segments   … ░░░░░░░░ │ ▒▒▒▒▒▒▒▒▒▒▒▒▒▒ │ ▓▓▓▓▓▓▓▓▓      time ─▶
//                counted    summed up         decoded
//                           SEGMENTS_MAX      messagesMax, bytesMax
import type { TracedMessage } from '#sip'
import { blockIdSql, blocksSql } from '../write/segment-sql.ts'
import { type BlockRow, BlockShelf } from './block-shelf.ts'
import { listedId } from './loose-segment.ts'
import { type MergedCall, mergeSegments } from './merged-call.ts'
import type { ReadSession } from './read-session.ts'
import { type SegmentRow, SUMMARY_COLUMNS } from './segment-summary.ts'
import { type FromClause, type SegmentOrder, segmentsOf } from './segments-of.ts'
import { SqlParams } from './sql-params.ts'

/** Segments of one call that are summed up. */
export const SEGMENTS_MAX = 2_000
/** What is older than the segments summed up is counted so far; what is beyond is not. */
const COUNTED_SEGMENTS_MAX = 200_000

/** How much of each call is decoded. */
export interface TraceBounds {
  readonly messagesMax: number
  /** Payload bytes; the last segment may go beyond it. */
  readonly bytesMax: number
}

export interface LoadedTrace {
  readonly call: MergedCall
  /** The newest, in order of time; at most as many as asked for. */
  readonly messages: readonly TracedMessage[]
  /** Older ones that were left out, and those of segments that cannot be read. */
  readonly omitted: number
}

/** `is_wanted` is false when newer segments have enough messages already. */
type TraceRow = SegmentRow & BlockRow & { readonly is_wanted: boolean }

/** The calls of these ids that are stored, by id. */
export async function loadTraces(
  session: ReadSession,
  callIds: readonly string[],
  bounds: TraceBounds,
): Promise<ReadonlyMap<string, LoadedTrace>> {
  let found = await selectTraces(session, callIds, bounds, 'together')
  const rowCount = [...found.values()].reduce((sum, { length }) => sum + length, 0)
  if (callIds.length > 1 && rowCount > SEGMENTS_MAX)
    found = await selectTraces(session, callIds, bounds, 'each')
  const long = [...found].flatMap(([callId, rows]) => (rows.length > SEGMENTS_MAX ? [callId] : []))
  const newest = await selectTraces(session, long, bounds, 'newest')
  const all = [...found, ...newest]
  const shelf = await BlockShelf.of(
    session,
    all.flatMap(([, rows]) => rows),
  )
  const traces = new Map<string, LoadedTrace>()
  for (const [callId, rows] of all) {
    const isWhole = !newest.has(callId)
    const olderCount = isWhole ? 0 : await countOlder(session, callId, rows)
    traces.set(callId, traceOf(rows, shelf, { ...bounds, isWhole, olderCount }))
  }
  return traces
}

async function selectTraces(
  session: ReadSession,
  callIds: readonly string[],
  bounds: TraceBounds,
  order: SegmentOrder,
): Promise<ReadonlyMap<string, TraceRow[]>> {
  const limit = order === 'newest' ? SEGMENTS_MAX : SEGMENTS_MAX + 1
  let found: readonly TraceRow[] = []
  for (const from of segmentsOf(callIds, { limit, order }))
    found = found.concat(await select(session, from, bounds))
  return Map.groupBy(found, ({ call_id, id, first_us }) =>
    listedId(call_id, { firstUs: Number(first_us), id: String(id) }),
  )
}

/** Newest first. Only the messages that will be decoded leave the server. */
function select(
  session: ReadSession,
  from: FromClause,
  { messagesMax, bytesMax }: TraceBounds,
): Promise<readonly TraceRow[]> {
  const params = new SqlParams()
  const isWanted = `s.newer_messages < ${params.integer(messagesMax)}
    and s.newer_bytes < ${params.integer(bytesMax)}`
  const text = `
    select ${SUMMARY_COLUMNS}, s.format, s.block_place, ${blockIdSql('s')} as block_id,
      (${isWanted}) as is_wanted, ${blocksSql('s', isWanted)} as messages
    from (
      select s.*, coalesce(sum(s.message_count) over newer, 0) as newer_messages,
        coalesce(sum(s.payload_bytes) over newer, 0) as newer_bytes
      from ${from(params)}
      window newer as (partition by s.call_id order by s.first_at desc, s.id desc
        rows between unbounded preceding and 1 preceding)
    ) s order by s.call_id, s.first_at desc, s.id desc`
  return session.rows(text, params.values)
}

async function countOlder(
  session: ReadSession,
  callId: string,
  newest: readonly TraceRow[],
): Promise<number> {
  const params = new SqlParams()
  const text = `
    select coalesce(sum(message_count), 0)::bigint as count from (
      select message_count from call_segments
      where call_id = ${params.text(callId)} limit ${COUNTED_SEGMENTS_MAX}) counted`
  const [row] = await session.rows<{ count: string }>(text, params.values)
  const known = newest.reduce((sum, { message_count }) => sum + message_count, 0)
  return Math.max(0, Number(row?.count ?? 0) - known)
}

interface TraceOptions extends TraceBounds {
  readonly isWhole: boolean
  readonly olderCount: number
}

function traceOf(rows: readonly TraceRow[], shelf: BlockShelf, options: TraceOptions): LoadedTrace {
  const { isWhole, olderCount, messagesMax, bytesMax } = options
  const messages: TracedMessage[] = []
  let byteCount = 0
  for (const row of rows) {
    if (!row.is_wanted || messages.length >= messagesMax || byteCount >= bytesMax) break
    // A damaged segment is missing from the trace and counted as omitted.
    for (const message of shelf.messagesOf(row)) {
      messages.push(message)
      byteCount += message.payload.length
    }
  }
  messages.sort((a, b) => a.atUs - b.atUs)
  const total = olderCount + rows.reduce((sum, { message_count }) => sum + message_count, 0)
  const kept = messages.slice(Math.max(0, messages.length - messagesMax))
  return { call: mergeSegments(rows, { isWhole }), messages: kept, omitted: total - kept.length }
}
