// One scene: the parties are cast, the call or registration is played, and what comes out is a
// list of steps. Which capture agent sees a step is decided later (traffic.ts).

import {
  playAnswered,
  playBridged,
  playCancelled,
  playFailed,
  playReported,
  playRetransmitted,
  playUnanswered,
} from './call-scenes.ts'
import { at, behind, castPhone, castServer, type Party, pickDomain } from './cast.ts'
import { Dialog } from './dialog.ts'
import type { TrafficKind } from './mix.ts'
import { playPinged, playRegistered } from './other-scenes.ts'
import type { Random } from './random.ts'
import { Script, type Step } from './script.ts'

export interface Scene {
  readonly kind: TrafficKind
  readonly steps: readonly Step[]
  /** Twelve hex digits that end every id of this scene and stand in no other. */
  readonly vary: string
  /** The numbers in it, whose last four digits may be changed. */
  readonly numbers: readonly string[]
}

const IPV6_SHARE = 0.05

/** Plays scene number `index` of the traffic with this seed. */
export function playScene(kind: TrafficKind, random: Random, seed: number, index: number): Scene {
  const vary = hex(seed, 4) + hex(index, 8)
  const script = new Script(random)
  const options = { random, domain: pickDomain(random), ipv6: random.chance(IPV6_SHARE) }
  const nat = kind === 'natted' || (kind === 'registered' && random.chance(0.4))
  const phone = castPhone({ ...options, nat: nat && !options.ipv6 })
  const server = castServer(options)
  const other = castPhone(options)
  const callId = callIdFor(random, index, vary, phone)
  const callee = kind === 'registered' ? behind(server, phone) : behind(server, other)
  const dialog = new Dialog({ random, vary, caller: phone, callee, callId })
  if (kind === 'bridged') playLegs(script, { random, vary, index, phone, server, other, callId })
  else PLAYS[kind](script, dialog)
  return { kind, steps: script.steps, vary, numbers: [phone.user, other.user] }
}

const PLAYS: Record<Exclude<TrafficKind, 'bridged'>, (script: Script, dialog: Dialog) => void> = {
  answered: playAnswered,
  failed: playFailed,
  cancelled: playCancelled,
  unanswered: playUnanswered,
  long: (script, dialog) => playAnswered(script, dialog, 'long'),
  natted: playAnswered,
  tapped: playAnswered,
  retransmitted: playRetransmitted,
  reported: playReported,
  registered: playRegistered,
  pinged: playPinged,
}

interface Legs {
  readonly random: Random
  readonly vary: string
  readonly index: number
  readonly phone: Party
  readonly server: Party
  readonly other: Party
  readonly callId: string
}

// The B2BUA names the first leg in the second, or both carry one Session-ID (RFC 7989).
function playLegs(
  script: Script,
  { random, vary, index, phone, server, other, callId }: Legs,
): void {
  const session = `Session-ID: ${random.hex(20)}${vary};remote=${'0'.repeat(32)}`
  const named = random.chance(0.5)
  const first = { random, vary, caller: phone, callee: behind(server, other), callId }
  const second = {
    ...{ random, vary, caller: behind(server, phone), callee: other },
    callId: `b2b-${callIdFor(random, index, vary, server)}`,
    headers: [named ? `X-CID: ${callId}` : session],
  }
  const inner = new Dialog({ ...first, headers: named ? [] : [session] })
  playBridged(script, inner, new Dialog(second))
}

// As phones and servers make them. The index keeps Call-IDs of a ring apart (traffic-ring.ts).
function callIdFor(random: Random, index: number, vary: string, party: Party): string {
  const start = hex(index, 4) + random.hex(4)
  return random.pick([
    `${start}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${vary}`,
    `${start}${vary}@${party.contact.ip}`,
    `${start}${vary}@${at(party.contact)}`,
    `${start}${vary}`,
  ])
}

const hex = (value: number, length: number): string =>
  Math.floor(value).toString(16).padStart(length, '0').slice(-length)
