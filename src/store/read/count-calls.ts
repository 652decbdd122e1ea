// How many calls match over a time range, by bucket and outcome, within a time that a person waits
// for. Exact where that can be had; where not, the answer says what it is:
//
//   the query narrows enough   all matching calls are walked                     exact
//   else, slices of buckets    counted in ever more slices (time-slices.ts)      exact when all were,
//     while time lasts         and scaled up                                     else `share` < 1
//   messages must be read      walked from the newest while time lasts           `coveredFrom`
//
// A call counts where it begins, as in a search: with `from`, a call that began before counts from its
// first message in the range.
import type { CallCountQuery, CallCounts, Outcome } from '#contract'
import { outcomeOf } from '#sip'
import { loadCalls } from './load-calls.ts'
import { LISTED_ID_SQL } from './loose-segment.ts'
import type { ReadSession } from './read-session.ts'
import { PAGE_ROWS_MAX, planSearch, type SearchOptions, searchCalls } from './search-calls.ts'
import { readCursor } from './search-cursor.ts'
import { SqlParams, usSql } from './sql-params.ts'
import { bucketUsFor, SLICES, slicesOf, type TimeSpan } from './time-slices.ts'
import { timeText } from './time-text.ts'

/** How long a count may take; the first sample is finished whatever it takes. */
export interface CountLimits {
  readonly walkMsMax: number
  readonly sampleMsMax: number
}
const LIMITS: CountLimits = { walkMsMax: 1_000, sampleMsMax: 1_500 }
const IDS_MAX = 60_000
const LOADED_AT_ONCE = 1_000
const WALKED_MAX = 30_000
/** Of fewer calls a sample says nothing: then it goes on, for so many times longer. */
const SAMPLE_MIN = 1_000
const POOR_TIMES = 2
/** Loading fewer takes as long as loading these: what a statement costs at least. */
const FEW_CALLS = 200

interface Tally {
  readonly buckets: Map<number, Map<Outcome, number>>
  total: number
}

interface Count {
  readonly tally: Tally
  readonly share: number
  readonly coveredFromUs: number
}

/** Counts; throws QueryError as a search does. `search` is made by `planCount`. */
export async function countCalls(
  session: ReadSession,
  { plan, query, nowUs }: ReturnType<typeof planCount>,
  limits: CountLimits = LIMITS,
): Promise<CallCounts> {
  const toUs = query.toUs ?? nowUs + 1
  const fromUs = Math.min(query.fromUs ?? (await oldestUs(session)) ?? toUs - 1, toUs - 1)
  const counting = { session, plan, span: { fromUs, toUs }, cut: query.fromUs, limits }
  const bucketUs = bucketUsFor(counting.span, query.buckets)
  const isWalked = plan.walk.condition !== undefined || plan.walk.withMessages
  const walked = isWalked ? await walk(counting, bucketUs) : undefined
  // A walk that got stuck on messages would be no quicker in slices.
  const isDone = walked !== undefined && (walked.coveredFromUs <= fromUs || plan.walk.withMessages)
  return answer(isDone ? walked : await sample(counting, bucketUs), counting.span, bucketUs)
}

/** Checked before a connection is taken. */
export function planCount(query: CallCountQuery, options: SearchOptions) {
  const nowUs = options.nowUs ?? Date.now() * 1_000
  const search = { ...query, limit: PAGE_ROWS_MAX, cursor: undefined }
  return { plan: planSearch(search, { ...options, nowUs }), query, nowUs, options }
}

interface Counting {
  readonly session: ReadSession
  readonly plan: ReturnType<typeof planSearch>
  readonly span: TimeSpan
  /** Segments before this do not count; undefined = all do. */
  readonly cut: number | undefined
  readonly limits: CountLimits
}

/** Every page of the search, until its end or the end of the time. */
async function walk({ session, plan, span, limits }: Counting, bucketUs: number): Promise<Count> {
  const startedMs = performance.now()
  const tally: Tally = { buckets: new Map(), total: 0 }
  let walk = plan.walk
  for (;;) {
    const leftMs = limits.walkMsMax - (performance.now() - startedMs)
    const page = await searchCalls(session, { ...plan, walk }, PAGE_ROWS_MAX, {
      ...{ callsMax: WALKED_MAX, msMax: Math.max(50, leftMs), pendingMax: 2_000, rowsFirst: 1_000 },
    })
    for (const { startedAt, outcome } of page.calls) add(tally, usOf(startedAt), bucketUs, outcome)
    if (page.nextCursor === null) return { tally, share: 1, coveredFromUs: span.fromUs }
    const { after, carried, everyCall } = readCursor(page.nextCursor, plan.text)
    const isSpent = performance.now() - startedMs >= limits.walkMsMax || tally.total >= WALKED_MAX
    if (isSpent) return { tally, share: 1, coveredFromUs: Math.min(after.us, span.toUs) }
    walk = { ...walk, after, carried, everyCall, isResumed: true }
  }
}

/** Ever more slices of every bucket, until all or until the next ones would take too long. */
async function sample(counting: Counting, bucketUs: number): Promise<Count> {
  const startedMs = performance.now()
  const tally: Tally = { buckets: new Map(), total: 0 }
  let done = 0
  let next = 1
  let msACall = 0
  let loaded = 0
  while (done < SLICES) {
    const spans = slicesOf(counting.span, bucketUs, done, next)
    const ids = await callsIn(counting, spans)
    const leftMs = counting.limits.sampleMsMax - (performance.now() - startedMs)
    const isPoor = loaded < SAMPLE_MIN && leftMs > -POOR_TIMES * counting.limits.sampleMsMax
    const isTooMuch = ids.length >= IDS_MAX || ids.length * msACall > leftMs
    if (isTooMuch && done > 0 && !(isPoor && next <= done * 2)) {
      // The rest was too bold; a step as large as what is done is the least that is worth it.
      if (next <= done * 2) break
      next = done * 2
      if (leftMs <= 0 && !isPoor) break
      continue
    }
    const loadMs = performance.now()
    loaded += await countLoaded(counting, { ids, spans }, bucketUs, tally)
    msACall = (performance.now() - loadMs) / Math.max(FEW_CALLS, ids.length)
    done = next
    next = nextStep(
      done,
      loaded,
      msACall,
      counting.limits.sampleMsMax - (performance.now() - startedMs),
    )
    if (next === done && isPoor) next = Math.min(SLICES, done * 2)
    if (next === done) break
  }
  return { tally, share: done / SLICES, coveredFromUs: counting.span.fromUs }
}

/** All of the rest when that can be afforded, else what can. */
function nextStep(done: number, loaded: number, msACall: number, leftMs: number): number {
  if (done === SLICES) return done
  const perSlice = Math.max(loaded, 1) / done
  const affordable = leftMs / Math.max(0.001, msACall * perSlice)
  if (affordable >= SLICES - done) return SLICES
  // Powers of two: slices then lie evenly.
  const step = 2 ** Math.floor(Math.log2(Math.max(1, done + affordable)))
  return Math.max(step, done)
}

async function countLoaded(
  { session, plan, cut }: Counting,
  { ids, spans }: { readonly ids: readonly string[]; readonly spans: readonly TimeSpan[] },
  bucketUs: number,
  tally: Tally,
): Promise<number> {
  for (let at = 0; at < ids.length; at += LOADED_AT_ONCE) {
    const some = ids.slice(at, at + LOADED_AT_ONCE)
    const calls = await loadCalls(session, some, {
      ...{ fromUs: cut, condition: undefined, withMessages: plan.walk.withMessages },
    })
    // One that began elsewhere is counted there.
    for (const { call, firstUs } of calls.values())
      if (isWithin(spans, firstUs) && plan.walk.matches(call))
        add(tally, firstUs, bucketUs, outcomeOf(call.state))
  }
  return ids.length
}

/**
 * The calls that have segments in any of the spans. Whether they begin there is seen when they are
 * loaded: asked in SQL, PostgreSQL may compare each segment with every one before it.
 */
async function callsIn(
  { session }: Counting,
  spans: readonly TimeSpan[],
): Promise<readonly string[]> {
  const params = new SqlParams()
  const froms = params.texts(spans.map(({ fromUs }) => timeText(fromUs)))
  const tos = params.texts(spans.map(({ toUs }) => timeText(toUs)))
  const rows = await session.rows<{ call_id: string }>(
    `select distinct found.call_id from unnest(${froms}, ${tos}) span (from_at, to_at),
      lateral (select ${LISTED_ID_SQL} as call_id from call_segments s
        where s.first_at >= span.from_at::timestamptz and s.first_at < span.to_at::timestamptz
        offset 0) found
     limit ${IDS_MAX}`,
    params.values,
  )
  return rows.map(({ call_id }) => call_id)
}

/** Spans are in order and apart. */
function isWithin(spans: readonly TimeSpan[], us: number): boolean {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.toUs <= us) low = middle + 1
    else high = middle
  }
  return low < spans.length && spans[low]!.fromUs <= us
}

async function oldestUs(session: ReadSession): Promise<number | undefined> {
  const [row] = await session.rows<{ us: string | null }>(
    `select ${usSql('min(first_at)')} as us from call_segments`,
    [],
  )
  return row?.us == null ? undefined : Number(row.us)
}

function add(tally: Tally, us: number, bucketUs: number, outcome: Outcome): void {
  const bucket = Math.floor(us / bucketUs)
  const counts = tally.buckets.get(bucket) ?? new Map<Outcome, number>()
  tally.buckets.set(bucket, counts.set(outcome, (counts.get(outcome) ?? 0) + 1))
  tally.total += 1
}

const usOf = (text: string): number => Date.parse(text) * 1_000

function answer(
  { tally, share, coveredFromUs }: Count,
  { fromUs, toUs }: TimeSpan,
  bucketUs: number,
): CallCounts {
  const scaled = (n: number) => (share === 1 ? n : Math.round(n / share))
  const buckets = [...tally.buckets].sort(([a], [b]) => a - b)
  return {
    from: timeText(fromUs),
    to: timeText(toUs),
    bucketMs: bucketUs / 1_000,
    buckets: buckets.map(([bucket, counts]) => ({
      at: timeText(bucket * bucketUs),
      counts: Object.fromEntries([...counts].map(([outcome, n]) => [outcome, scaled(n)])),
    })),
    total: scaled(tally.total),
    share,
    coveredFrom: timeText(Math.max(fromUs, coveredFromUs)),
  }
}
