// One sentence on how a call went and why, as a voice engineer would put it. Rules only, each of them
// pointing at messages of the trace (`evidence`, see citations.ts); what the trace does not show is not
// said.
//
//   failed: 503 Service Unavailable from 10.9.0.3 4.1 s after INVITE, retransmitted 3 times, no ACK
//   completed: answered after 2.3 s, 34 s long, ended by the caller (10.0.0.1)
//   cancelled by the caller after 8.2 s of ringing
//   registered after one challenge
import {
  type FoundResponse,
  findRequest,
  findResponse,
  isAcknowledged,
  reasonOf,
} from './call-evidence.ts'
import type { CallState } from './call-state.ts'
import { cite, type Evidence, readCitations } from './citations.ts'
import { labelOf } from './label.ts'
import { readRtcp } from './media/rtcp.ts'
import { durationMsOf, outcomeOf } from './outcome.ts'
import { msBetween, spanText } from './span-text.ts'
import type { FoldedMessage } from './taps.ts'
import {
  authSentence,
  challengeClause,
  failureSentence,
  tryingSentence,
} from './verdict-failure.ts'

type Folded = readonly FoldedMessage[]

/** How a call went, and which messages say so. */
export interface Verdict {
  readonly text: string
  readonly evidence: readonly Evidence[]
}

/** Says in one sentence how the call went; `folded` are the messages `state` was made of. */
export function verdictOf(folded: Folded, state: CallState): string {
  return explainVerdict(folded, state).text
}

/** The same sentence with the place in `folded` of each message its words rest on. */
export function explainVerdict(folded: Folded, state: CallState): Verdict {
  return readCitations(markedVerdict(folded, state))
}

function markedVerdict(folded: Folded, state: CallState): string {
  const outcome = outcomeOf(state)
  switch (outcome) {
    case 'completed':
      return sentence(completedClauses(folded, state))
    case 'answered':
      return sentence(answeredClauses(folded, state))
    case 'cancelled':
      return sentence(cancelledClauses(folded, state))
    case 'busy':
    case 'rejected':
    case 'unanswered':
    case 'failed':
      return `${outcome}: ${sentence(failureSentence(folded, state))}`
    case 'auth-failed':
      return `auth-failed: ${sentence(authSentence(folded))}`
    case 'registered':
      return sentence([registeredText(folded), challengeClause(folded)], ' ')
    case 'ok':
      return sentence(okClauses(folded, state))
    case 'ringing':
      return `${cite(ringIndex(folded), 'ringing')} for ${spanText(msBetween(state.ringUs, state.lastUs))}, nothing decided`
    case 'trying':
      return sentence(tryingSentence(folded, state))
    case 'unknown':
      return unknownText(folded)
  }
}

function sentence(clauses: readonly string[], joint = ', '): string {
  return clauses.filter((clause) => clause !== '').join(joint)
}

function completedClauses(folded: Folded, state: CallState): readonly string[] {
  const durationMs = durationMsOf(state)
  if (durationMs === undefined) {
    return [`completed: ${endedText(folded, state)}`, 'the capture begins within the call']
  }
  return [
    `completed: ${cite(answerOf(folded)?.index, `answered after ${answerDelay(state)}`)}`,
    `${spanText(durationMs)} long`,
    acknowledgedClause(folded),
    endedText(folded, state),
    qualityClause(folded),
  ]
}

function answerDelay({ inviteUs, answerUs }: CallState): string {
  return spanText(msBetween(inviteUs, answerUs))
}

/** Who hung up: the dialog's tags tell even behind proxies, where addresses do not. */
function endedText(folded: Folded, state: CallState): string {
  const bye = findRequest(folded, ({ method }) => method === 'BYE')
  const invite = findRequest(folded, ({ method, toTag }) => method === 'INVITE' && toTag === '')
  if (bye === undefined) return `ended by ${state.byeIp}`
  const party = bye.sip.fromTag === invite?.sip.fromTag ? 'caller' : 'callee'
  const who = invite === undefined ? state.byeIp : `the ${party} (${state.byeIp})`
  const reason = reasonOf(bye.message)
  return cite(bye.index, `ended by ${who}${reason === '' ? '' : `: ${reason}`}`)
}

function answeredClauses(folded: Folded, state: CallState): readonly string[] {
  const lastMs = msBetween(state.answerUs, state.lastUs)
  const opening =
    state.inviteUs === undefined
      ? 'answered: the capture begins within the call'
      : cite(answerOf(folded)?.index, `answered after ${answerDelay(state)}`)
  const last = cite(folded.length - 1, `last message ${spanText(lastMs)} after the answer`)
  const seen = `no BYE seen, ${last}`
  return [opening, acknowledgedClause(folded), seen, qualityClause(folded)]
}

/** An answer without ACK is sent again and again, then the call dies (RFC 3261 §13.3.1.4). */
function acknowledgedClause(folded: Folded): string {
  const answer = answerOf(folded)
  if (answer === undefined || isAcknowledged(folded, answer)) return ''
  return cite(answer.index, `no ACK to the ${labelOf(answer.message)}`)
}

function answerOf(folded: Folded): FoundResponse | undefined {
  return findResponse(
    folded,
    ({ status, cseqMethod }) => cseqMethod === 'INVITE' && status >= 200 && status < 300,
  )
}

function ringIndex(folded: Folded): number | undefined {
  return findResponse(folded, ({ status, cseqMethod }) => {
    return cseqMethod === 'INVITE' && status > 100 && status < 200
  })?.index
}

function cancelledClauses(folded: Folded, state: CallState): readonly string[] {
  const cancel = findRequest(folded, ({ method }) => method === 'CANCEL')
  if (cancel === undefined) {
    return [`cancelled: ${sentence(failureSentence(folded, state))}`, 'no CANCEL seen']
  }
  const byCaller = findRequest(
    folded,
    ({ method }, { srcIp }) => method === 'CANCEL' && srcIp === state.srcIp,
  )
  const who = byCaller === undefined ? `${cancel.message.srcIp}, not the caller,` : 'the caller'
  const reason = reasonOf(cancel.message)
  return [
    `${cite((byCaller ?? cancel).index, `cancelled by ${who}`)} after ${cancelDelay(folded, state)}`,
    cite(cancel.index, reason),
    state.answerUs === undefined
      ? ''
      : cite(answerOf(folded)?.index, 'the answer crossed the CANCEL'),
  ]
}

function cancelDelay(folded: Folded, { inviteUs, ringUs, cancelUs, requestUs }: CallState): string {
  if (ringUs !== undefined && ringUs <= (cancelUs ?? 0)) {
    return cite(ringIndex(folded), `${spanText(msBetween(ringUs, cancelUs))} of ringing`)
  }
  return `${spanText(msBetween(inviteUs ?? requestUs, cancelUs))} without ringing`
}

/** A REGISTER that takes its bindings back says so with Expires 0 (RFC 3261 §10.2.2). */
function registeredText(folded: Folded): string {
  const index = folded.findLastIndex(({ message: { sip } }) => {
    return sip?.kind === 'request' && sip.method === 'REGISTER'
  })
  const register = folded[index]
  const head = register?.message.payload.toString('latin1', 0, register.message.sip?.bodyAt) ?? ''
  const isTakenBack = /^expires[ \t]*:[ \t]*0[ \t]*\r?$/im.test(head)
  return cite(index, isTakenBack ? 'unregistered' : 'registered')
}

function okClauses(folded: Folded, state: CallState): readonly string[] {
  const ok = findResponse(folded, ({ status, cseqMethod }) => {
    return status === state.answerStatus && cseqMethod === state.method
  })
  if (ok === undefined) return [`${state.method} answered with ${state.answerStatus}`]
  const afterMs = msBetween(state.requestUs, ok.message.atUs)
  const answer = `${state.method} answered with ${labelOf(ok.message)}`
  const challenge = challengeClause(folded)
  const said = `${answer} by ${ok.message.srcIp} after ${spanText(afterMs)}`
  return [cite(ok.index, said), challenge]
}

const LOSS_MIN = 0.01

/** Only what is bad enough to be heard. */
function qualityClause(folded: Folded): string {
  let [worst, worstIndex] = [0, 0]
  for (const [index, { message }] of folded.entries()) {
    if (message.protocolType !== 5) continue
    for (const { fractionLost } of readRtcp(message.payload)?.blocks ?? []) {
      if (fractionLost <= worst) continue
      worst = fractionLost
      worstIndex = index
    }
  }
  const said = `up to ${Math.round(worst * 100)} % of the media lost`
  return worst < LOSS_MIN ? '' : cite(worstIndex, said)
}

function unknownText(folded: Folded): string {
  if (folded.length === 0) return 'nothing seen'
  const labels = [...new Set(folded.map(({ message }) => labelOf(message)))]
  const shown = labels.slice(0, 3).join(', ')
  return `unknown: only ${shown}${labels.length > 3 ? ' …' : ''} seen`
}
