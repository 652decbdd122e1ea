// One frame in, whichever transport brought it. The order of the checks is from cheap to dear:
//
//   address ─▶ HEP well formed ─▶ key ─▶ rate ─▶ append
//      └───────────┴───────────────┴──▶ quarantine     └▶ drop (counted by the log)
//
// Every path ends in exactly one count of the ledger. Keys never go on: chunk 14 is blanked before
// the spool sees the frame, appended or quarantined. A good frame without a key is not copied here.
import { authKeyOf, blankAuthKey, type CarriedWalk, checkHep, type MalformedHep } from '#hep'
import { DROP_REASONS, type DropReason, type RejectReason } from '#ledger'
import { type IncomingFrame, TRANSPORTS, type Transport } from '#spool'
import { ADDRESS_DENIED, type Admission } from './admission.ts'
import { nowUs } from './clock.ts'
import type { FrameLog } from './frame-log.ts'
import type { Source } from './source-table.ts'

/** What became of a frame: kept, or why not. */
export type Received = 'appended' | DropReason | RejectReason

const drops: ReadonlySet<string> = new Set(DROP_REASONS)

/** True when something was wrong with the frame or its sender, not with us. */
export const isRefusal = (received: Received): received is RejectReason =>
  received !== 'appended' && !drops.has(received)

// Filled in for each frame and handed on; the log copies before it returns. So nothing is allocated.
class Arrival implements IncomingFrame {
  receivedUs = 0
  peerIp = ''
  peerPort = 0
  bytes: Buffer = Buffer.alloc(0)
  transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }
}

/** Checks the frames of one transport and hands them to the log. */
export class FrameReceiver {
  readonly #log: FrameLog
  readonly #admission: Admission
  readonly #arrival: Arrival
  readonly #transport: Transport

  constructor(log: FrameLog, admission: Admission, transport: Transport) {
    this.#transport = transport
    this.#log = log
    this.#admission = admission
    this.#arrival = new Arrival(transport)
  }

  /** Bytes of which nothing is known yet: a datagram, or a message that should be one frame. */
  receive(bytes: Buffer, peerIp: string, peerPort: number): Received {
    const arrival = this.#fill(bytes, peerIp, peerPort)
    const source = this.#admission.sourceOf(peerIp, arrival.receivedUs / 1_000)
    if (source?.allowed === false) return this.#refuse(arrival, ADDRESS_DENIED)
    const malformed = checkHep(bytes)
    if (malformed !== undefined) return this.#refuse(arrival, malformed)
    return this.#admit(arrival, source)
  }

  /** A frame that HepStream has cut out and checked, from a peer that may connect. */
  receiveChecked(bytes: Buffer, peerIp: string, peerPort: number): Received {
    const arrival = this.#fill(bytes, peerIp, peerPort)
    return this.#admit(arrival, this.#admission.sourceOf(peerIp, arrival.receivedUs / 1_000))
  }

  /**
   * A frame that a relay at `via` carried here: the rules are for the relay, sender and time are the
   * original ones. Of one that `isKnown` it is only said what became of it the first time.
   */
  receiveCarried(carried: CarriedWalk, via: string, isKnown: boolean): Received {
    const arrival = this.#fill(carried.frame, carried.peerIp, carried.peerPort)
    const nowMs = arrival.receivedUs / 1_000
    const source = this.#admission.sourceOf(via, nowMs)
    arrival.transport = TRANSPORTS[carried.transport] ?? 'relay'
    // A clock that runs ahead of ours, or none: then it arrived just now.
    if (carried.receivedUs > 0 && carried.receivedUs < arrival.receivedUs)
      arrival.receivedUs = carried.receivedUs
    const malformed = checkHep(carried.frame)
    if (isKnown) return malformed?.reason ?? this.#keyReason(arrival, source) ?? 'appended'
    if (malformed !== undefined) return this.#refuse(arrival, malformed)
    return this.#admit(arrival, source, nowMs)
  }

  #keyReason({ bytes }: Arrival, source: Source | undefined): RejectReason | undefined {
    if (source === undefined) return undefined
    return this.#admission.keyFault(bytes, authKeyOf(bytes), source)?.reason
  }

  /** Bytes that HepStream has found to be no frame. */
  refuse(bytes: Buffer, malformed: MalformedHep, peerIp: string, peerPort: number): Received {
    return this.#refuse(this.#fill(bytes, peerIp, peerPort), malformed)
  }

  #fill(bytes: Buffer, peerIp: string, peerPort: number): Arrival {
    const arrival = this.#arrival
    arrival.receivedUs = nowUs()
    arrival.transport = this.#transport
    arrival.peerIp = peerIp
    arrival.peerPort = peerPort
    arrival.bytes = bytes
    return arrival
  }

  #admit(
    arrival: Arrival,
    source: Source | undefined,
    nowMs = arrival.receivedUs / 1_000,
  ): Received {
    const { bytes } = arrival
    const key = authKeyOf(bytes)
    if (source !== undefined) {
      const fault = this.#admission.keyFault(bytes, key, source)
      if (fault !== undefined) return this.#refuse(arrival, fault)
      if (!this.#admission.withinRate(source, nowMs)) return this.#limit()
    }
    if (key !== undefined) arrival.bytes = blankAuthKey(bytes)
    return this.#log.append(arrival)
  }

  #refuse(arrival: Arrival, malformed: MalformedHep): Received {
    arrival.bytes = blankAuthKey(arrival.bytes)
    this.#log.quarantine(arrival, malformed)
    return malformed.reason
  }

  #limit(): Received {
    this.#log.ledger.drop('source_limit')
    return 'source_limit'
  }
}
