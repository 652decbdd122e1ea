// What the verdict points at: the messages of a call that decided it, found among folded ones.
import { headerValue } from './headers.ts'
import type { SipRequest, SipResponse, TracedMessage } from './message.ts'
import type { FoldedMessage } from './taps.ts'

export interface Found<Sip> {
  readonly index: number
  readonly message: TracedMessage
  readonly sip: Sip
}

export type FoundRequest = Found<SipRequest>
export type FoundResponse = Found<SipResponse>

/** The first request that fits. */
export function findRequest(
  folded: readonly FoldedMessage[],
  fits: (sip: SipRequest, message: TracedMessage) => boolean,
): FoundRequest | undefined {
  for (const [index, { message }] of folded.entries()) {
    const { sip } = message
    if (sip?.kind === 'request' && fits(sip, message)) return { index, message, sip }
  }
  return undefined
}

/** The first response that fits. */
export function findResponse(
  folded: readonly FoldedMessage[],
  fits: (sip: SipResponse, message: TracedMessage) => boolean,
): FoundResponse | undefined {
  for (const [index, { message }] of folded.entries()) {
    const { sip } = message
    if (sip?.kind === 'response' && fits(sip, message)) return { index, message, sip }
  }
  return undefined
}

/** How often the message at that place was sent again. */
export function repeatsOf(folded: readonly FoldedMessage[], index: number): number {
  return folded.filter(({ repeatOf }) => repeatOf === index).length
}

/** An ACK for that response's transaction, on the hop where the response was seen. */
export function isAcknowledged(
  folded: readonly FoldedMessage[],
  { message, sip }: FoundResponse,
): boolean {
  const ack = findRequest(
    folded,
    (request, { dstIp, srcIp }) =>
      request.method === 'ACK' &&
      request.cseq === sip.cseq &&
      // The ACK to a 2xx may take another way than the response did (RFC 3261 §13.2.2.4).
      (sip.status < 300 || (srcIp === message.dstIp && dstIp === message.srcIp)),
  )
  return ack !== undefined
}

/**
 * The reason a message gives, as people read it: 'Q.850 16 Normal call clearing' from
 * `Reason: Q.850;cause=16;text="…"` (RFC 3326), else the text of a Warning; '' without either.
 */
export function reasonOf({ payload }: TracedMessage): string {
  const reason = headerValue(payload, 'Reason')
  if (reason !== undefined) return readReason(reason.slice(0, HEADER_CHARS_MAX))
  const warning = headerValue(payload, 'Warning')
  return warning === undefined ? '' : `warning: ${readWarning(warning.slice(0, HEADER_CHARS_MAX))}`
}

const HEADER_CHARS_MAX = 1_024
const TEXT_CHARS_MAX = 120

function readReason(value: string): string {
  const protocol = /^[^\s;,]+/.exec(value)?.[0] ?? ''
  const cause = /;\s*cause\s*=\s*(\d+)/i.exec(value)?.[1] ?? ''
  const text = /;\s*text\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,\s]+))/i.exec(value)
  const words = [protocol, cause, text?.[1] ?? text?.[2] ?? '']
  return words
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, TEXT_CHARS_MAX)
}

/** Warning: 399 host.example "text" */
function readWarning(value: string): string {
  const warning = /^(\d+)\s+\S+\s+"((?:[^"\\]|\\.)*)"/.exec(value)
  return (warning ? `${warning[1]} ${warning[2]}` : value).slice(0, TEXT_CHARS_MAX)
}
