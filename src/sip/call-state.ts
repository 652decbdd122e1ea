// The state of a call, made so that it can be merged: a call is stored as segments, each summing up
// the messages of one batch, and  state(a ++ b) = merge(state(a), state(b))  however the messages
// were dealt out. That holds because every field is a minimum, a maximum or a sum over messages.
//
// Times are microseconds since 1970 by the agents' clocks; undefined = it did not happen (yet).

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
  /** First 2xx to the method of the earliest request. */
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

/** How a call stands, in the words of the trade. `q=outcome:failed` searches it. */
export const OUTCOMES = [
  'trying', // INVITE seen, nothing decided
  'ringing', // 18x seen, nothing decided
  'answered', // 2xx seen, no BYE yet: the call is up
  'completed', // 2xx and BYE
  'cancelled', // the caller gave up (CANCEL or 487)
  'busy', // 486 or 600
  'rejected', // 403, 603, 607, 608 …: somebody said no
  'unanswered', // 408, 480: nobody there
  'failed', // any other 3xx–6xx that ended it
  'auth-failed', // challenged, and nothing after it
  'registered', // REGISTER answered with 2xx
  'ok', // any other request answered with 2xx
  'unknown', // no request seen
] as const
export type Outcome = (typeof OUTCOMES)[number]
