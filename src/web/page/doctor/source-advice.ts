// What is wrong with a source, and what to do about it, in plain words. Pure: the page shows it, the
// tests read it.

import type { IngestState, Source } from '#contract'
import { spanOf } from '../parts/format.ts'

export interface Advice {
  /** `bad` loses or damages data; `mild` is worth mending. */
  readonly mood: 'bad' | 'mild'
  readonly text: string
}

const SKEW_MS_MAX = 2_000
const SILENT_MS_MAX = 5 * 60_000
const DUPLICATES_PART_MAX = 0.01
/** What is left of Ethernet's 1,500 bytes for a datagram, over IPv4 and IPv6. */
const DATAGRAM_BYTES = [1_472, 1_452]

/** Everything there is to say about a source, the worst first. */
export function adviseOn(source: Source, nowMs: number): readonly Advice[] {
  const { rejected, reasons } = source
  const advice = [
    ...(rejected > 0 ? Object.entries(reasons).map(([why, n]) => refusal(why, n ?? 0)) : []),
    ...cutAdvice(source),
    ...skewAdvice(source, nowMs),
    ...habitAdvice(source, nowMs),
  ]
  return advice.toSorted((a, b) => (a.mood === b.mood ? 0 : a.mood === 'bad' ? -1 : 1))
}

const bad = (text: string): Advice => ({ mood: 'bad', text })
const mild = (text: string): Advice => ({ mood: 'mild', text })
const count = (n: number) => n.toLocaleString('en')
const frames = (n: number) => (n === 1 ? '1 frame' : `${count(n)} frames`)

/** By the ledger's reason. */
const REFUSALS: Readonly<Record<string, string>> = {
  not_hep: 'it is not HEP: something else sends to this port, or the agent mirrors plain SIP',
  truncated: 'it ends too early: the path cuts large datagrams. Send by TCP',
  length_mismatch:
    'it has another length than it says: two agents may share a socket, or the sender is faulty',
  bad_chunk:
    'it has a chunk that cannot be: update the agent, or try HEP version 3 without compression',
  bad_compression: 'it does not inflate: switch compression off in the agent',
  oversized: 'it is larger than HEP allows: the sender does not speak HEP',
  no_payload: 'it carries no message: switch the agent’s keep-alives off, or ignore this',
  auth_missing: 'it carries no key: give the agent one of intake.keys (HEP version 3 only)',
  auth_wrong: 'it carries a wrong key: compare the agent’s password with intake.keys',
  address_denied: 'it comes from an address that is not on intake.allow',
}

const refusal = (reason: string, n: number): Advice =>
  bad(
    `${frames(n)} refused (${reason.replaceAll('_', ' ')}): ${REFUSALS[reason] ?? 'it is in the quarantine'}.`,
  )

function cutAdvice({ truncated, large, largestBytes, transport }: Source): readonly Advice[] {
  if (truncated > 0) {
    const isDatagram = DATAGRAM_BYTES.includes(largestBytes)
    const where = isDatagram
      ? `messages end at ${count(largestBytes)} bytes, which is one Ethernet packet`
      : 'their body is shorter than Content-Length says'
    return [bad(`${count(truncated)} messages are cut: ${where}. Send by TCP.`)]
  }
  if (transport !== 'udp' || large === 0) return []
  return [
    mild(
      `${frames(large)} of more than 1,300 bytes came by UDP, the largest of ${count(largestBytes)}: ` +
        'tunnels and VPNs lose such datagrams. TCP does not.',
    ),
  ]
}

function skewAdvice({ clockSkewMs, lastSeenAt }: Source, nowMs: number): readonly Advice[] {
  if (Math.abs(clockSkewMs) <= SKEW_MS_MAX) return []
  const isLive = nowMs - Date.parse(lastSeenAt) < SILENT_MS_MAX
  const by = spanOf(Math.abs(clockSkewMs))
  return clockSkewMs < 0
    ? [bad(`This agent's clock is ${by} ahead: run chrony there, or its messages sort wrongly.`)]
    : [
        bad(
          `This agent's clock is ${by} behind${isLive ? '' : ', or its packets were held up'}: ` +
            'run chrony there.',
        ),
      ]
}

function habitAdvice(source: Source, nowMs: number): readonly Advice[] {
  const { packets, duplicates, hepVersion, lastSeenAt, captureId } = source
  const silentMs = nowMs - Date.parse(lastSeenAt)
  const part = duplicates / Math.max(1, packets)
  return [
    ...(silentMs > SILENT_MS_MAX && packets > 0
      ? [mild(`Nothing for ${spanOf(silentMs)}: is the agent running, and does it still know us?`)]
      : []),
    ...(part > DUPLICATES_PART_MAX
      ? [
          mild(
            `${Math.round(part * 100)} % of its frames come twice: it has two destinations that both ` +
              'lead here, or it is traced twice.',
          ),
        ]
      : []),
    ...(hepVersion === 1
      ? [mild('HEP version 1 carries no time: ours is used. Set the version to 3.')]
      : []),
    ...(hepVersion === 2
      ? [mild('HEP version 2 has no correlation and no key. Set the version to 3.')]
      : []),
    ...(hepVersion === 3 && captureId === 0
      ? [mild('It has no capture id: give each agent its own, so that taps can be told apart.')]
      : []),
  ]
}

/** What the sockets of this node say. */
export function adviseOnSockets(state: IngestState): readonly Advice[] {
  const { kernelDrops, receiveBufferAskedBytes: asked, receiveBufferGrantedBytes: granted } = state
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  return [
    ...(kernelDrops > 0
      ? [
          bad(
            `The kernel dropped ${count(kernelDrops)} datagrams: its receive buffer was full. ` +
              'Raise net.core.rmem_max, add --intake-shards, or send by TCP.',
          ),
        ]
      : []),
    ...(granted > 0 && granted < asked
      ? [
          mild(
            `The kernel grants a receive buffer of ${mib(granted)} where ${mib(asked)} were asked: ` +
              `sysctl -w net.core.rmem_max=${asked}`,
          ),
        ]
      : []),
  ]
}
