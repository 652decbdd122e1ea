// Which messages of calls were counted already, in memory that does not grow: a table of 64-bit hashes, in two
// halves. New ones go into the younger half; when that is full, the older one is forgotten and they change
// places. So at least the last ENTRIES_MAX messages are known; a call that goes on for longer than that many
// others may have its repetitions counted again.
//
// Two messages with the same hash would be taken for one: 1 in 10^13 lookups when both halves are full.

const SLOTS = 2 ** 18
const ENTRIES_MAX = (SLOTS * 3) / 4
const BASIS = 0x811c9dc5
const PRIME = 0x01000193
const OTHER_PRIME = 0x85ebca6b

export class SeenOnce {
  #young = new Half()
  #old = new Half()

  /** True the first time it is asked of these bytes with this salt. */
  isFirst(bytes: Buffer, from: number, to: number, salt: number): boolean {
    let high = Math.imul(BASIS ^ salt, OTHER_PRIME)
    let low = Math.imul(PRIME ^ salt, BASIS)
    for (let at = from; at < to; at += 1) {
      low = Math.imul(low ^ bytes[at]!, PRIME)
      high = Math.imul(high ^ bytes[at]!, OTHER_PRIME) ^ (high >>> 15)
    }
    if (this.#young.has(high, low) || this.#old.has(high, low)) return false
    if (this.#young.entries >= ENTRIES_MAX) {
      this.#old.clear()
      ;[this.#young, this.#old] = [this.#old, this.#young]
    }
    this.#young.add(high, low)
    return true
  }
}

// Open addressing; 0, 0 marks an empty slot, and the one hash that is 0, 0 is never known.
class Half {
  readonly #slots = new Int32Array(SLOTS * 2)
  entries = 0

  has(high: number, low: number): boolean {
    const at = this.#find(high, low)
    return this.#slots[at] !== 0 || this.#slots[at + 1] !== 0
  }

  add(high: number, low: number): void {
    const at = this.#find(high, low)
    this.#slots[at] = high
    this.#slots[at + 1] = low
    this.entries += 1
  }

  clear(): void {
    this.#slots.fill(0)
    this.entries = 0
  }

  /** Where it stands, or where it would. */
  #find(high: number, low: number): number {
    const slots = this.#slots
    let at = ((low ^ (high >>> 7)) & (SLOTS - 1)) * 2
    for (;;) {
      const [a, b] = [slots[at]!, slots[at + 1]!]
      if ((a === high && b === low) || (a === 0 && b === 0)) return at
      at = (at + 2) & (SLOTS * 2 - 1)
    }
  }
}
