// What a call is held against, and the links that show one call to somebody else.
import type { CallDetail, CallRow } from './contract.ts'

/** The last good call to hold against one that failed. */
export interface GoodCall {
  /** Null when none is stored in the days that were searched. */
  readonly call: CallRow | null
  /** What the two have in common: caller and callee, the callee, or the two hosts; null without a call. */
  readonly shared: 'parties' | 'callee' | 'hosts' | null
  /** How far back was looked. */
  readonly since: string
}

/** A call that failed like another one. */
export interface SimilarCall {
  readonly call: CallRow
  readonly verdict: string
  /** The same host refused, or the same host kept silent. */
  readonly sameHost: boolean
  /** With the same Reason or Warning; false where the other gave none. */
  readonly sameReason: boolean
}

/** Calls that failed with the same status around the time of one. */
export interface SimilarCalls {
  /** The range that was searched. */
  readonly from: string
  readonly to: string
  /** Of the same outcome and status, without the call itself; 0 for a call that did not fail. */
  readonly total: number
  /** True when there are more than were looked at; the counts are then of the newest of them. */
  readonly capped: boolean
  readonly before: number
  readonly after: number
  /** Those in which the host took part that refused this one; 0 when nobody did. */
  readonly sameHost: number
  readonly host: string | null
  /** The nearest in time. */
  readonly calls: readonly SimilarCall[]
}

/** What is taken out of a shared call before anybody sees it. */
export interface ShareRedaction {
  /** The digits of numbers, but for the last two. */
  readonly numbers: boolean
  /** All message bodies; SDP stays. */
  readonly bodies: boolean
}

/** A link that shows one call to whoever has it. */
export interface Share {
  readonly id: string
  readonly callId: string
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly revokedAt: string | null
  readonly redact: ShareRedaction
  readonly openedCount: number
  readonly lastOpenedAt: string | null
}

/** What somebody with the link gets to see. */
export interface SharedCall {
  readonly call: CallDetail
  readonly expiresAt: string
  readonly redact: ShareRedaction
}
