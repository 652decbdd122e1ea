// The worst quality anybody reported of a call's media, as MOS, from what its messages say: RTCP, agents,
// phones and border controllers (report.ts). A phone's RFC 6035 report counts for the call it names, not for
// the PUBLISH that brings it: `qualityElsewhere`.
import type { TracedMessage } from '../message.ts'
import { cutCallId } from '../wire-text.ts'
import { mayHoldReport } from './filed-under.ts'
import { phoneQuality, readPhoneReport } from './phone-report.ts'
import { isQualityType, readMediaReport } from './read-report.ts'
import type { QualityReport } from './report.ts'

/** The lowest MOS of the messages; undefined when nobody says anything about media. */
export function worstMosOf(messages: readonly TracedMessage[]): number | undefined {
  let worst: number | undefined
  for (const message of messages) {
    const mos = mosOfMessage(message)
    if (mos !== undefined && (worst === undefined || mos < worst)) worst = mos
  }
  return worst
}

// The writer asks this of every message: a payload may be a view that is made when it is asked for.
function mosOfMessage(message: TracedMessage): number | undefined {
  const { sip, protocolType } = message
  if (sip === undefined) {
    if (!isQualityType(protocolType)) return undefined
    const report = readMediaReport(protocolType, message.payload, message.atUs)
    return report !== undefined && 'streams' in report ? mosOfStreams(report) : undefined
  }
  if (sip.cseqMethod !== 'BYE' || sip.mayReport === false) return undefined
  const report = readPhoneReport(message.payload)
  return report === undefined ? undefined : mosOfStreams(report)
}

/** What a report says of calls it is not filed under, MOS by Call-ID. */
export function qualityElsewhere(message: TracedMessage): readonly (readonly [string, number])[] {
  const { sip, protocolType } = message
  const mayHold = sip === undefined ? protocolType === BORDER : mayHoldReport(sip.cseqMethod)
  if (!mayHold) return NOTHING
  const report = readMediaReport(protocolType, message.payload)
  if (report?.kind !== 'vq' && report?.kind !== 'border') return NOTHING
  const callId = cutCallId(report.kind === 'vq' ? report.callId : report.otherCallId)
  const mos = mosOfStreams(report)
  return callId === '' || callId === sip?.callId || mos === undefined ? NOTHING : [[callId, mos]]
}

const BORDER = 38
const NOTHING: readonly (readonly [string, number])[] = []

/** The lowest MOS of a report. */
function mosOfStreams({ streams }: Pick<QualityReport, 'streams'>): number | undefined {
  const known = streams.flatMap(({ mos }) => mos ?? [])
  return known.length > 0 ? Math.min(...known) : undefined
}

/** MOS of a header's value; undefined when it holds no measure of received media. */
export const mosOfReport = (report: string): number | undefined => phoneQuality(report).mos
