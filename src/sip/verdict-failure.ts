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
import { cite } from './citations.ts'
import { headerValue } from './headers.ts'
import { labelOf } from './label.ts'
import type { TracedMessage } from './message.ts'
import { finalStatusOf } from './outcome.ts'
import { msBetween, spanText } from './span-text.ts'
import type { FoldedMessage } from './taps.ts'

type Folded = readonly FoldedMessage[]

/** '503 Service Unavailable from 10.9.0.3 4.1 s after INVITE', 'retransmitted 3 times', 'no ACK' … */
export function failureSentence(folded: Folded, state: CallState): readonly string[] {
  const status = finalStatusOf(state)
  const failure = findResponse(folded, (sip) => sip.status === status && sip.cseqMethod !== 'BYE')
  if (failure === undefined) return [String(status)]
  const isUnheard = failure.sip.cseqMethod === 'INVITE' && !isAcknowledged(folded, failure)
  const who = cite(failure.index, `${labelOf(failure.message)} from ${failure.message.srcIp}`)
  return [
    `${who} ${whenText(folded, failure, state)}`,
    repeatsText(folded, 'retransmitted', failure.index),
    requestRepeats(folded, state.method),
    isUnheard ? cite(failure.index, 'no ACK') : '',
    cite(failure.index, reasonOf(failure.message)),
  ]
}

/** A final answer that ended a call. */
export interface Refusal {
  readonly host: string
  /** Whom it was told to. */
  readonly toHost: string
  /** '503 Service Unavailable' */
  readonly label: string
  /** From its Reason or Warning; '' without one. */
  readonly reason: string
  readonly message: TracedMessage
}

/** Who made a call fail; undefined when nobody refused it. */
export function refusalOf(folded: Folded, state: CallState): Refusal | undefined {
  const status = finalStatusOf(state)
  const failure = findResponse(folded, (sip) => sip.status === status && sip.cseqMethod !== 'BYE')
  if (failure === undefined || failure.sip.status < 300) return undefined
  const { message } = failure
  const { srcIp: host, dstIp: toHost } = message
  return { host, toHost, label: labelOf(message), reason: reasonOf(message), message }
}

function whenText(folded: Folded, { message, sip }: FoundResponse, state: CallState): string {
  const { ringUs, inviteUs, requestUs } = state
  if (ringUs !== undefined && ringUs < message.atUs) {
    const ring = findResponse(folded, ({ status }) => status > 100 && status < 200)
    return `after ${cite(ring?.index, `${spanText(msBetween(ringUs, message.atUs))} of ringing`)}`
  }
  const request = findRequest(folded, ({ method }) => method === sip.cseqMethod)
  const afterMs = msBetween(inviteUs ?? requestUs, message.atUs)
  return cite(request?.index, `${spanText(afterMs)} after ${sip.cseqMethod}`)
}

/** Points at the first of the repeats. */
function repeatsText(folded: Folded, what: string, index: number): string {
  const first = folded.findIndex(({ repeatOf }) => repeatOf === index)
  return cite(first, timesText(what, repeatsOf(folded, index)))
}

function timesText(what: string, count: number): string {
  if (count === 0) return ''
  return count === 1 ? `${what} once` : `${what} ${count} times`
}

/** Nobody heard the request at first, or nobody heard the answer. */
function requestRepeats(folded: Folded, method: string): string {
  const request = findRequest(folded, (sip) => sip.method === method)
  if (request === undefined) return ''
  return repeatsText(folded, `${method} retransmitted`, request.index)
}

/** '401 Unauthorized from 10.0.0.9', 'credentials sent, not accepted' */
export function authSentence(folded: Folded): readonly string[] {
  const challenge = findResponse(folded, ({ status }) => isChallenge(status))
  if (challenge === undefined) return ['challenged']
  const answered = folded.findIndex(({ message: { sip, payload } }) => {
    return sip?.kind === 'request' && sip.method !== 'ACK' && hasCredentials(payload)
  })
  return [
    cite(challenge.index, `${labelOf(challenge.message)} from ${challenge.message.srcIp}`),
    challengeCount(folded) > 1 ? `${challengeCount(folded)} challenges` : '',
    answered < 0
      ? 'no credentials followed'
      : cite(answered, 'the credentials sent were not accepted'),
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
  const first = findResponse(folded, ({ status }) => isChallenge(status))
  return `after ${cite(first?.index, count === 1 ? 'one challenge' : `${count} challenges`)}`
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
  const index = folded.findLastIndex(({ message: { sip } }) => sip?.kind === 'response')
  const response = folded[index]
  const lastMs = msBetween(state.requestUs, state.lastUs)
  if (response === undefined) {
    return [
      `no response: ${cite(findRequest(folded, ({ method }) => method === state.method)?.index, `${state.method} to ${state.dstIp}`)}`,
      requestRepeats(folded, state.method),
      cite(folded.length - 1, `last seen ${spanText(lastMs)} after the first`),
    ]
  }
  const { message } = response
  return [
    `trying: nothing after ${cite(index, `${labelOf(message)} from ${message.srcIp}`)}`,
    requestRepeats(folded, state.method),
  ]
}
