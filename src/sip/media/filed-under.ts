// Under which id a message that is no SIP belongs to its call, as it says itself:
//
//   chunk 17 of HEP        what every good agent sends
//   the report's own       Call-ID of RFC 6035, horaclifix, rtpagent; one written in a log line
//   the circuit            of ISUP
import type { TracedMessage } from '../message.ts'
import { cutCallId } from '../wire-text.ts'
import { readMediaReport } from './read-report.ts'
import type { MediaReport } from './report.ts'

/** Types whose payload may name the call. RTCP never does, and it is what comes most. */
const NAMING_TYPES = new Set([34, 35, 36, 37, 38, 54, 100])

/** The id; '' when it says none. */
export function reportedId(message: TracedMessage): string {
  const { protocolType, correlationId, payload } = message
  if (correlationId !== '') return cutCallId(correlationId)
  if (!NAMING_TYPES.has(protocolType)) return ''
  const report = readMediaReport(protocolType, payload)
  return report === undefined ? '' : cutCallId(idOf(report))
}

function idOf(report: MediaReport): string {
  if (report.kind === 'isup') return report.circuit
  return 'callId' in report ? report.callId : ''
}

/** Call-IDs in a report beside the one it is filed under: the other side's, a phone's call. */
export function namedCallIds({ protocolType, sip, payload }: TracedMessage): readonly string[] {
  const mayName = sip === undefined ? NAMING_TYPES.has(protocolType) : mayHoldReport(sip.cseqMethod)
  if (!mayName) return []
  const report = readMediaReport(protocolType, payload)
  if (report === undefined) return []
  const ids = [idOf(report), 'otherCallId' in report ? report.otherCallId : '']
  return report.kind === 'isup' || report.kind === 'log' ? [] : ids.filter((id) => id !== '')
}

/** Phones bring their RFC 6035 reports in a PUBLISH, some in a NOTIFY. */
export const mayHoldReport = (method: string): boolean =>
  method === 'PUBLISH' || method === 'NOTIFY'
