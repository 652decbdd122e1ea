// The order of messages within a call: by time, and where the clocks say 'at once', by what SIP says
// must come first. Equal microseconds are common: agents without fine clocks, HEPv1 without any time.
import type { TracedMessage } from './message.ts'

/**
 * Compares two messages of a call: time, then CSeq, then request, provisional response, final
 * response, ACK; a request's hops in the order of its travel, a response's in the reverse.
 */
export function compareInCall(a: TracedMessage, b: TracedMessage): number {
  return a.atUs - b.atUs || compareAtOnce(a, b)
}

function compareAtOnce(a: TracedMessage, b: TracedMessage): number {
  const rank =
    (a.sip?.cseq ?? 0) - (b.sip?.cseq ?? 0) || stepOf(a) - stepOf(b) || hopOf(a) - hopOf(b)
  return rank || a.receivedUs - b.receivedUs || Buffer.compare(a.payload, b.payload)
}

/** Place in a transaction. An ACK has its INVITE's CSeq and comes after the final response. */
function stepOf({ sip }: TracedMessage): number {
  if (sip === undefined) return 1000 // logs and reports tell of what has happened
  if (sip.kind === 'response') return sip.status
  return sip.method === 'ACK' ? 999 : sip.method === 'CANCEL' ? 199 : 0
}

/** Each hop adds a Via to a request and takes one off a response. */
function hopOf({ sip, payload }: TracedMessage): number {
  if (sip === undefined) return 0
  const vias = payload.toString('latin1', 0, sip.bodyAt).match(/^(?:via|v)[ \t]*:/gim)?.length ?? 0
  return sip.kind === 'request' ? vias : -vias
}
