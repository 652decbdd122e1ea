// The verdict's words for calls that came to nothing: who refused, how late, and what went wrong on
// the way. Among several hops the response seen first is taken: it is seen first beside its sender.
import {
  type FoundResponse,
  findRequest,
  findResponse,
  isAcknowledged,
  reasonOf,
  repeatsOf,
} from './call-evidence.ts'
import type { CallState } from './call-state.ts'
import { headerValue } from './headers.ts'
import { labelOf } from './label.ts'
import { finalStatusOf } from './outcome.ts'
import { msBetween, spanText } from './span-text.ts'
import type { FoldedMessage } from './taps.ts'

type Folded = readonly FoldedMessage[]

/** '503 Service Unavailable from 10.9.0.3 4.1 s after INVITE', 'retransmitted 3 times', 'no ACK' … */
export function failureSentence(folded: Folded, state: CallState): readonly string[] {
  const status = finalStatusOf(state)
  const failure = findResponse(folded, (sip) => sip.status === status && sip.cseqMethod !== 'BYE')
  if (failure === undefined) return [String(status)]
  return [
    `${labelOf(failure.message)} from ${failure.message.srcIp} ${whenText(failure, state)}`,
    timesText('retransmitted', repeatsOf(folded, failure.index)),
    requestRepeats(folded, state.method),
    failure.sip.cseqMethod === 'INVITE' && !isAcknowledged(folded, failure) ? 'no ACK' : '',
    reasonOf(failure.message),
  ]
}

function whenText({ message, sip }: FoundResponse, state: CallState): string {
  const { ringUs, inviteUs, requestUs } = state
  if (ringUs !== undefined && ringUs < message.atUs) {
    return `after ${spanText(msBetween(ringUs, message.atUs))} of ringing`
  }
  return `${spanText(msBetween(inviteUs ?? requestUs, message.atUs))} after ${sip.cseqMethod}`
}

function timesText(what: string, count: number): string {
  if (count === 0) return ''
  return count === 1 ? `${what} once` : `${what} ${count} times`
}

/** Nobody heard the request at first, or nobody heard the answer. */
function requestRepeats(folded: Folded, method: string): string {
  const request = findRequest(folded, (sip) => sip.method === method)
  if (request === undefined) return ''
  return timesText(`${method} retransmitted`, repeatsOf(folded, request.index))
}

/** '401 Unauthorized from 10.0.0.9', 'credentials sent, not accepted' */
export function authSentence(folded: Folded): readonly string[] {
  const challenge = findResponse(folded, ({ status }) => isChallenge(status))
  if (challenge === undefined) return ['challenged']
  const answered = folded.some(({ message: { sip, payload } }) => {
    return sip?.kind === 'request' && sip.method !== 'ACK' && hasCredentials(payload)
  })
  return [
    `${labelOf(challenge.message)} from ${challenge.message.srcIp}`,
    challengeCount(folded) > 1 ? `${challengeCount(folded)} challenges` : '',
    answered ? 'the credentials sent were not accepted' : 'no credentials followed',
  ]
}

function hasCredentials(payload: Buffer): boolean {
  return ['Authorization', 'Proxy-Authorization'].some(
    (name) => headerValue(payload, name) !== undefined,
  )
}

function isChallenge(status: number): boolean {
  return status === 401 || status === 407
}

/** 'after one challenge', as the registrar asked for credentials; '' when nobody did. */
export function challengeClause(folded: Folded): string {
  const count = challengeCount(folded)
  if (count === 0) return ''
  return count === 1 ? 'after one challenge' : `after ${count} challenges`
}

/** Each CSeq is one attempt, however many hops and taps show its challenge. */
function challengeCount(folded: Folded): number {
  const attempts = new Set<number>()
  for (const { message } of folded) {
    const { sip } = message
    if (sip?.kind === 'response' && isChallenge(sip.status)) attempts.add(sip.cseq)
  }
  return attempts.size
}

/** The call hangs: nothing came back, or nothing that decides. */
export function tryingSentence(folded: Folded, state: CallState): readonly string[] {
  const response = folded.findLast(({ message: { sip } }) => sip?.kind === 'response')
  const lastMs = msBetween(state.requestUs, state.lastUs)
  if (response === undefined) {
    return [
      `no response: ${state.method} to ${state.dstIp}`,
      requestRepeats(folded, state.method),
      `last seen ${spanText(lastMs)} after the first`,
    ]
  }
  const { message } = response
  return [
    `trying: nothing after ${labelOf(message)} from ${message.srcIp}`,
    requestRepeats(folded, state.method),
  ]
}
