// A SIP message as the meter counts it: where things lie in the chunk it was read from, so that nothing is made
// of what nobody asks for. The skims find them in nearly all messages; the parsers in the others, and in what
// the operator's filters changed.
import type { HepPacket } from '#hep'
import { hepSkim } from '#hep'
import { type SipMessage, sipSkim } from '#sip'

export interface SeenMessage {
  readonly node: string
  readonly srcIp: string
  readonly dstIp: string
  /** By the agent's clock, or by ours where it has none. */
  readonly atUs: number
  /** 0 = a request. */
  readonly status: number
  readonly method: string
  readonly cseqMethod: string
  /** Where the Call-ID lies. */
  readonly idIn: Buffer
  readonly idAt: number
  readonly idEnd: number
  /** Whether To has a tag: then it is within a dialog. */
  hasToTag(): boolean
  readonly mayReport: boolean
  /** The whole message. */
  payload(): Buffer
  readonly bodyAt: number
  /** What a script calls the host. */
  readonly targetName: string
}

const TO_TAG = /;\s*tag\s*=/i

/** The message that `hepSkim` and `sipSkim` speak of, in `chunk`. */
export function skimmedMessage(chunk: Buffer, node: string, receivedUs: number): SeenMessage {
  const { payloadAt, payloadEnd } = hepSkim
  const { toAt, toEnd } = sipSkim
  return {
    node,
    srcIp: hepSkim.srcIp,
    dstIp: hepSkim.dstIp,
    atUs: hepSkim.atUs || receivedUs,
    status: sipSkim.status,
    method: sipSkim.method,
    cseqMethod: sipSkim.cseqMethod,
    idIn: chunk,
    idAt: sipSkim.callIdAt,
    idEnd: sipSkim.callIdEnd,
    hasToTag: () => toEnd > toAt && TO_TAG.test(chunk.toString('latin1', toAt, toEnd)),
    mayReport: sipSkim.mayReport,
    payload: () => chunk.subarray(payloadAt, payloadEnd),
    bodyAt: sipSkim.bodyAt,
    targetName: '',
  }
}

/** One that was taken apart. */
export function parsedMessage(
  packet: HepPacket,
  node: string,
  sip: SipMessage,
  receivedUs: number,
  targetName = '',
): SeenMessage {
  const idIn = Buffer.from(sip.callId)
  const isRequest = sip.kind === 'request'
  return {
    node,
    ...{ srcIp: packet.srcIp, dstIp: packet.dstIp, atUs: packet.atUs || receivedUs },
    status: isRequest ? 0 : sip.status,
    method: isRequest ? sip.method : '',
    cseqMethod: sip.cseqMethod,
    ...{ idIn, idAt: 0, idEnd: idIn.length },
    hasToTag: () => sip.toTag !== '',
    mayReport: sip.mayReport !== false,
    payload: () => packet.payload,
    bodyAt: sip.bodyAt,
    targetName,
  }
}

/** The agent's name, or its number where it gave none, as heplify-server has it. */
export const nodeOf = ({ captureNode, captureId }: Pick<HepPacket, 'captureNode' | 'captureId'>) =>
  captureNode || String(captureId)
