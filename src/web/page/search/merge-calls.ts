// Two lists of calls as one: newest first, each call once. A call seen again is the newer picture of
// it, because more of it was stored in between.
import type { CallRow } from '#contract'

// What live may pile up before the oldest rows go; Search shows them again.
const ROWS_MAX = 5000

/** `newer` over `older`. */
export function mergeCalls(
  older: readonly CallRow[],
  newer: readonly CallRow[],
): readonly CallRow[] {
  if (newer.length === 0) return older
  const byId = new Map(older.map((call) => [call.callId, call]))
  for (const call of newer) byId.set(call.callId, call)
  return [...byId.values()].sort(newestFirst).slice(0, ROWS_MAX)
}

// RFC 3339 in UTC sorts as text. Equal times need an order too, or rows would jump.
const newestFirst = (a: CallRow, b: CallRow): number =>
  compare(b.startedAt, a.startedAt) || compare(b.callId, a.callId)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
