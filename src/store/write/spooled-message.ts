// A message of the spool on its way into the database, as the skims found it: one object, and one more
// for its SIP. Bytes stay where they are, in the chunk; what few ask for (the payload as a view, the
// parties of a request) is made when somebody asks. The chunk must not be overwritten before the
// message's batch is built.
import { hepSkim } from '#hep'
import {
  type Parties,
  parseSip,
  readParties,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  sipSkim,
  type TracedMessage,
} from '#sip'

export class SpooledMessage implements TracedMessage {
  readonly atUs: number
  readonly receivedUs: number
  readonly clockClamped: boolean
  readonly srcIp: string
  readonly srcPort: number
  readonly dstIp: string
  readonly dstPort: number
  readonly ipProtocol: number
  readonly protocolType: number
  readonly captureId: number
  readonly captureNode: string
  readonly correlationId: string
  readonly payloadIn: Buffer
  readonly payloadAt: number
  readonly payloadEnd: number
  readonly sip: SipMessage

  /** The message that `hepSkim` and `sipSkim` speak of, in `chunk`. */
  constructor(
    chunk: Buffer,
    receivedUs: number,
    clockClamped: boolean,
    callId: string,
    correlationId: string,
  ) {
    this.atUs = clockClamped ? receivedUs : hepSkim.atUs
    this.receivedUs = receivedUs
    this.clockClamped = clockClamped
    this.srcIp = hepSkim.srcIp
    this.srcPort = hepSkim.srcPort
    this.dstIp = hepSkim.dstIp
    this.dstPort = hepSkim.dstPort
    this.ipProtocol = hepSkim.ipProtocol
    this.protocolType = hepSkim.protocolType
    this.captureId = hepSkim.captureId
    this.captureNode = hepSkim.captureNode
    this.correlationId = correlationId
    this.payloadIn = chunk
    this.payloadAt = hepSkim.payloadAt
    this.payloadEnd = hepSkim.payloadEnd
    this.sip =
      sipSkim.status > 0 ? new SkimmedResponse(this, callId) : new SkimmedRequest(this, callId)
  }

  /** A view, made anew each time. */
  get payload(): Buffer {
    return this.payloadIn.subarray(this.payloadAt, this.payloadEnd)
  }
}

/** What grouping and counting ask for stands ready; the parties are read for who asks for them. */
abstract class Skimmed {
  readonly callId: string
  readonly cseq = sipSkim.cseq
  readonly cseqMethod = sipSkim.cseqMethod
  readonly bodyAt = sipSkim.bodyAt
  readonly mayJoin = sipSkim.mayJoin
  readonly mayReport = sipSkim.mayReport
  readonly uriAt = sipSkim.uriAt
  readonly uriEnd = sipSkim.uriEnd
  readonly fromAt = sipSkim.fromAt
  readonly fromEnd = sipSkim.fromEnd
  readonly toAt = sipSkim.toAt
  readonly toEnd = sipSkim.toEnd
  readonly agentAt = sipSkim.agentAt
  readonly agentEnd = sipSkim.agentEnd
  protected readonly message: SpooledMessage
  #parties: Parties | undefined

  constructor(message: SpooledMessage, callId: string) {
    this.message = message
    this.callId = callId
  }

  get fromUser(): string {
    return this.parties.fromUser
  }
  get fromDomain(): string {
    return this.parties.fromDomain
  }
  get fromTag(): string {
    return this.parties.fromTag
  }
  get toUser(): string {
    return this.parties.toUser
  }
  get toDomain(): string {
    return this.parties.toDomain
  }
  get toTag(): string {
    return this.parties.toTag
  }
  get userAgent(): string {
    return this.parties.userAgent
  }
  get branch(): string {
    return this.parsed.branch
  }

  protected get parties(): Parties {
    this.#parties ??= readParties(this.message.payloadIn, this)
    return this.#parties
  }

  /** For what nobody in the writer asks for. */
  protected get parsed(): SipMessage {
    return parseSip(this.message.payload) as SipMessage // the skim found it sound
  }
}

class SkimmedRequest extends Skimmed implements SipRequest {
  readonly kind = 'request'
  readonly method = sipSkim.method

  get ruriUser(): string {
    return this.parties.ruriUser
  }
  get ruriDomain(): string {
    return this.parties.ruriDomain
  }
}

class SkimmedResponse extends Skimmed implements SipResponse {
  readonly kind = 'response'
  readonly status = sipSkim.status

  get reason(): string {
    return (this.parsed as SipResponse).reason
  }
}
