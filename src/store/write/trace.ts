// A spooled frame to a TracedMessage: HEP decoded, filtered, SIP parsed, the agent's clock checked. What is
// not to be stored comes back with the reason, to be counted.
import type { Filter, FramePlace, Passed, ScriptWord } from '#filter'
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

/** A filter, and which frame it is asked about. */
export interface FilteredAt {
  readonly filter: Filter
  readonly place: FramePlace
}

export interface Traced {
  readonly kind: 'traced'
  readonly hepVersion: number
  /** What the agent's clock said, believed or not; 0 = nothing, or nothing about its clock (imports). */
  readonly agentUs: number
  readonly message: TracedMessage
  /** What scripts said of it beyond. */
  readonly said?: ScriptWord | undefined
}

/** Counted and not stored. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: RejectReason
  readonly offset: number
  readonly detail: string
  /** Nothing is wrong with it: a filter does not want it. */
  readonly isUnwanted?: boolean
}

const OUR_CLOCK_US_MIN = Date.UTC(2020) * 1000
/** Before this there was no SIP: it is no time at all (0), or a clock that began at 1970. */
const AGENT_CLOCK_US_MIN = Date.UTC(2000) * 1000
const CHUNK_VLAN = 18
/** Old calls are copied from further back than an agent's clock may be wrong, but each quarter of a day is a partition. */
const IMPORT_BEHIND_MS = 400 * 86_400_000

/** Turns a frame of the spool into a message; payload and extras are views into the record. */
export function traceRecord(
  record: SpoolRecord,
  rules: ClockRules,
  nowUs: number,
  at?: FilteredAt,
): Traced | Refused {
  const decoded = decodeHep(record.bytes)
  if (decoded.kind === 'malformed') return { ...decoded, kind: 'refused' }
  const isImported = record.transport === 'import'
  // What was stored elsewhere before went through the filters there.
  const filtered = isImported ? undefined : at?.filter.apply(decoded, at.place)
  if (filtered?.kind === 'discarded')
    return { ...filtered, kind: 'refused', offset: 0, isUnwanted: true }
  const packet = filtered?.packet ?? decoded
  const times = timesOf(
    packet.atUs,
    isImported,
    believeOurs(record.receivedUs, nowUs, rules),
    rules,
  )
  const sip = filtered ? filtered.sip : sipOf(packet.protocolType, packet.payload)
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
    correlationId: filtered ? correlationOf(filtered) : packet.correlationId,
    payload: packet.payload,
    sip,
    ...(extras.length > 0 ? { extras } : {}),
  }
  const agentUs = isImported ? 0 : packet.atUs
  const said = filtered?.said
  return { kind: 'traced', hepVersion: packet.version, agentUs, message, said }
}

// An agent that only repeats the Call-ID has said nothing that a header could contradict.
function correlationOf({ packet: { correlationId }, sip, alegId }: Passed): string {
  return alegId !== '' && correlationId === sip?.callId ? alegId : correlationId
}

// What was stored elsewhere before is as old as it says, and when it reached that place is not known.
function timesOf(atUs: number, isImported: boolean, receivedUs: number, rules: ClockRules) {
  const behindMsMax = isImported ? Math.max(rules.behindMsMax, IMPORT_BEHIND_MS) : rules.behindMsMax
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
