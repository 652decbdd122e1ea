// What became of a packet: the same packet as the operator wishes it, or the reason why nobody keeps it.
import type { HepPacket } from '#hep'
import type { RejectReason } from '#ledger'
import type { SipMessage } from '#sip'

export type Filtered = Passed | Discarded

/** Not to be kept, by nobody; counted in the ledger under `reason`. */
export interface Discarded {
  readonly kind: 'discarded'
  readonly reason: Extract<RejectReason, 'discarded' | 'duplicate'>
  readonly detail: string
}

/** To be kept, like this. */
export interface Passed {
  readonly kind: 'passed'
  /**
   * As it is to be kept. `correlationId` is chunk 17, or what a header of `alegIds` says, or what a script set;
   * empty when there is none (homer7 then takes the Call-ID).
   */
  readonly packet: HepPacket
  /** Its SIP, with the fields a script set; undefined for other protocols and what is not SIP. */
  readonly sip: SipMessage | undefined
  /** Where further headers are to be read: the payload without what a script put in its place. */
  readonly headersIn: Buffer
  /** What a header of `alegIds` says (homer7's callid_aleg); '' when there is none. */
  readonly alegId: string
  /** What scripts said beyond the packet; undefined when they changed nothing. */
  readonly said: ScriptWord | undefined
}

/** SIP profiles of homer7: the table a message goes to. */
export const PROFILES = ['call', 'registration', 'default'] as const
export type SipProfile = (typeof PROFILES)[number]

/** What scripts said of a packet that no field of it holds. */
export interface ScriptWord {
  /** SetHEPField('SID', …): the call a SIP message is filed under. */
  readonly sid?: string
  readonly profile?: SipProfile
  /** SetHEPField('TargetName', …), for metrics. */
  readonly targetName?: string
  /** SetSIPHeader by homer7's names: from_user, ruri_domain, callid, method, via … */
  readonly fields: Readonly<Record<string, string>>
  /** Custom headers, by the names as given. */
  readonly headers: Readonly<Record<string, string>>
  readonly lokiLabels: Readonly<Record<string, string>>
}

/** Which frame of the spool it is: one that is read again is no duplicate of itself. */
export interface FramePlace {
  readonly lane: string
  /** Its number in the lane. */
  readonly number: number
  readonly receivedUs: number
}
