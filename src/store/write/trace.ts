// A spooled frame to a TracedMessage: HEP decoded, SIP parsed, the agent's clock checked, bodies
// blanked where configured. What is not to be stored comes back with the reason, to be counted.
import { decodeHep, type HepPacket } from '#hep'
import type { RejectReason } from '#ledger'
import type { MessageExtra, TracedMessage } from '#sip'
import type { SpoolRecord } from '#spool'
import { sipOf } from './segment.ts'

/** Which clocks are believed. */
export interface ClockRules {
  /** An agent's clock further back than this is not believed: the partition would be gone. */
  readonly behindMsMax: number
  /** Nor one further ahead than this. */
  readonly aheadMsMax: number
}

/** What may be stored, and how. */
export interface TraceRules extends ClockRules {
  /** CSeq methods that are not stored. */
  readonly discardMethods: ReadonlySet<string>
  /** CSeq methods whose bodies are overwritten. */
  readonly censorMethods: ReadonlySet<string>
}

export interface Traced {
  readonly kind: 'traced'
  readonly hepVersion: number
  /** What the agent's clock said, believed or not; 0 = nothing, or nothing about its clock (imports). */
  readonly agentUs: number
  readonly message: TracedMessage
}

/** Counted and not stored. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: RejectReason
  readonly offset: number
  readonly detail: string
}

const DISCARDED: Refused = {
  kind: 'refused',
  reason: 'discarded',
  offset: 0,
  detail: 'a configured filter says not to keep this method',
}
const CENSORED = 'x'
const OUR_CLOCK_US_MIN = Date.UTC(2020) * 1000
/** Before this there was no SIP: it is no time at all (0), or a clock that began at 1970. */
const AGENT_CLOCK_US_MIN = Date.UTC(2000) * 1000
const CHUNK_VLAN = 18

/** Turns a frame of the spool into a message; payload and extras are views into the record. */
export function traceRecord(
  record: SpoolRecord,
  rules: TraceRules,
  nowUs: number,
): Traced | Refused {
  const packet = decodeHep(record.bytes)
  if (packet.kind === 'malformed') return { ...packet, kind: 'refused' }
  const isImported = record.transport === 'import'
  const times = timesOf(
    packet.atUs,
    isImported,
    believeOurs(record.receivedUs, nowUs, rules),
    rules,
  )
  const sip = sipOf(packet.protocolType, packet.payload)
  if (sip !== undefined && rules.discardMethods.has(sip.cseqMethod)) return DISCARDED
  const isCensored = sip !== undefined && rules.censorMethods.has(sip.cseqMethod)
  const extras = extrasOf(packet)
  const message: TracedMessage = {
    ...times,
    srcIp: packet.srcIp,
    srcPort: packet.srcPort,
    dstIp: packet.dstIp,
    dstPort: packet.dstPort,
    ipProtocol: packet.ipProtocol,
    protocolType: packet.protocolType,
    captureId: packet.captureId,
    captureNode: packet.captureNode,
    correlationId: packet.correlationId,
    payload: isCensored ? censored(packet.payload, sip.bodyAt) : packet.payload,
    sip,
    ...(extras.length > 0 ? { extras } : {}),
  }
  const agentUs = isImported ? 0 : packet.atUs
  return { kind: 'traced', hepVersion: packet.version, agentUs, message }
}

// What was stored elsewhere before is as old as it says, and when it reached that place is not known.
function timesOf(atUs: number, isImported: boolean, receivedUs: number, rules: TraceRules) {
  const behindMsMax = isImported ? Number.POSITIVE_INFINITY : rules.behindMsMax
  if (isClockAbsurd(atUs, receivedUs, { ...rules, behindMsMax }))
    return { atUs: receivedUs, receivedUs, clockClamped: true }
  return { atUs, receivedUs: isImported ? atUs : receivedUs, clockClamped: false }
}

/** Machines without a clock start in 1970, and a clock that was wrong is set right while data waits. */
export function believeOurs(receivedUs: number, nowUs: number, { aheadMsMax }: ClockRules): number {
  const isAbsurd = receivedUs < OUR_CLOCK_US_MIN || receivedUs > nowUs + aheadMsMax * 1000
  return isAbsurd ? nowUs : receivedUs
}

/** True where the agent's clock is absurd or absent: then our time stands in for its. */
export function isClockAbsurd(
  atUs: number,
  receivedUs: number,
  { behindMsMax, aheadMsMax }: ClockRules,
): boolean {
  const aheadMs = (atUs - receivedUs) / 1000
  return atUs < AGENT_CLOCK_US_MIN || aheadMs > aheadMsMax || -aheadMs > behindMsMax
}

function extrasOf({ extras, vlan }: HepPacket): readonly MessageExtra[] {
  if (vlan === 0) return extras
  const body = Buffer.alloc(2)
  body.writeUInt16BE(vlan)
  return [...extras, { vendor: 0, type: CHUNK_VLAN, body }]
}

/** A copy with the same length: the record may be read again, and offsets stay true. */
function censored(payload: Buffer, bodyAt: number): Buffer {
  return Buffer.from(payload).fill(CENSORED, bodyAt)
}
