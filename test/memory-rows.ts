// A call and its messages as the API shows them, made of what was captured.
import type { CallMessage, CallRow } from '#contract'
import {
  callStateOf,
  cseqOf,
  durationMsOf,
  type FoldedMessage,
  finalStatusOf,
  labelOf,
  outcomeOf,
  setupMsOf,
  type TracedMessage,
  worstMosOf,
} from '#sip'
import { isoTime } from './fixture-messages.ts'

export function rowOf(callId: string, messages: readonly TracedMessage[]): CallRow {
  const state = callStateOf(messages)
  return {
    ...{ callId, startedAt: isoTime(state.firstUs), endedAt: isoTime(state.lastUs) },
    ...{ from: state.fromUser, to: state.toUser, method: state.method },
    ...{ status: finalStatusOf(state) ?? null, outcome: outcomeOf(state) },
    ...{ setupMs: setupMsOf(state) ?? null, durationMs: durationMsOf(state) ?? null },
    ...{ mos: worstMosOf(messages) ?? null, messageCount: messages.length },
    ...{ userAgent: state.userAgent, srcIp: state.srcIp, dstIp: state.dstIp },
    protocol: messages[0]!.protocolType,
  }
}

export const messageOf = ({ message, taps }: FoldedMessage): CallMessage => ({
  at: isoTime(message.atUs),
  src: { ip: message.srcIp, port: message.srcPort },
  dst: { ip: message.dstIp, port: message.dstPort },
  transport: { 6: 'TCP', 17: 'UDP' }[message.ipProtocol] ?? String(message.ipProtocol),
  label: labelOf(message),
  cseq: cseqOf(message),
  raw: message.payload.toString(),
  taps: taps.map(({ atUs, receivedUs, captureId, captureNode, clockClamped }) => ({
    ...{ at: isoTime(atUs), receivedAt: isoTime(receivedUs), captureId },
    ...{ capturedBy: captureNode, clockClamped },
  })),
  callId: message.sip?.callId ?? message.correlationId,
  protocol: message.protocolType,
})
