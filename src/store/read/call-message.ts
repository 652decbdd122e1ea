// A folded message as people see it.
import type { CallMessage, Tap } from '#contract'
import { cseqOf, type FoldedMessage, labelOf, type TracedMessage } from '#sip'
import { messageReport } from './message-report.ts'
import { timeText } from './time-text.ts'

/** IANA protocol numbers; 22 is what Kamailio sends for TLS and for WebSocket. */
const TRANSPORT_NAMES: ReadonlyMap<number, string> = new Map([
  [6, 'TCP'],
  [17, 'UDP'],
  [22, 'TLS'],
  [132, 'SCTP'],
])

/** Where a message belongs, and what is known of the media it is about. */
export interface MessagePlace {
  readonly callId: string
  readonly codec?: string
  /** For one that names no call itself. */
  readonly linkedBy?: string | undefined
}

export function callMessageOf(
  { message, taps }: FoldedMessage,
  { callId, codec = '', linkedBy }: MessagePlace,
): CallMessage {
  const report = messageReport(message, codec)
  return {
    at: timeText(message.atUs),
    src: { ip: message.srcIp, port: message.srcPort },
    dst: { ip: message.dstIp, port: message.dstPort },
    transport: TRANSPORT_NAMES.get(message.ipProtocol) ?? String(message.ipProtocol),
    label: labelOf(message),
    cseq: cseqOf(message),
    raw: message.payload.toString('utf8'),
    taps: taps.map(tapOf),
    callId,
    protocol: message.protocolType,
    ...(report === undefined ? {} : { report }),
    ...(linkedBy === undefined ? {} : { linkedBy }),
  }
}

function tapOf({ atUs, captureId, captureNode, receivedUs, clockClamped }: TracedMessage): Tap {
  return {
    at: timeText(atUs),
    captureId,
    capturedBy: captureNode,
    receivedAt: timeText(receivedUs),
    clockClamped,
  }
}
