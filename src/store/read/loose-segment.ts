// Messages without any Call-ID (text that is not SIP, logs without a correlation id) are stored under
// the empty id. They are no call together: each such segment is listed, and opened, by itself under a
// name that says where it is. No real Call-ID has a blank in it.
//
//   (none) 1790000000000000#1048577
//          └ first_at, µs   └ id

export interface LooseSegment {
  readonly firstUs: number
  /** A bigint as text. */
  readonly id: string
}

/** SQL for the name a segment `s` is listed under. */
export const LISTED_ID_SQL = `(case when s.call_id = '' then
  '(none) ' || (extract(epoch from s.first_at) * 1000000)::bigint || '#' || s.id
  else s.call_id end)`

export function listedId(callId: string, { firstUs, id }: LooseSegment): string {
  return callId === '' ? `(none) ${firstUs}#${id}` : callId
}

/** The segment that a listed name stands for; undefined for a Call-ID. */
export function looseSegment(listed: string): LooseSegment | undefined {
  const match = /^\(none\) (\d{1,16})#(\d{1,18})$/.exec(listed)
  return match === null ? undefined : { firstUs: Number(match[1]), id: match[2]! }
}
