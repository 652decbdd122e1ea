// Messages in the order they must have happened. Agents mirror what they send a moment after sending
// it, often from another process than the one that already has the answer, and clocks of several
// agents differ; so a trace in order of its times shows answers before their questions (every eighth
// call or so of a Kamailio on a fast network). Times stay as they were captured; only the order is
// mended, and only where SIP leaves no doubt, on one hop between two hosts:
//
//     request A>B  ──▶  its responses B>A              same branch, CSeq and method
//     final response to INVITE B>A  ──▶  ACK A>B       same CSeq number
//     401, 407 B>A  ──▶  the request with credentials  same method, next CSeq number
//
// Limit: what is apart by more than CAUSE_US_MAX stays: a trace that began in the middle, wrong clocks.
import type { TracedMessage } from './message.ts'

/** A cause seen later than this after its consequence is another one: half of T1, as in taps.ts. */
const CAUSE_US_MAX = 250_000
/** Causes of causes of causes; more is no call. */
const DEPTH_MAX = 16

/** Puts causes before their consequences; else keeps the order of `sorted`, which is by time. */
export function inCausalOrder<Entry>(
  sorted: readonly Entry[],
  messageOf: (entry: Entry) => TracedMessage,
): Entry[] {
  const causes = new Map<string, Entry>()
  for (const entry of sorted)
    for (const key of causedBy(messageOf(entry))) if (!causes.has(key)) causes.set(key, entry)
  const ordered = new Set<Entry>()
  const place = (entry: Entry, depth: number) => {
    const { atUs, sip } = messageOf(entry)
    const cause = sip === undefined ? undefined : causes.get(causeOf(messageOf(entry)))
    const isLate = cause !== undefined && cause !== entry && !ordered.has(cause)
    if (isLate && depth < DEPTH_MAX && messageOf(cause).atUs - atUs <= CAUSE_US_MAX)
      place(cause, depth + 1)
    ordered.add(entry)
  }
  for (const entry of sorted) place(entry, 0)
  return [...ordered]
}

/** Names for everything this message can be the cause of. */
function causedBy({ srcIp, dstIp, sip }: TracedMessage): readonly string[] {
  if (sip === undefined) return []
  const { cseq, cseqMethod, branch } = sip
  const back = `${dstIp}>${srcIp}`
  if (sip.kind === 'request') return [`response ${back} ${cseq} ${cseqMethod} ${branch}`]
  const keys: string[] = []
  if (sip.status >= 200 && cseqMethod === 'INVITE') keys.push(`ACK ${back} ${cseq}`)
  if (sip.status === 401 || sip.status === 407) keys.push(`again ${back} ${cseq + 1} ${cseqMethod}`)
  return keys
}

/** The name of what must have come before it. */
function causeOf({ srcIp, dstIp, sip }: TracedMessage): string {
  const path = `${srcIp}>${dstIp}`
  const { cseq, cseqMethod, branch } = sip!
  if (sip!.kind === 'response') return `response ${path} ${cseq} ${cseqMethod} ${branch}`
  return sip!.method === 'ACK' ? `ACK ${path} ${cseq}` : `again ${path} ${cseq} ${cseqMethod}`
}
