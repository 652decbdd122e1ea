// Calls that failed like one that failed, an hour before and after it: is it this customer, this host,
// or everybody? Counted are calls with the same outcome and status, by the state of the whole call; of
// the nearest in time the messages are read too, for who refused them and with which reason.
//
// Limits: CALLS_MAX calls are summed up (the answer says `capped`), ROWS_MAX come with their verdict.
import type { SimilarCall, SimilarCalls } from '#contract'
import {
  type CallState,
  callStateOf,
  explainVerdict,
  finalStatusOf,
  foldTaps,
  outcomeOf,
  type Refusal,
  refusalOf,
} from '#sip'
import { callRowOf } from './call-row.ts'
import { loadCalls } from './load-calls.ts'
import { type LoadedTrace, loadTraces } from './load-trace.ts'
import { LISTED_ID_SQL } from './loose-segment.ts'
import type { MergedCall } from './merged-call.ts'
import type { ReadSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'
import { timeText } from './time-text.ts'

const AROUND_US = 3_600e6
const CALLS_MAX = 500
const ROWS_MAX = 20
const BOUNDS = { messagesMax: 500, bytesMax: 4 * 1024 * 1024 }
const GOOD: ReadonlySet<string> = new Set(['answered', 'completed', 'registered', 'ok', 'ringing'])

/** The calls that failed like this one; undefined when this one is not stored. */
export async function findSimilar(
  session: ReadSession,
  callId: string,
): Promise<SimilarCalls | undefined> {
  const wanted = (await loadTraces(session, [callId], BOUNDS)).get(callId)
  if (wanted === undefined) return undefined
  const { state } = wanted.call
  const range = { fromUs: state.firstUs - AROUND_US, toUs: state.lastUs + AROUND_US }
  const { calls, capped } = GOOD.has(outcomeOf(state))
    ? { calls: [], capped: false }
    : await alike(session, wanted.call, range)
  const refusal = refusalIn(wanted)
  const before = calls.filter((call) => call.state.firstUs < state.firstUs)
  return {
    from: timeText(range.fromUs),
    to: timeText(range.toUs),
    total: calls.length,
    capped,
    before: before.length,
    after: calls.length - before.length,
    sameHost: calls.filter(({ hosts }) => refusal !== undefined && hosts.has(refusal.host)).length,
    host: refusal?.host ?? null,
    calls: await explained(session, nearest(calls, state), refusal),
  }
}

interface TimeRange {
  readonly fromUs: number
  readonly toUs: number
}

async function alike(
  session: ReadSession,
  wanted: MergedCall,
  { fromUs, toUs }: TimeRange,
): Promise<{ calls: readonly MergedCall[]; capped: boolean }> {
  const params = new SqlParams()
  const condition = conditionOf(params, wanted)
  const text = `
    select ${LISTED_ID_SQL} as call_id, max(s.first_at) as at from (
      select * from call_segments s
      where s.first_at >= ${params.time(fromUs)} and s.first_at <= ${params.time(toUs)}
        and ${condition}
      order by abs(extract(epoch from s.first_at - ${params.time(wanted.state.firstUs)}))
      limit ${params.integer(CALLS_MAX + 1)}
    ) s group by 1`
  const rows = await session.rows<{ call_id: string }>(text, params.values)
  const callIds = rows.map(({ call_id }) => call_id).filter((id) => id !== wanted.callId)
  const calls = await loadCalls(session, callIds, {})
  const [outcome, status] = [outcomeOf(wanted.state), finalStatusOf(wanted.state)]
  return {
    calls: [...calls.values()]
      .map(({ call }) => call)
      .filter(({ state }) => outcomeOf(state) === outcome && finalStatusOf(state) === status)
      .filter((call) => !areLegs(call, wanted)),
    capped: rows.length > CALLS_MAX,
  }
}

/** The other legs of a call failed with it, not like it. */
function areLegs(a: MergedCall, b: MergedCall): boolean {
  const names = (one: MergedCall, other: MergedCall) =>
    one.correlation.has(`callid:${other.callId}`) ||
    [...one.correlation].some((key) => other.correlation.has(key))
  return names(a, b) || names(b, a)
}

/** Rows that may belong to such a call. Where nobody answered, requests to the same host. */
function conditionOf(params: SqlParams, { state }: MergedCall): string {
  const status = finalStatusOf(state)
  if (status === undefined)
    return `s.method = ${params.text(state.method)} and s.dst_ip = ${params.text(state.dstIp)}`
  const wanted = params.integer(status)
  return `(s.failure_status = ${wanted} or s.challenge_status = ${wanted})`
}

function nearest(calls: readonly MergedCall[], { firstUs }: CallState): readonly MergedCall[] {
  const away = ({ state }: MergedCall) => Math.abs(state.firstUs - firstUs)
  return calls.toSorted((a, b) => away(a) - away(b)).slice(0, ROWS_MAX)
}

async function explained(
  session: ReadSession,
  calls: readonly MergedCall[],
  refusal: Refusal | undefined,
): Promise<readonly SimilarCall[]> {
  if (calls.length === 0) return []
  const callIds = calls.map(({ callId }) => callId)
  const traces = await loadTraces(session, callIds, { messagesMax: 100, bytesMax: 256 * 1024 })
  return calls.flatMap((call) => {
    const trace = traces.get(call.callId)
    if (trace === undefined) return []
    const own = refusalIn(trace)
    return {
      call: callRowOf(call),
      verdict: explainVerdict(foldTaps(trace.messages), call.state).text,
      sameHost:
        refusal === undefined ? own === undefined : own !== undefined && own.host === refusal.host,
      sameReason: own !== undefined && own.reason !== '' && own.reason === refusal?.reason,
    }
  })
}

/** From the messages alone where some of the call's are left out. */
function refusalIn({ call, messages, omitted }: LoadedTrace): Refusal | undefined {
  return refusalOf(foldTaps(messages), omitted > 0 ? callStateOf(messages) : call.state)
}
