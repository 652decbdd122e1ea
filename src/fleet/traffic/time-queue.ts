// Items in order of time, equals in the order they came: a binary heap.
//
//         [0]            every parent is due before its two children, which for slot i are
//       /     \          slots 2i + 1 and 2i + 2
//     [1]     [2]

interface Entry<Item> {
  readonly atUs: number
  readonly turn: number
  readonly item: Item
}

export class TimeQueue<Item> {
  readonly #heap: Entry<Item>[] = []
  #turns = 0

  /** When the next item is due; Infinity when there is none. */
  get nextAtUs(): number {
    return this.#heap[0]?.atUs ?? Number.POSITIVE_INFINITY
  }

  push(atUs: number, item: Item): void {
    const entry = { atUs, turn: this.#turns++, item }
    let slot = this.#heap.length
    while (slot > 0) {
      const parent = (slot - 1) >> 1
      if (isBefore(this.#heap[parent]!, entry)) break
      this.#heap[slot] = this.#heap[parent]!
      slot = parent
    }
    this.#heap[slot] = entry
  }

  pop(): Item | undefined {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) this.#sink(last)
    return first?.item
  }

  #sink(entry: Entry<Item>): void {
    const heap = this.#heap
    let slot = 0
    for (let child = 1; child < heap.length; child = 2 * slot + 1) {
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child]!)) child++
      if (isBefore(entry, heap[child]!)) break
      heap[slot] = heap[child]!
      slot = child
    }
    heap[slot] = entry
  }
}

const isBefore = <Item>(a: Entry<Item>, b: Entry<Item>): boolean =>
  a.atUs < b.atUs || (a.atUs === b.atUs && a.turn < b.turn)
