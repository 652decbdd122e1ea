// sip: text -> message -> call -> ladder. Uses no other room.
export {
  type CallState,
  callStateOf,
  mergeCallStates,
} from './call-state.ts'
export { correlationKeysOf, KEYS_MAX } from './correlation.ts'
export { customHeaders, headerValue, readHeaders, type SipHeader } from './headers.ts'
export type * from './message.ts'
export { durationMsOf, finalStatusOf, outcomeOf, setupMsOf } from './outcome.ts'
export { parseSip } from './parse.ts'
export { type FoldedMessage, foldTaps } from './taps.ts'
export { CALL_ID_CHARS_MAX, cutCallId } from './wire-text.ts'
