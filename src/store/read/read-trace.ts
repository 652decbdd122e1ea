// Every message of some calls with its bytes, for export.
import { cutCallId, type TracedMessage } from '#sip'
import { loadTraces } from './load-trace.ts'
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
  let messages: readonly TracedMessage[] = []
  let [omitted, bytesLeft] = [0, EXPORT_BYTES_MAX]
  // One call after the other: what is fetched at a time is bounded.
  for (const callId of [...new Set(callIds.map(cutCallId))].slice(0, EXPORT_CALLS_MAX)) {
    const bounds = { messagesMax: EXPORT_MESSAGES_MAX, bytesMax: Math.max(0, bytesLeft) }
    const trace = (await loadTraces(session, [callId], bounds)).get(callId)
    if (trace === undefined) continue
    messages = messages.concat(trace.messages)
    for (const { payload } of trace.messages) bytesLeft -= payload.length
    omitted += trace.omitted
  }
  const sorted = messages.toSorted((a, b) => a.atUs - b.atUs)
  return Object.assign(sorted, { omitted })
}
