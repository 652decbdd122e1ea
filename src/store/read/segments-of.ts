// The `from` clause that fetches the segments of given calls: one index lookup per call and partition.
//
//   together   all of them at once, which is fast, up to a number of rows that they seldom reach
//   each       so many of each call, unsorted; a lateral join, which no plan can turn into a walk
//   oldest     over a whole partition
//   newest     so many of each call, sorted
import { type LooseSegment, looseSegment } from './loose-segment.ts'
import type { SqlParams } from './sql-params.ts'
import { timeText } from './time-text.ts'

export type FromClause = (params: SqlParams) => string

interface Which {
  readonly fromUs?: number | undefined
  /** At most so many of each call, or of all when they come together. */
  readonly limit: number
  readonly order: SegmentOrder
}

export type SegmentOrder = 'each' | 'newest' | 'oldest' | 'together'

const ORDERS = {
  each: '',
  oldest: 'order by one.first_at, one.id',
  newest: 'order by one.first_at desc, one.id desc',
} as const

/** Clauses with the segments under the alias `s`: one for Call-IDs, one for segments without. */
export function segmentsOf(listedIds: readonly string[], which: Which): readonly FromClause[] {
  const loose = listedIds.flatMap((id) => looseSegment(id) ?? [])
  // The empty id is no call: what is stored under it goes by other names. NUL is in no stored text.
  const callIds = listedIds.filter(
    (id) => id !== '' && !id.includes('\0') && looseSegment(id) === undefined,
  )
  return [
    ...(callIds.length > 0 ? [byCallId(callIds, which)] : []),
    ...(loose.length > 0 ? [byPlace(loose)] : []),
  ]
}

function byCallId(callIds: readonly string[], { fromUs, limit, order }: Which): FromClause {
  // No bound where there is none: an index on time must not even look useful.
  const fromSql = (params: SqlParams) =>
    fromUs === undefined ? '' : `and one.first_at >= ${params.time(fromUs)}`
  // In a select of its own: the planner would otherwise weigh each id for each partition.
  if (order === 'together')
    return (params) => `(
      select * from call_segments one
      where one.call_id = any((select ${params.texts(callIds)})::text[]) ${fromSql(params)}
      limit ${params.integer(limit)}
    ) s`
  return (params) => `unnest(${params.texts(callIds)}) wanted (call_id)
    cross join lateral (
      select * from call_segments one
      where one.call_id = wanted.call_id ${fromSql(params)}
      ${ORDERS[order]} limit ${params.integer(limit)}
    ) s`
}

function byPlace(loose: readonly LooseSegment[]): FromClause {
  return (params) => {
    const times = params.texts(loose.map(({ firstUs }) => timeText(firstUs)))
    const ids = params.texts(loose.map(({ id }) => id))
    return `unnest(${times}, ${ids}) place (at, id)
      join call_segments s on s.first_at = place.at::timestamptz and s.id = place.id::bigint
        and s.call_id = ''`
  }
}
