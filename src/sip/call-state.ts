// The state of a call, made so that it can be merged: a call is stored as segments, each summing up
// the messages of one batch, and  state(a ++ b) = merge(state(a), state(b))  however the messages
// were dealt out. That holds because every field is a minimum, a maximum or a sum over messages; a
// field that goes with a time (a status, a name) is decided by a total order when times are equal:
// the earliest request by what it begins, then by its fields as text; an answer by the lower status,
// a failure or challenge by the higher, a BYE by the address that sorts first.
//
// What counts as an answer, failure or challenge is decided by each response alone, since a segment
// may hold nothing else: any response except to ACK, BYE, CANCEL, PRACK, UPDATE and INFO, which
// happen inside a call and say nothing about how it began.
//
// Times are microseconds since 1970 by the agents' clocks; undefined = it did not happen (yet).
import type { SipRequest, SipResponse, TracedMessage } from './message.ts'

/** What ended up on the wire for one Call-ID, or the part of it in one segment. */
export interface CallState {
  readonly firstUs: number
  readonly lastUs: number
  readonly messageCount: number
  /** The earliest request: names the parties. */
  readonly requestUs: number | undefined
  readonly method: string
  readonly fromUser: string
  readonly fromDomain: string
  readonly toUser: string
  readonly toDomain: string
  readonly ruriUser: string
  readonly ruriDomain: string
  readonly userAgent: string
  readonly srcIp: string
  readonly dstIp: string
  /** First INVITE without a To tag. */
  readonly inviteUs: number | undefined
  /** First 180, 181, 182 or 183 to the INVITE. */
  readonly ringUs: number | undefined
  /** First 2xx to an INVITE, REGISTER or any other request that begins something. */
  readonly answerUs: number | undefined
  readonly answerStatus: number | undefined
  /** Last 3xx–6xx to the INVITE (or to REGISTER, …) that is not a challenge. */
  readonly failureUs: number | undefined
  readonly failureStatus: number | undefined
  /** Last 401 or 407. */
  readonly challengeUs: number | undefined
  readonly challengeStatus: number | undefined
  readonly cancelUs: number | undefined
  readonly byeUs: number | undefined
  /** Address that sent the first BYE. */
  readonly byeIp: string
}

type Draft = { -readonly [Field in keyof CallState]: CallState[Field] }
/** What a request or a state says about the parties, apart from the addresses it travelled between. */
type Parties = Pick<
  CallState,
  | 'method'
  | 'fromUser'
  | 'fromDomain'
  | 'toUser'
  | 'toDomain'
  | 'ruriUser'
  | 'ruriDomain'
  | 'userAgent'
>

/** The state of one call's messages, in any order. Of no messages: times ±Infinity, count 0. */
export function callStateOf(messages: readonly TracedMessage[]): CallState {
  const draft = emptyDraft()
  for (const message of messages) addMessage(draft, message)
  return draft
}

/** The state of two parts of a call together; `callStateOf([])` is its neutral element. */
export function mergeCallStates(a: CallState, b: CallState): CallState {
  const draft: Draft = { ...a }
  draft.firstUs = Math.min(a.firstUs, b.firstUs)
  draft.lastUs = Math.max(a.lastUs, b.lastUs)
  draft.messageCount = a.messageCount + b.messageCount
  if (b.requestUs !== undefined) offerParties(draft, b.requestUs, b, b.srcIp, b.dstIp)
  draft.inviteUs = earlier(a.inviteUs, b.inviteUs)
  draft.ringUs = earlier(a.ringUs, b.ringUs)
  draft.cancelUs = earlier(a.cancelUs, b.cancelUs)
  if (b.answerUs !== undefined) offerAnswer(draft, b.answerUs, b.answerStatus ?? 0)
  if (b.failureUs !== undefined) offerFailure(draft, b.failureUs, b.failureStatus ?? 0)
  if (b.challengeUs !== undefined) offerChallenge(draft, b.challengeUs, b.challengeStatus ?? 0)
  if (b.byeUs !== undefined) offerBye(draft, b.byeUs, b.byeIp)
  return draft
}

function emptyDraft(): Draft {
  return {
    firstUs: Number.POSITIVE_INFINITY,
    lastUs: Number.NEGATIVE_INFINITY,
    messageCount: 0,
    requestUs: undefined,
    method: '',
    fromUser: '',
    fromDomain: '',
    toUser: '',
    toDomain: '',
    ruriUser: '',
    ruriDomain: '',
    userAgent: '',
    srcIp: '',
    dstIp: '',
    inviteUs: undefined,
    ringUs: undefined,
    answerUs: undefined,
    answerStatus: undefined,
    failureUs: undefined,
    failureStatus: undefined,
    challengeUs: undefined,
    challengeStatus: undefined,
    cancelUs: undefined,
    byeUs: undefined,
    byeIp: '',
  }
}

function addMessage(draft: Draft, message: TracedMessage): void {
  const { atUs, sip } = message
  if (atUs < draft.firstUs) draft.firstUs = atUs
  if (atUs > draft.lastUs) draft.lastUs = atUs
  draft.messageCount += 1
  if (sip === undefined) return
  if (sip.kind === 'request') addRequest(draft, message, sip)
  else addResponse(draft, atUs, sip)
}

function addRequest(draft: Draft, { atUs, srcIp, dstIp }: TracedMessage, sip: SipRequest): void {
  offerParties(draft, atUs, sip, srcIp, dstIp)
  switch (sip.method) {
    case 'INVITE':
      if (sip.toTag === '') draft.inviteUs = earlier(draft.inviteUs, atUs)
      break
    case 'CANCEL':
      draft.cancelUs = earlier(draft.cancelUs, atUs)
      break
    case 'BYE':
      offerBye(draft, atUs, srcIp)
      break
  }
}

/** Methods that happen inside a call: their responses do not decide how it went. */
export const WITHIN_A_CALL = new Set(['ACK', 'BYE', 'CANCEL', 'PRACK', 'UPDATE', 'INFO'])

function addResponse(draft: Draft, atUs: number, { status, cseqMethod }: SipResponse): void {
  if (status < 200) {
    if (status >= 180 && status <= 183 && cseqMethod === 'INVITE') {
      draft.ringUs = earlier(draft.ringUs, atUs)
    }
  } else if (WITHIN_A_CALL.has(cseqMethod)) return
  else if (status < 300) offerAnswer(draft, atUs, status)
  else if (status === 401 || status === 407) offerChallenge(draft, atUs, status)
  else offerFailure(draft, atUs, status)
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}

function offerParties(draft: Draft, us: number, by: Parties, srcIp: string, dstIp: string): void {
  const { requestUs } = draft
  if (requestUs !== undefined) {
    if (us > requestUs) return
    if (
      us === requestUs &&
      !(partyText(by, srcIp, dstIp) < partyText(draft, draft.srcIp, draft.dstIp))
    ) {
      return
    }
  }
  draft.requestUs = us
  draft.method = by.method
  draft.fromUser = by.fromUser
  draft.fromDomain = by.fromDomain
  draft.toUser = by.toUser
  draft.toDomain = by.toDomain
  draft.ruriUser = by.ruriUser
  draft.ruriDomain = by.ruriDomain
  draft.userAgent = by.userAgent
  draft.srcIp = srcIp
  draft.dstIp = dstIp
}

/**
 * The order of requests of one time: those that begin something first, because coarse clocks put an
 * INVITE and its ACK into one tick. Else any total order will do that is the same on every node.
 */
function partyText(by: Parties, srcIp: string, dstIp: string): string {
  return JSON.stringify([
    WITHIN_A_CALL.has(by.method) ? 1 : 0,
    by.method,
    by.fromUser,
    by.fromDomain,
    by.toUser,
    by.toDomain,
    by.ruriUser,
    by.ruriDomain,
    by.userAgent,
    srcIp,
    dstIp,
  ])
}

function offerAnswer(draft: Draft, us: number, status: number): void {
  const { answerUs, answerStatus } = draft
  const isFirst = answerUs === undefined || us < answerUs
  if (!isFirst && !(us === answerUs && status < (answerStatus ?? 0))) return
  draft.answerUs = us
  draft.answerStatus = status
}

function offerFailure(draft: Draft, us: number, status: number): void {
  const { failureUs, failureStatus } = draft
  const isLast = failureUs === undefined || us > failureUs
  if (!isLast && !(us === failureUs && status > (failureStatus ?? 0))) return
  draft.failureUs = us
  draft.failureStatus = status
}

function offerChallenge(draft: Draft, us: number, status: number): void {
  const { challengeUs, challengeStatus } = draft
  const isLast = challengeUs === undefined || us > challengeUs
  if (!isLast && !(us === challengeUs && status > (challengeStatus ?? 0))) return
  draft.challengeUs = us
  draft.challengeStatus = status
}

function offerBye(draft: Draft, us: number, ip: string): void {
  if (
    draft.byeUs !== undefined &&
    (us > draft.byeUs || (us === draft.byeUs && ip >= draft.byeIp))
  ) {
    return
  }
  draft.byeUs = us
  draft.byeIp = ip
}
