// Finds payloads that were seen a moment ago (heplify-server's Dedup): two agents that mirror the same
// message, a switch that mirrors a packet twice. A table of the last payloads by their hash, with the time
// of the packet and which frame it was; who comes later takes the slot. A frame that is read again, after a
// failure or a restart, is no duplicate of itself.
//
//   hash ─▶ slot ─▶ same 52 bits, another frame, at most windowMs apart ─▶ a duplicate
import type { FramePlace } from './filtered.ts'

/** 2 ** 17 payloads: half a second of 250,000 a second, in 4 MiB. */
const SLOTS = 131_072

export class RecentPayloads {
  readonly #windowUs: number
  readonly #hashes = new Float64Array(SLOTS)
  readonly #times = new Float64Array(SLOTS)
  readonly #lanes = new Uint32Array(SLOTS)
  readonly #numbers = new Float64Array(SLOTS)
  readonly #laneNumbers = new Map<string, number>()

  constructor(windowMs: number) {
    this.#windowUs = windowMs * 1000
  }

  /** Whether the payload was seen in another frame; remembers this one if not. */
  isDuplicate(payload: Buffer, atUs: number, { lane, number }: FramePlace): boolean {
    const hash = hashOf(payload)
    const slot = hash % SLOTS
    const laneNumber = this.#laneNumber(lane)
    if (this.#hashes[slot] === hash && Math.abs(atUs - this.#times[slot]!) < this.#windowUs) {
      return this.#lanes[slot] !== laneNumber || this.#numbers[slot] !== number
    }
    this.#hashes[slot] = hash
    this.#times[slot] = atUs
    this.#lanes[slot] = laneNumber
    this.#numbers[slot] = number
    return false
  }

  #laneNumber(lane: string): number {
    const known = this.#laneNumbers.get(lane)
    if (known !== undefined) return known
    this.#laneNumbers.set(lane, this.#laneNumbers.size + 1)
    return this.#laneNumbers.size
  }
}

/** As many bits as a number holds; never 0, which an empty slot has. */
function hashOf(payload: Buffer): number {
  return Number(BigInt.asUintN(52, Bun.hash(payload) as bigint)) + 1
}
