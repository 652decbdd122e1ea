// One page of search results.
//
// A page never stands for more than it is: `nextCursor` is null only when nothing older matches. A
// request that has looked through WALK_LIMITS without filling its page hands back what it found, be
// it nothing, and the cursor to go on with.
import type { CallPage, CallSearch } from '#contract'
import { callRowOf } from './call-row.ts'
import { CallWalk, type WalkLimits } from './call-walk.ts'
import type { MergedCall } from './merged-call.ts'
import { matchesQuery, needsMessages } from './query-match.ts'
import { parseQuery } from './query-parse.ts'
import { printQuery } from './query-print.ts'
import { candidateCondition, isLookup, minuteCondition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import { cursorText, readCursor } from './search-cursor.ts'
import { keyBefore, NEWEST_KEY } from './search-key.ts'
import { SqlParams } from './sql-params.ts'

export const WALK_LIMITS: WalkLimits = {
  callsMax: 20_000,
  msMax: 3_000,
  pendingMax: 2_000,
  rowsFirst: 100,
}
/** Rows on a page; the API asks for no more. */
export const PAGE_ROWS_MAX = 1_000
/** An hour of calls, or the last calls of the hour where that is many. */
const FIRST_WINDOW_US = 3_600_000_000
/** How far before the range a call's beginning is looked for, to say that the row is partial. */
const BEFORE_RANGE_US = 86_400_000_000

export interface SearchOptions {
  /** Headers that the writer keeps in the rows, lower case. */
  readonly storedHeaders: ReadonlySet<string>
  readonly limits?: WalkLimits
  readonly nowUs?: number
}

/** Checked before a connection is taken: throws QueryError for a bad query or cursor. */
export function planSearch(search: CallSearch, { storedHeaders, nowUs }: SearchOptions) {
  const query = parseQuery(search.q)
  const text = printQuery(query)
  const cursor = search.cursor === undefined ? undefined : readCursor(search.cursor, text)
  const top = search.toUs === undefined ? NEWEST_KEY : keyBefore(search.toUs)
  return {
    text,
    walk: {
      condition: candidateCondition(query, storedHeaders),
      minutes: minuteCondition(query, storedHeaders),
      matches: (call: MergedCall) => matchesQuery(query, call, storedHeaders),
      withMessages: needsMessages(query, storedHeaders),
      fromUs: cursor === undefined ? search.fromUs : cursor.fromUs,
      after: cursor?.after ?? top,
      isResumed: cursor !== undefined,
      carried: cursor?.carried ?? [],
      everyCall: cursor?.everyCall ?? false,
      nowUs: nowUs ?? Date.now() * 1_000,
      // A lookup asks every partition's index once; there is nothing to gain by going step by step.
      firstWindowUs: isLookup(query) ? Number.POSITIVE_INFINITY : FIRST_WINDOW_US,
    },
  }
}

export async function searchCalls(
  session: ReadSession,
  { text, walk }: ReturnType<typeof planSearch>,
  limit: number,
  limits: WalkLimits = WALK_LIMITS,
): Promise<CallPage> {
  const rowsMax = Math.max(1, Math.min(limit, PAGE_ROWS_MAX))
  const { calls, next } = await new CallWalk(session, walk, limits).page(rowsMax)
  const begunBefore = await callsBegunBefore(session, calls, walk.fromUs)
  const { fromUs } = walk
  return {
    calls: calls.map((call) =>
      callRowOf(begunBefore.has(call.callId) ? { ...call, isWhole: false } : call),
    ),
    nextCursor: next === undefined ? null : cursorText({ ...next, query: text, fromUs }),
  }
}

/** Those of the calls that have older segments than the range shows. */
async function callsBegunBefore(
  session: ReadSession,
  calls: readonly MergedCall[],
  fromUs: number | undefined,
): Promise<ReadonlySet<string>> {
  if (fromUs === undefined || calls.length === 0) return new Set()
  const params = new SqlParams()
  const text = `
    select wanted.call_id from unnest(${params.texts(calls.map(({ callId }) => callId))}) wanted (call_id)
    where exists (select from call_segments s where s.call_id = wanted.call_id
      and s.first_at >= ${params.time(Math.max(0, fromUs - BEFORE_RANGE_US))}
      and s.first_at < ${params.time(fromUs)} offset 0)`
  const rows = await session.rows<{ call_id: string }>(text, params.values)
  return new Set(rows.map(({ call_id }) => call_id))
}
