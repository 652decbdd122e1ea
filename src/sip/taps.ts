// Several agents mirror the same message: the proxy that sends it and the proxy that receives it, or a
// sniffer beside them. One message seen by several taps becomes one entry with several times; the same
// bytes sent again (a retransmission) stay an entry of their own and point at the first.
//
//   tap 1  ──●───────────────────●──▶ t        same bytes, same source and destination,
//   tap 2  ───●───────────────────●─▶          whatever the time and the capture id
//            └┬┘                 └┬┘
//          one message        its repeat
//
// A sighting joins the open message when that one has not been seen by the same tap, and the first
// sighting is at most TAP_SKEW_US_MAX away: half of T1, the soonest that SIP sends again (RFC 3261
// §17.1.1.2; Kamailio's coarse timer does so after 440 ms). The same tap seeing the same bytes twice
// is a repeat, unless it comes so soon that no timer can have sent it: then an agent mirrors what it
// sends and what it receives, or several agents share a capture id, or the frame came twice.
//
// Limit: taps whose clocks differ by more than that show one message as a message and its repeat.
import { inCausalOrder } from './causal-order.ts'
import type { TracedMessage } from './message.ts'
import { compareInCall } from './order.ts'

/** Sightings of one transmission by different taps are at most this far apart. */
export const TAP_SKEW_US_MAX = 250_000
/** The same tap seeing the same bytes again this soon saw the same transmission twice. */
export const SAME_TAP_US_MAX = 50_000

/** One transmission of one message, with everyone who saw it. */
export interface FoldedMessage {
  /** The earliest sighting. */
  readonly message: TracedMessage
  /** All sightings, earliest first; never empty. */
  readonly taps: readonly TracedMessage[]
  /** Index, in the same list, of the message this one repeats; undefined for an original. */
  readonly repeatOf: number | undefined
}

interface Transmission {
  readonly taps: TracedMessage[]
  readonly first: Transmission | undefined
}

/** Folds sightings into messages, in the order they happened. */
export function foldTaps(messages: readonly TracedMessage[]): readonly FoldedMessage[] {
  const transmissions: Transmission[] = []
  for (const sightings of groupByContent(messages))
    transmissions.push(...transmissionsOf(sightings))
  transmissions.sort((a, b) => compareInCall(a.taps[0]!, b.taps[0]!))
  const ordered = inCausalOrder(transmissions, ({ taps }) => taps[0]!)
  const place = new Map(ordered.map((transmission, i) => [transmission, i]))
  return ordered.map(({ taps, first }) => ({
    message: taps[0]!,
    taps,
    repeatOf: first === undefined ? undefined : place.get(first),
  }))
}

/** The same bytes between the same ends. The hash only finds candidates: bytes decide. */
function groupByContent(messages: readonly TracedMessage[]): readonly TracedMessage[][] {
  const groups: TracedMessage[][] = []
  const byHash = new Map<string, TracedMessage[][]>()
  for (const message of messages) {
    const { srcIp, srcPort, dstIp, dstPort, protocolType, payload } = message
    const hash = `${srcIp} ${srcPort} ${dstIp} ${dstPort} ${protocolType} ${Bun.hash(payload)}`
    const alike = byHash.get(hash) ?? []
    const group = alike.find(([first]) => first!.payload.equals(payload))
    if (group === undefined) {
      groups.push([message])
      byHash.set(hash, [...alike, groups.at(-1)!])
    } else group.push(message)
  }
  return groups
}

function transmissionsOf(sightings: TracedMessage[]): readonly Transmission[] {
  const transmissions: Transmission[] = []
  for (const sighting of sightings.sort(compareSightings)) {
    const open = openFor(transmissions, sighting)
    if (open === undefined) transmissions.push({ taps: [sighting], first: transmissions[0] })
    else open.taps.push(sighting)
  }
  return transmissions
}

/** The nearest transmission in time that this sighting may belong to. */
function openFor(
  transmissions: readonly Transmission[],
  sighting: TracedMessage,
): Transmission | undefined {
  for (let i = transmissions.length - 1; i >= 0; i -= 1) {
    const { taps } = transmissions[i]!
    const sinceUs = sighting.atUs - taps[0]!.atUs
    if (sinceUs > TAP_SKEW_US_MAX) return undefined
    if (sinceUs <= SAME_TAP_US_MAX || !isSeenBy(taps, sighting)) return transmissions[i]
  }
  return undefined
}

function isSeenBy(taps: readonly TracedMessage[], sighting: TracedMessage): boolean {
  const name = tapName(sighting)
  return taps.some((tap) => tapName(tap) === name)
}

function compareSightings(a: TracedMessage, b: TracedMessage): number {
  return a.atUs - b.atUs || a.receivedUs - b.receivedUs || compareText(tapName(a), tapName(b))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function tapName({ captureId, captureNode }: TracedMessage): string {
  return `${captureId} ${captureNode}`
}
