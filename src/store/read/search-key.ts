// The order of search results: newest start first, and among equal starts the greater Call-ID first,
// compared by bytes as PostgreSQL's collation "C" does. A key names a place in that order.

export interface SearchKey {
  readonly us: number
  readonly callId: string
}

/** Before everything: the newest end. */
export const NEWEST_KEY: SearchKey = { us: Number.POSITIVE_INFINITY, callId: '' }

/** The place before which all starts from `us` on lie, and no other. */
export function keyBefore(us: number): SearchKey {
  return { us, callId: '' }
}

/** For sorting; negative when `a` comes first. */
export function compareKeys(a: SearchKey, b: SearchKey): number {
  if (a.us !== b.us) return a.us > b.us ? -1 : 1
  if (a.callId === b.callId) return 0
  return -Buffer.compare(Buffer.from(a.callId), Buffer.from(b.callId))
}

/** Does `a` come after `b`, so that it is on a later page? */
export function isAfter(a: SearchKey, b: SearchKey): boolean {
  return compareKeys(a, b) > 0
}
