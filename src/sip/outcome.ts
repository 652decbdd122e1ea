// What a call's state means to a person: one of the outcomes of the contract, its final status, and
// how long setup and talking took. Pure functions over CallState, so a merged state gives the same
// answer as the whole call. docs/calls.md explains the same rules to users.
import type { Outcome } from '#contract'
import { type CallState, WITHIN_A_CALL } from './call-state.ts'

/**
 * A 2xx that crossed the caller's CANCEL is ended by a BYE at once (RFC 3261 §9.1). A 2xx after a
 * CANCEL that lasts longer is a fork: a proxy cancelled one branch and another one answered.
 */
const CROSSED_ANSWER_US_MAX = 2_000_000

/** Says how the call stands, see OUTCOMES. */
export function outcomeOf(state: CallState): Outcome {
  if (state.requestUs === undefined) return 'unknown'
  if (isCancelCrossed(state)) return 'cancelled'
  if (state.answerUs !== undefined) return answeredOutcome(state)
  if (isFailureLast(state)) return failedOutcome(state)
  if (state.cancelUs !== undefined) return 'cancelled'
  // A BYE without an answer: the capture began in the middle of the call.
  if (state.byeUs !== undefined && isWithinCall(state)) return 'completed'
  if (state.challengeUs !== undefined && !isAfter(state.ringUs, state.challengeUs)) {
    return 'auth-failed'
  }
  if (state.ringUs !== undefined) return 'ringing'
  return WITHIN_A_CALL.has(state.method) ? 'unknown' : 'trying'
}

/** Its earliest request belongs to a call; a BYE under a REGISTER's Call-ID is a client's mistake. */
function isWithinCall(state: CallState): boolean {
  return isCall(state) || WITHIN_A_CALL.has(state.method)
}

function isCancelCrossed({ answerUs, cancelUs, byeUs }: CallState): boolean {
  if (answerUs === undefined || cancelUs === undefined || cancelUs > answerUs) return false
  return byeUs !== undefined && byeUs - answerUs < CROSSED_ANSWER_US_MAX
}

function answeredOutcome(state: CallState): Outcome {
  if (state.byeUs !== undefined) return 'completed'
  if (isCall(state)) return 'answered'
  return state.method === 'REGISTER' ? 'registered' : 'ok'
}

function isCall(state: CallState): boolean {
  return state.inviteUs !== undefined || state.method === 'INVITE'
}

/** A failure counts unless a challenge or a CANCEL came after it: then something went on. */
function isFailureLast({ failureUs, challengeUs, cancelUs }: CallState): boolean {
  return (
    failureUs !== undefined && !isAfter(challengeUs, failureUs) && !isAfter(cancelUs, failureUs)
  )
}

function isAfter(us: number | undefined, otherUs: number): boolean {
  return us !== undefined && us > otherUs
}

function failedOutcome({ failureStatus }: CallState): Outcome {
  switch (failureStatus) {
    case 487:
      return 'cancelled'
    case 486:
    case 600:
      return 'busy'
    case 403:
    case 603:
    case 607:
    case 608:
      return 'rejected'
    case 408:
    case 480:
      return 'unanswered'
    default:
      return 'failed'
  }
}

/** The status that decided: the answer's, else the failure's, else the challenge's. */
export function finalStatusOf(state: CallState): number | undefined {
  if (state.answerUs !== undefined && !isCancelCrossed(state)) return state.answerStatus
  if (state.failureUs === undefined) return state.answerStatus ?? state.challengeStatus
  return isAfter(state.challengeUs, state.failureUs) ? state.challengeStatus : state.failureStatus
}

/** INVITE to first ringing or answer, in ms; undefined when one of them was not seen. */
export function setupMsOf({ inviteUs, ringUs, answerUs }: CallState): number | undefined {
  const firstUs = Math.min(ringUs ?? Number.POSITIVE_INFINITY, answerUs ?? Number.POSITIVE_INFINITY)
  if (inviteUs === undefined || firstUs === Number.POSITIVE_INFINITY) return undefined
  return spanMs(inviteUs, firstUs)
}

/** Answer to BYE, in ms; undefined unless the call's INVITE, its answer and its BYE were seen. */
export function durationMsOf(state: CallState): number | undefined {
  const { inviteUs, answerUs, byeUs } = state
  if (inviteUs === undefined || answerUs === undefined || byeUs === undefined) return undefined
  return isCancelCrossed(state) ? undefined : spanMs(answerUs, byeUs)
}

/** Clocks of different agents differ: what would be negative is 0. */
function spanMs(fromUs: number, toUs: number): number {
  return Math.max(0, toUs - fromUs) / 1000
}
