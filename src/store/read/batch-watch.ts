// Which batches were stored since the last look. A batch takes one number from a sequence before its
// transaction and its segments' ids are that × 2^20 + a place, so numbers rise, but commits do not
// come in their order:
//
//   numbers   … 41 42 43 44 45 46        highest seen 46
//   seen         ●  ●  ○  ●  ○  ●        43 and 45 are gaps: asked for again until they come or
//                                        GAP_MS_MAX has passed (a batch that was rolled back)
//
// Every look asks for the gaps and for everything above the highest, by an index on blocks, so that nothing
// is missed and nothing seen twice. Polling, not LISTEN: it works on a replica and behind PgBouncer, and
// costs the writers nothing.

import { inBlockSql } from '../write/segment-sql.ts'
import { LISTED_ID_SQL } from './loose-segment.ts'
import type { ReadSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'

const BATCH_SEGMENTS = 2 ** 20
/** A batch whose transaction takes longer than this is not seen live. */
const GAP_MS_MAX = 60_000
const GAPS_MAX = 1_000
/** Batches before the beginning that may still be on their way. */
const BEFORE_START = 64

export interface StoredBatch {
  readonly batch: number
  readonly segmentCount: number
  /** The newest of its calls, in the order they were written; at most `callsMax`. */
  readonly callIds: readonly string[]
}

export class BatchWatch {
  #highest: number | undefined
  /** Number to when it was first missed. */
  readonly #gaps = new Map<number, number>()
  readonly #clockMs: () => number

  constructor(clockMs: () => number = () => performance.now()) {
    this.#clockMs = clockMs
  }

  /** Batches that became visible since the last look; none at the first, which only takes the place. */
  async look(session: ReadSession, callsMax: number): Promise<readonly StoredBatch[]> {
    if (this.#highest === undefined) return this.#begin(session)
    const batches = await selectBatches(session, this.#ranges(this.#highest), callsMax)
    for (const { batch } of batches) this.#note(batch)
    this.#forgetOldGaps()
    return batches
  }

  async #begin(session: ReadSession): Promise<readonly StoredBatch[]> {
    const text = 'select last_value, is_called from call_segment_ids'
    const [row] = await session.rows<{ last_value: string; is_called: boolean }>(text, [])
    const last = row?.is_called ? Number(row.last_value) : 0
    const first = Math.max(1, last - BEFORE_START + 1)
    this.#highest = first - 1
    for (const { batch } of await selectBatches(session, [[first, undefined]], 0)) this.#note(batch)
    for (let batch = this.#highest + 1; batch <= last; batch += 1)
      this.#gaps.set(batch, this.#clockMs())
    this.#highest = Math.max(this.#highest, last)
    return []
  }

  #ranges(highest: number): readonly Range[] {
    const gaps = [...this.#gaps.keys()].map((batch): Range => [batch, batch + 1])
    return [...gaps, [highest + 1, undefined]]
  }

  #note(batch: number): void {
    this.#gaps.delete(batch)
    for (let missed = this.#highest! + 1; missed < batch; missed += 1)
      if (this.#gaps.size < GAPS_MAX) this.#gaps.set(missed, this.#clockMs())
    this.#highest = Math.max(this.#highest!, batch)
  }

  #forgetOldGaps(): void {
    const oldestMs = this.#clockMs() - GAP_MS_MAX
    for (const [batch, sinceMs] of this.#gaps) if (sinceMs < oldestMs) this.#gaps.delete(batch)
  }
}

/** Batch numbers from the first up to, but not with, the second. */
type Range = readonly [number, number | undefined]

async function selectBatches(
  session: ReadSession,
  ranges: readonly Range[],
  callsMax: number,
): Promise<readonly StoredBatch[]> {
  const params = new SqlParams()
  const bounds = ranges.map(([from, to]) => {
    const low = `h.id >= ${params.integer(from)} * ${BATCH_SEGMENTS}`
    return to === undefined ? low : `(${low} and h.id < ${params.integer(to)} * ${BATCH_SEGMENTS})`
  })
  const text = `
    select s.id / ${BATCH_SEGMENTS} as batch, count(*)::integer as count,
      (array_agg(${LISTED_ID_SQL} order by s.first_at desc, s.id desc))[1:${params.integer(callsMax)}::integer] as call_ids
    from call_segments h join call_segments s on ${inBlockSql('s', 'h')}
    where h.block_place = 0 and (${bounds.join(' or ')})
    group by 1 order by 1`
  const rows = await session.rows<{ batch: string; count: number; call_ids: string[] }>(
    text,
    params.values,
  )
  return rows.map(({ batch, count, call_ids }) => ({
    batch: Number(batch),
    segmentCount: count,
    callIds: call_ids.toReversed(),
  }))
}
