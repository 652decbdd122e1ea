// Opens a call: all its segments without a time range, the legs that belong to it, taps folded, ladder
// and verdict. Five statements for a call with legs, four for one without (see find-relatives.ts).
import type { CallDetail, CallRow, Leg, ReadCallOptions } from '#contract'
import { type CallFacts, callFactsOf, cutCallId, type JoinedLeg, joinLegs, worstMosOf } from '#sip'
import { callMessages } from './call-messages.ts'
import { callRowOf, partyText } from './call-row.ts'
import { callVerdict } from './call-verdict.ts'
import { findRelatives } from './find-relatives.ts'
import { type FoundReport, findReports, mediaOfTraces } from './find-reports.ts'
import { type LoadedTrace, loadTraces, type TraceBounds } from './load-trace.ts'
import type { ReadSession } from './read-session.ts'
import { timeText } from './time-text.ts'

/** Enough of a call to tell what it belongs to, however few messages were asked for. */
const FACTS_MESSAGES_MIN = 500
/** More than anybody looks at; exports have limits of their own. */
const MESSAGES_MAX = 100_000
const BYTES_MAX = 96 * 1024 * 1024
/** Of each of up to RELATIVES_MAX others. */
const RELATIVE_BYTES_MAX = 8 * 1024 * 1024

/** The call with its legs; undefined when no segment of it is stored. */
export async function readCall(
  session: ReadSession,
  asked: string,
  { correlate, messagesMax, with: others = [] }: ReadCallOptions,
): Promise<CallDetail | undefined> {
  const callId = cutCallId(asked)
  const shownMax = Math.max(0, Math.min(messagesMax, MESSAGES_MAX))
  const bounds = { messagesMax: Math.max(shownMax, FACTS_MESSAGES_MIN), bytesMax: BYTES_MAX }
  const wanted = (await loadTraces(session, [callId], bounds)).get(callId)
  if (wanted === undefined) return undefined
  const relatives: ReadonlyMap<string, LoadedTrace> = correlate
    ? await findRelatives(session, wanted, { ...bounds, bytesMax: RELATIVE_BYTES_MAX })
    : new Map()
  const joined = joinLegs(factsOf(wanted), [...relatives.values()].map(factsOf))
  const legs = joined.map((leg) => ({ leg, trace: relatives.get(leg.callId)! }))
  const known = new Set([callId, ...legs.map(({ leg }) => leg.callId)])
  const merged = await mergedWith(session, others, known, bounds)
  const whole = [wanted, ...legs.map(({ trace }) => trace), ...merged.traces]
  const media = mediaOfTraces(whole)
  const reports = correlate
    ? await findReports(session, whole, media, { ...bounds, bytesMax: RELATIVE_BYTES_MAX })
    : []
  const { folded, ...shown } = callMessages(whole, reports, media, shownMax)
  return {
    callId,
    ...callVerdict(
      wanted,
      legs.map(({ trace }) => trace),
      folded,
    ),
    summary: summaryOf(wanted, reports),
    legs: [
      legOf(wanted, { callId, reasons: [], score: 1 }),
      ...legs.map(({ leg, trace }) => legOf(trace, leg)),
      ...merged.traces.map((trace) => ({ ...legOf(trace, MERGED), merged: true as const })),
    ],
    ...shown,
    ...(merged.missing.length > 0 ? { missing: merged.missing } : {}),
  }
}

/** As in the list, and the worst of what only its media addresses tell to be about it. */
function summaryOf({ call }: LoadedTrace, reports: readonly FoundReport[]): CallRow {
  const row = callRowOf(call)
  const own = reports.filter(({ callId }) => callId === call.callId)
  const mos = worstMosOf(own.map(({ message }) => message))
  return mos === undefined
    ? row
    : { ...row, mos: Math.min(row.mos ?? 5, Math.round(mos * 100) / 100) }
}

/** Other calls asked for in the same ladder, joined by nothing but the wish to see them together. */
async function mergedWith(
  session: ReadSession,
  asked: readonly string[],
  known: ReadonlySet<string>,
  bounds: TraceBounds,
): Promise<{ traces: readonly LoadedTrace[]; missing: readonly string[] }> {
  const callIds = [...new Set(asked.map(cutCallId))].filter((callId) => !known.has(callId))
  if (callIds.length === 0) return { traces: [], missing: [] }
  const found = await loadTraces(session, callIds, { ...bounds, bytesMax: RELATIVE_BYTES_MAX })
  return {
    traces: callIds.flatMap((callId) => found.get(callId) ?? []),
    missing: callIds.filter((callId) => !found.has(callId)),
  }
}

/** Keys that only the rows know (of messages left out) count too; the state is that of all segments. */
function factsOf({ call, messages }: LoadedTrace): CallFacts {
  const facts = callFactsOf(call.callId, messages)
  const known = new Set(facts.evidence.map(({ key }) => key))
  const stored = [...call.correlation].filter((key) => !known.has(key))
  return {
    ...facts,
    state: call.state,
    evidence: [...facts.evidence, ...stored.map((key) => ({ key, source: '' }))],
  }
}

/** How a leg that nothing joins is said to be joined. */
const MERGED = { reasons: ['asked for together'], score: 1 }

function legOf(
  { call }: LoadedTrace,
  { callId = call.callId, reasons, score }: Omit<JoinedLeg, 'callId'> & Partial<JoinedLeg>,
): Leg {
  const { state } = call
  return {
    callId,
    startedAt: timeText(state.firstUs),
    from: partyText(state.fromUser, state.fromDomain),
    to: partyText(state.toUser, state.toDomain),
    reasons,
    score,
  }
}
