// A SIP message as search and call logic need it: the fields people look for, as strings, and the
// bytes they came from. Everything else is read from the bytes on demand (headers.ts).

interface SipFields {
  readonly callId: string
  readonly cseq: number
  /** Method of the CSeq header; for a well-formed request the same as `method`. */
  readonly cseqMethod: string
  readonly fromUser: string
  readonly fromDomain: string
  readonly fromTag: string
  readonly toUser: string
  readonly toDomain: string
  readonly toTag: string
  /** Branch of the topmost Via; names the transaction (RFC 3261 §8.1.1.7). */
  readonly branch: string
  /** User-Agent, or Server in a response. */
  readonly userAgent: string
  /** Where the body begins in the payload; the payload's length when there is none. */
  readonly bodyAt: number
  /** False: none of its headers can join calls (X-CID, Session-ID …), no need to look again. */
  readonly mayJoin?: boolean
  /** False: none of its headers reports on media (X-RTP-Stat, P-RTP-Stat …). */
  readonly mayReport?: boolean
}

export interface SipRequest extends SipFields {
  readonly kind: 'request'
  readonly method: string
  readonly ruriUser: string
  readonly ruriDomain: string
}

export interface SipResponse extends SipFields {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
}

export type SipMessage = SipRequest | SipResponse

/** Text that is not SIP. It is stored all the same and found by time, address and free text. */
export interface MalformedSip {
  readonly kind: 'malformed'
  readonly reason: 'no_start_line' | 'no_call_id' | 'no_cseq' | 'too_short'
  readonly offset: number
}

/** One captured message with its surroundings: what a call is made of. */
export interface TracedMessage {
  /** Microseconds since 1970 by the agent's clock, or by ours when `clockClamped`. */
  readonly atUs: number
  readonly receivedUs: number
  readonly clockClamped: boolean
  readonly srcIp: string
  readonly srcPort: number
  readonly dstIp: string
  readonly dstPort: number
  /** IANA number of the transport the message itself used. */
  readonly ipProtocol: number
  /** HEP protocol type: 1 SIP, 5 RTCP, 100 log … */
  readonly protocolType: number
  readonly captureId: number
  readonly captureNode: string
  readonly correlationId: string
  /** HEP chunks that no field here holds (vendor chunks, VLAN …), as they came. */
  readonly extras?: readonly MessageExtra[]
  readonly payload: Buffer
  /** The payload is also payloadIn[payloadAt, payloadEnd): for who copies it and needs no view. */
  readonly payloadIn?: Buffer
  readonly payloadAt?: number
  readonly payloadEnd?: number
  /** Parsed SIP; absent for other protocols and for text that is not SIP. */
  readonly sip: SipMessage | undefined
}

/** A HEP chunk kept as it came; never the agent's key. */
export interface MessageExtra {
  readonly vendor: number
  readonly type: number
  readonly body: Buffer
}
