// Every message of some calls with its bytes, for export; the reports on their media that name no call too.
import { cutCallId, type TracedMessage } from '#sip'
import { findReports, mediaOfTraces } from './find-reports.ts'
import { type LoadedTrace, loadTraces, type TraceBounds } from './load-trace.ts'
import type { ReadSession } from './read-session.ts'

/** Messages of one call in an export. */
export const EXPORT_MESSAGES_MAX = 50_000
const EXPORT_CALLS_MAX = 100
/** Payload bytes in an export. */
const EXPORT_BYTES_MAX = 256 * 1024 * 1024

/** The messages in order of time; `omitted` older ones were beyond the limits, 0 = whole. */
export interface ExportedTrace extends ReadonlyArray<TracedMessage> {
  readonly omitted: number
}

export async function readTrace(
  session: ReadSession,
  callIds: readonly string[],
): Promise<ExportedTrace> {
  const traces: LoadedTrace[] = []
  let [omitted, bytesLeft] = [0, EXPORT_BYTES_MAX]
  // One call after the other: what is fetched at a time is bounded.
  for (const callId of [...new Set(callIds.map(cutCallId))].slice(0, EXPORT_CALLS_MAX)) {
    const bounds = { messagesMax: EXPORT_MESSAGES_MAX, bytesMax: Math.max(0, bytesLeft) }
    const trace = (await loadTraces(session, [callId], bounds)).get(callId)
    if (trace === undefined) continue
    traces.push(trace)
    for (const { payload } of trace.messages) bytesLeft -= payload.length
    omitted += trace.omitted
  }
  const bounds = { messagesMax: EXPORT_MESSAGES_MAX, bytesMax: Math.max(0, bytesLeft) }
  const reports = await reportsOn(session, traces, bounds)
  const messages = [...traces.map((trace) => trace.messages), reports].flat()
  const sorted = messages.sort((a, b) => a.atUs - b.atUs)
  return Object.assign(sorted, { omitted })
}

async function reportsOn(
  session: ReadSession,
  traces: readonly LoadedTrace[],
  bounds: TraceBounds,
): Promise<readonly TracedMessage[]> {
  if (traces.length === 0) return []
  const found = await findReports(session, traces, mediaOfTraces(traces), bounds)
  return found.map(({ message }) => message)
}
