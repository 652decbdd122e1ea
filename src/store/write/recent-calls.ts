// Which calls were counted lately, in memory that does not grow: generations of an open-addressing table.
// When the youngest is full another one begins; whatever is still being touched moves along, the rest is
// forgotten when its generation is the oldest of six and its room is wanted. 10 bytes a slot instead of some
// hundred in a Map: a busy node sees 15,000 calls a second, and they have to be remembered until
// somebody picks up. Many small generations rather than two large ones: more calls are sure to be remembered in
// less room, and none is so large that its making shows.
//
//   youngest ██████░░░░   ██████████   ██████████ … ██████████ ──youngest full──▶ emptied, the youngest
//
//   slot  [u32 lower bits of the key, 0 = empty] [u16 the other 12 bits, flags] [u32 when it began]
//
// Keys are 44-bit hashes. A call meets another of the 500,000 by chance once in 35 million, and the cost is
// a call not counted in the KPIs; nothing else is decided here.

const SLOTS_MIN = 1 << 12
/** One more than the lower bits of a key can be. */
const LOW = 2 ** 32
const FLAG_BITS = 4
const FLAGS = (1 << FLAG_BITS) - 1
/** All generations together are 8 MB and remember 460,000 to 550,000 calls. */
const SLOTS_MAX = 1 << 17
const GENERATIONS = 6
const LOAD_MAX = 0.7
const TICK_US = 100
const TICKS_MAX = 2 ** 32 - 1 // five days
/** Calls that began before the first one we see, from agents that are late. */
const EPOCH_BACK_US = 86_400_000_000

interface Generation {
  /** What ticks are counted from; 0 = nothing is counted yet. */
  epochUs: number
  readonly keys: Uint32Array
  /** The rest of the key, and FLAG_BITS below it. */
  readonly marks: Uint16Array
  /** In ticks; 0 = unknown. */
  readonly started: Uint32Array
  used: number
}

const generation = (slots: number): Generation => ({
  epochUs: 0,
  keys: new Uint32Array(slots),
  marks: new Uint16Array(slots),
  started: new Uint32Array(slots),
  used: 0,
})

// Used again, since another one would lie about until the next collection.
function emptied(old: Generation): Generation {
  old.keys.fill(0)
  old.marks.fill(0)
  old.started.fill(0)
  old.used = 0
  old.epochUs = 0
  return old
}

export class RecentCalls {
  readonly #slotsMax: number
  #young: Generation
  /** The youngest of them first. */
  readonly #older: Generation[] = []
  #slot = 0

  constructor(slotsMax = SLOTS_MAX) {
    this.#slotsMax = slotsMax
    this.#young = generation(Math.min(SLOTS_MIN, slotsMax))
  }

  /** Goes to the call with that key, remembering it from now on; the properties below are its. */
  select(key: number): void {
    if (this.#young.used >= this.#young.keys.length * LOAD_MAX) this.#makeRoom()
    const low = key >>> 0
    const rest = Math.floor(key / LOW)
    const slot = slotOf(this.#young, low, rest)
    this.#slot = slot
    if (this.#young.keys[slot] !== 0) return
    this.#young.keys[slot] = low
    this.#young.marks[slot] = rest << FLAG_BITS
    this.#young.used += 1
    for (const older of this.#older) {
      const before = slotOf(older, low, rest)
      if (older.keys[before] === 0) continue
      this.startedUs = startedUs(older, before)
      this.flags = older.marks[before]!
      return
    }
  }

  /** When the call began, as far as we know, to a tenth of a millisecond; 0 = unknown. */
  get startedUs(): number {
    return startedUs(this.#young, this.#slot)
  }

  set startedUs(us: number) {
    const young = this.#young
    if (us > 0 && young.epochUs === 0) young.epochUs = us - EPOCH_BACK_US
    const ticks = Math.round((us - young.epochUs) / TICK_US)
    young.started[this.#slot] = us > 0 && ticks > 0 && ticks <= TICKS_MAX ? ticks : 0
  }

  /** What was counted of it already: four bits for the caller. */
  get flags(): number {
    return this.#young.marks[this.#slot]! & FLAGS
  }

  set flags(flags: number) {
    const { marks } = this.#young
    marks[this.#slot] = (marks[this.#slot]! & ~FLAGS) | (flags & FLAGS)
  }

  #makeRoom(): void {
    if (this.#young.keys.length < this.#slotsMax) this.#grow()
    else this.#turn()
  }

  #turn(): void {
    const oldest = this.#older.length === GENERATIONS - 1 ? this.#older.pop() : undefined
    this.#older.unshift(this.#young)
    this.#young = oldest ? emptied(oldest) : generation(this.#slotsMax)
  }

  #grow(): void {
    const full = this.#young
    this.#young = generation(full.keys.length * 2)
    for (let i = 0; i < full.keys.length; i++) {
      const [low, marks] = [full.keys[i]!, full.marks[i]!]
      if (low === 0) continue
      const slot = slotOf(this.#young, low, marks >>> FLAG_BITS)
      this.#young.keys[slot] = low
      this.#young.marks[slot] = marks
      this.#young.started[slot] = full.started[i]!
    }
    this.#young.used = full.used
    this.#young.epochUs = full.epochUs
  }
}

function startedUs({ epochUs, started }: Generation, slot: number): number {
  const ticks = started[slot]!
  return ticks === 0 ? 0 : epochUs + ticks * TICK_US
}

/** Where the key is, or the empty slot where it would go. */
function slotOf({ keys, marks }: Generation, low: number, rest: number): number {
  const mask = keys.length - 1
  let slot = low & mask
  while (keys[slot] !== 0 && (keys[slot] !== low || marks[slot]! >>> FLAG_BITS !== rest))
    slot = (slot + 1) & mask
  return slot
}

const FNV_PRIME = 0x0100_0193

/**
 * The key of a call, or of one transaction of it; its lower bits are never 0, which marks an empty slot. Two
 * hashes with different beginnings, 32 bits of the one and 12 of the other: Bun.hash makes a BigInt of its 64.
 */
export function callKey(callId: string, part = 0): number {
  let low = 0x811c_9dc5 ^ part
  let high = 0x2545_f491 ^ part
  for (let at = 0; at < callId.length; at += 1) {
    const char = callId.charCodeAt(at)
    low = Math.imul(low ^ char, FNV_PRIME)
    high = Math.imul(high + char, 0x9e37_79b1)
    high ^= high >>> 15
  }
  low ^= low >>> 16
  return (high >>> 20) * LOW + (low >>> 0 || 1)
}
