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
