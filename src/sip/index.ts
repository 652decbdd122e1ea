// sip: text -> message -> call -> ladder. Uses no other room.
export { type CallState, callStateOf, mergeCallStates } from './call-state.ts'
export { correlationKeysOf, KEYS_MAX, type KeyEvidence, keyEvidenceOf } from './correlation.ts'
export { type DrawOptions, renderLadder } from './draw-ladder.ts'
export {
  customHeaders,
  headerValue,
  readHeaders,
  type SipHeader,
  visitHeaders,
} from './headers.ts'
export { cseqOf, labelOf } from './label.ts'
export { type Ladder, layOutLadder } from './ladder.ts'
export { type CallFacts, callFactsOf, type JoinedLeg, joinLegs } from './legs.ts'
export { mayHoldReport, reportedId } from './media/filed-under.ts'
export {
  addressesOfPacket,
  mediaIdOf,
  mediaKeysOf,
  mediaKeysWithin,
  mediaOfCall,
  plainIp,
} from './media/media-address.ts'
export { qualityElsewhere, worstMosOf } from './media/quality.ts'
export { isQualityType, readMediaReport } from './media/read-report.ts'
export type * from './media/report.ts'
export { summariseReport } from './media/summarise-report.ts'
export type * from './message.ts'
export { durationMsOf, finalStatusOf, outcomeOf, setupMsOf } from './outcome.ts'
export { parseSip } from './parse.ts'
export { type Parties, readParties } from './parties.ts'
export {
  type MediaDirection,
  parseSdp,
  type Sdp,
  type SdpFormat,
  type SdpMedia,
  type SdpOrigin,
} from './sdp.ts'
export { sipSkim, skimSip } from './skim.ts'
export { summariseSdp } from './summarise-sdp.ts'
export { type FoldedMessage, foldTaps } from './taps.ts'
export { explainVerdict, type Verdict, verdictOf } from './verdict.ts'
export { type Refusal, refusalOf } from './verdict-failure.ts'
export { CALL_ID_CHARS_MAX, cutCallId } from './wire-text.ts'
