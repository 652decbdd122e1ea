// The last good call to hold against one that failed: what was different when it still worked?
//
//   1. caller and callee    the same two users
//   2. callee               anybody who reached the same user
//   3. hosts                any call between the same two hosts
//
// Looked for nearest in time first, in windows that grow: most often the last hour has one, and a user
// who makes a million calls a week is not read for a week. At most CANDIDATES_MAX a window are summed
// up, so a good call behind that many failures of an hour is found by the next kind or not at all.
import type { GoodCall } from '#contract'
import { outcomeOf } from '#sip'
import { callRowOf } from './call-row.ts'
import { loadCalls } from './load-calls.ts'
import { LISTED_ID_SQL } from './loose-segment.ts'
import type { MergedCall } from './merged-call.ts'
import type { ReadSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'
import { timeText } from './time-text.ts'

const HOUR_US = 3_600e6
/** Back from the call, nearest first. */
const WINDOWS_US = [HOUR_US, 24 * HOUR_US, 7 * 24 * HOUR_US]
const CANDIDATES_MAX = 100
/** What "good" is for each thing a call can be. */
const GOOD: ReadonlySet<string> = new Set(['answered', 'completed', 'registered', 'ok'])

type Shared = NonNullable<GoodCall['shared']>

/** The newest good call before this one; undefined when this one is not stored. */
export async function findGood(
  session: ReadSession,
  callId: string,
): Promise<GoodCall | undefined> {
  const wanted = (await loadCalls(session, [callId], {})).get(callId)?.call
  if (wanted === undefined) return undefined
  const beforeUs = wanted.state.firstUs
  const since = timeText(beforeUs - WINDOWS_US.at(-1)!)
  for (const shared of ['parties', 'callee', 'hosts'] as const) {
    let toUs = beforeUs
    for (const windowUs of WINDOWS_US) {
      const fromUs = beforeUs - windowUs
      const call = await newestGood(session, wanted, shared, { fromUs, toUs })
      if (call !== undefined) return { call: callRowOf(call), shared, since }
      toUs = fromUs
      // By hosts no index helps: an hour of everybody's calls is walked, not a week.
      if (shared === 'hosts') break
    }
  }
  return { call: null, shared: null, since }
}

interface TimeRange {
  readonly fromUs: number
  readonly toUs: number
}

async function newestGood(
  session: ReadSession,
  wanted: MergedCall,
  shared: Shared,
  { fromUs, toUs }: TimeRange,
): Promise<MergedCall | undefined> {
  const params = new SqlParams()
  const condition = conditionOf(params, wanted, shared)
  if (condition === undefined) return undefined
  // The answer may stand in another row than the request: rows say who called, the whole call how it went.
  const text = `
    select ${LISTED_ID_SQL} as call_id from call_segments s
    where s.first_at >= ${params.time(fromUs)} and s.first_at < ${params.time(toUs)}
      and s.method = ${params.text(wanted.state.method)} and ${condition}
    order by s.first_at desc limit ${params.integer(CANDIDATES_MAX)}`
  const rows = await session.rows<{ call_id: string }>(text, params.values)
  const callIds = [...new Set(rows.map(({ call_id }) => call_id))]
  const calls = await loadCalls(session, callIds, {})
  return callIds
    .flatMap((id) => calls.get(id)?.call ?? [])
    .filter(({ callId, state }) => callId !== wanted.callId && GOOD.has(outcomeOf(state)))
    .sort((a, b) => onPath(b, wanted) - onPath(a, wanted) || b.state.firstUs - a.state.firstUs)[0]
}

/** A leg is best held against the same leg: between a caller and a callee there may be several. */
function onPath({ state }: MergedCall, wanted: MergedCall): number {
  return Number(state.srcIp === wanted.state.srcIp) + Number(state.dstIp === wanted.state.dstIp)
}

function conditionOf(
  params: SqlParams,
  { state: { fromUser, toUser, srcIp, dstIp } }: MergedCall,
  shared: Shared,
): string | undefined {
  switch (shared) {
    case 'parties':
      return fromUser === '' || toUser === ''
        ? undefined
        : `s.from_user = ${params.text(fromUser)} and s.to_user = ${params.text(toUser)}`
    case 'callee':
      return toUser === '' ? undefined : `s.to_user = ${params.text(toUser)}`
    case 'hosts':
      return srcIp === '' || dstIp === ''
        ? undefined
        : `s.src_ip = ${params.text(srcIp)} and s.dst_ip = ${params.text(dstIp)}`
  }
}
