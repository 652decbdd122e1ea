// Packets that wait in a spool, first in, first out, as stretches that arrived evenly: how many there
// are, how old the oldest is, and how long those that leave have waited. No packet exists by itself.
//
//   head ▶ [600 packets, 10:00:00–10:00:10][900, –10:00:20][300, –10:00:25] ◀ push

interface Stretch {
  from: number
  readonly to: number
  packets: number
}

/** Told of packets that left, and how long they had waited on average. */
export type NoteWait = (packets: number, seconds: number) => void

/** Fewer packets than this are rounding, when a line ends and when it is full. */
const NOTHING = 1e-6
const NEARLY = 0.01

export class WaitingLine {
  #stretches: Stretch[] = []
  #head = 0
  packets = 0

  /** When the oldest came; undefined when nothing waits. */
  get oldestAt(): number | undefined {
    return this.#stretches[this.#head]?.from
  }

  /** True when there is no room for more. */
  fills(packetsMax: number): boolean {
    return this.packets >= packetsMax - NEARLY
  }

  push(from: number, to: number, packets: number): void {
    if (packets <= 0) return
    this.#stretches.push({ from, to, packets })
    this.packets += packets
  }

  /** Takes packets that leave evenly between `from` and `to`; returns how many there were to take. */
  take(packets: number, from: number, to: number, note: NoteWait): number {
    // What would be left of a packet goes along: lines do end.
    const wanted = this.packets - packets < NOTHING ? this.packets : packets
    let left = wanted
    while (left > 0 && this.#head < this.#stretches.length) {
      const stretch = this.#stretches[this.#head]!
      const part = Math.min(left, stretch.packets)
      const share = part / stretch.packets
      const reached = stretch.from + (stretch.to - stretch.from) * share
      const leaves = from + ((wanted - left + part / 2) / wanted) * (to - from)
      note(part, Math.max(0, leaves - (stretch.from + reached) / 2))
      left -= part
      if (share < 1) this.#shorten(stretch, reached, part)
      else this.#dropHead()
    }
    // Sums of fractions drift: a line that is empty by count has no oldest packet either.
    const isOver = wanted === this.packets || this.#head === this.#stretches.length
    this.packets -= wanted
    if (isOver) this.takeAll()
    return wanted
  }

  /** Everything at once, for somebody else to store. */
  takeAll(): { packets: number; oldestAt: number } {
    const all = { packets: this.packets, oldestAt: this.oldestAt ?? 0 }
    this.#stretches = []
    this.#head = 0
    this.packets = 0
    return all
  }

  #shorten(stretch: Stretch, from: number, taken: number): void {
    stretch.from = from
    stretch.packets -= taken
  }

  #dropHead(): void {
    this.#head++
    if (this.#head < 1_000) return
    this.#stretches.splice(0, this.#head)
    this.#head = 0
  }
}
