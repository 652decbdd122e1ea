// Lists of calls, newest first, each call once. A call seen again is the newer picture of it, because
// more of it was stored in between. Long lists are changed at one end or in one place; nothing here
// sorts 100,000 rows.
import type { CallRow } from '#contract'

/** The order of the list. Equal times need an order too, or rows would jump. */
export const newestFirst = (a: CallRow, b: CallRow): number =>
  // RFC 3339 in UTC sorts as text.
  compare(b.startedAt, a.startedAt) || compare(b.callId, a.callId)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Where the call stands, or would stand. */
export function placeOf(rows: readonly CallRow[], call: CallRow): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (newestFirst(rows[middle]!, call) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** `newer` among `older`; `older` must be in order. */
export function mergeCalls(
  older: readonly CallRow[],
  newer: readonly CallRow[],
): readonly CallRow[] {
  if (newer.length === 0) return older
  const latest = new Map(newer.map((call) => [call.callId, call]))
  const sorted = [...latest.values()].sort(newestFirst)
  const kept = older.filter(({ callId }) => !latest.has(callId))
  // The usual case, all of them newer than the list, is a join; else the few go where they belong.
  if (kept.length === 0 || newestFirst(sorted.at(-1)!, kept[0]!) < 0) return [...sorted, ...kept]
  for (const call of sorted) kept.splice(placeOf(kept, call), 0, call)
  return kept
}
