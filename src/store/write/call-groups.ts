// Deals messages out to calls: what one batch holds of one call becomes one row. Keyed by protocol and
// Call-ID; other protocols by the agent's correlation id (RTCP of a call usually carries its
// Call-ID there), or what the caller finds they belong to; what has neither shares the key ''.
//
// A message that was only skimmed brings its Call-ID as bytes. They are hashed and compared in place
// with the group's text, so a string is made once for a call and not for each of its messages:
//
//   bytes ─hash─▶ slot ─▶ group ─ same text? ─▶ its callId          slots: open addressing, half full
//                                └ no ─▶ next slot … an empty one: a new group
//
// The hash begins at a number of this process's own, so that nobody can send Call-IDs that meet.
import { randomInt } from 'node:crypto'
import { isText } from '#hep'
import { cutCallId, type TracedMessage } from '#sip'

/** A row holds no more than this, however many messages a call sends at once. */
const GROUP_MESSAGES_MAX = 2_000
const GROUP_BYTES_MAX = 1024 * 1024
const SLOTS_MIN = 1_024
const FNV_PRIME = 0x0100_0193
const HASH_START = randomInt(2 ** 32) | 0

export interface CallGroup {
  readonly protocol: number
  readonly callId: string
  readonly messages: TracedMessage[]
  bytes: number
  /** Headers that scripts set for messages of it. */
  headers?: Readonly<Record<string, string>>
}

export class CallGroups {
  readonly #groups: CallGroup[] = []
  readonly #hashes: number[] = []
  /** Place in #groups and one more; 0 = empty. */
  #slots = new Uint32Array(SLOTS_MIN)
  #slotsUsed = 0

  /** Puts a message into its group, of no SIP the one whose id is given; with headers that a script set. */
  add(
    message: TracedMessage,
    filedUnder = cutCallId(message.correlationId),
    headers?: Readonly<Record<string, string>>,
  ): void {
    const { protocolType, sip, payload } = message
    const group = this.#byText(protocolType, sip?.callId ?? filedUnder)
    if (headers !== undefined) group.headers = { ...headers, ...group.headers }
    this.put(group, message, payload.length)
  }

  /** The group of a Call-ID that stands in bytes[from, to), in ASCII. */
  groupAt(protocol: number, bytes: Buffer, from: number, to: number): CallGroup {
    const hash = hashOfBytes(protocol, bytes, from, to)
    let slot = this.#slotOf(hash)
    for (let place = this.#slots[slot]!; place !== 0; place = this.#slots[slot]!) {
      const group = this.#groups[place - 1]!
      const mayBe = this.#hashes[place - 1] === hash && group.protocol === protocol
      if (mayBe && isText(bytes, from, to, group.callId)) return this.#open(group, slot, hash)
      slot = (slot + 1) & (this.#slots.length - 1)
    }
    return this.#begin(protocol, bytes.toString('latin1', from, to), hash, slot)
  }

  /** Adds a message of so many payload bytes to its group. */
  put(group: CallGroup, message: TracedMessage, payloadBytes: number): void {
    group.messages.push(message)
    group.bytes += payloadBytes
  }

  /** In the order their first messages came. */
  get all(): readonly CallGroup[] {
    return this.#groups
  }

  /**
   * Forgets them all, and what is in them: the engine's collector takes whatever looks like an address on the
   * stack for one, and with a group or a list of them a whole batch would stay.
   */
  clear(): void {
    for (const { messages } of this.#groups) messages.length = 0
    this.#groups.length = 0
    this.#hashes.length = 0
    this.#slots = new Uint32Array(SLOTS_MIN)
    this.#slotsUsed = 0
  }

  #byText(protocol: number, callId: string): CallGroup {
    const hash = hashOfText(protocol, callId)
    let slot = this.#slotOf(hash)
    for (let place = this.#slots[slot]!; place !== 0; place = this.#slots[slot]!) {
      const group = this.#groups[place - 1]!
      if (group.protocol === protocol && group.callId === callId)
        return this.#open(group, slot, hash)
      slot = (slot + 1) & (this.#slots.length - 1)
    }
    return this.#begin(protocol, callId, hash, slot)
  }

  /** The group itself, or the one after it when it is full. */
  #open(group: CallGroup, slot: number, hash: number): CallGroup {
    if (group.messages.length < GROUP_MESSAGES_MAX && group.bytes < GROUP_BYTES_MAX) return group
    return this.#place({ ...group, messages: [], bytes: 0 }, hash, slot)
  }

  #begin(protocol: number, callId: string, hash: number, slot: number): CallGroup {
    this.#slotsUsed += 1
    const group = this.#place({ protocol, callId, messages: [], bytes: 0 }, hash, slot)
    if (this.#slotsUsed * 2 > this.#slots.length) this.#grow()
    return group
  }

  #place(group: CallGroup, hash: number, slot: number): CallGroup {
    this.#hashes.push(hash)
    this.#slots[slot] = this.#groups.push(group)
    return group
  }

  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1)
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    for (const place of before) {
      if (place === 0) continue
      let slot = this.#slotOf(this.#hashes[place - 1]!)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = place
    }
  }
}

// Of ASCII both give the same. FNV-1a, a byte or a char at a time.
function hashOfBytes(protocol: number, bytes: Buffer, from: number, to: number): number {
  let hash = HASH_START ^ protocol
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ bytes[at]!, FNV_PRIME)
  return hash
}

function hashOfText(protocol: number, text: string): number {
  let hash = HASH_START ^ protocol
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  }
  return hash
}
