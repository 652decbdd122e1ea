// All relays together: what their senders' nodes cannot take waits here and is sent again, faster than the
// traffic. A packet is lost only when their spools are full. Without relays it stands aside.
import type { ByCause } from './rates.ts'
import { WaitingLine } from './waiting-line.ts'
import type { SendersModel } from './world.ts'

export class RelayBuffer {
  readonly isUsed: boolean
  readonly #packetsMax: number
  readonly #catchUpRate: number
  readonly #line = new WaitingLine()
  /** What nodes take of the present offer, packets a second; and what is lost. */
  #taken = 0
  #lost = 0

  constructor({ senders, relay }: SendersModel) {
    this.isUsed = relay !== undefined
    this.#packetsMax = (relay?.spoolPackets ?? 0) * senders
    this.#catchUpRate = relay?.catchUpRate ?? 0
  }

  get packets(): number {
    return this.#line.packets
  }

  get oldestAt(): number | undefined {
    return this.#line.oldestAt
  }

  /** The rate that nodes are offered when so much comes in. */
  offer(rate: number): number {
    return this.packets > 0 ? this.offerMax(rate) : rate
  }

  /** The same with whatever was refused sent again. */
  offerMax(rate: number): number {
    return rate + this.#catchUpRate
  }

  /** Of what nodes refused, what is lost: nothing until the spools are full. `taken`: by all nodes. */
  lose(rate: number, taken: number, refused: ByCause): ByCause {
    this.#taken = taken
    const sum = Object.values(refused).reduce((a, b) => a + b, 0)
    this.#lost = this.#line.fills(this.#packetsMax) ? Math.max(0, rate - taken) : 0
    const share = sum > 0 ? this.#lost / sum : 0
    const entries = Object.entries(refused).map(([cause, value]) => [cause, value * share])
    return Object.fromEntries(entries) as ByCause
  }

  /** Seconds until the spools are full or empty, after `lose`. */
  calm(rate: number): number {
    if (!this.isUsed) return Number.POSITIVE_INFINITY
    const growth = rate - this.#taken
    if (growth > 0 && !this.#line.fills(this.#packetsMax))
      return (this.#packetsMax - this.packets) / growth
    return growth < 0 && this.packets > 0 ? this.packets / -growth : Number.POSITIVE_INFINITY
  }

  /** Lets time pass; returns how long what leaves has waited here, and its share of what was offered. */
  pass(from: number, to: number, rate: number): { readonly wait: number; readonly share: number } {
    const seconds = to - from
    if (!this.isUsed || (this.packets === 0 && this.#taken >= rate)) return { wait: 0, share: 1 }
    let [waited, packets] = [0, 0]
    this.#line.push(from, to, (rate - this.#lost) * seconds)
    const due = this.#taken * seconds
    this.#line.take(Math.min(this.packets, due), from, to, (part, wait) => {
      waited += part * wait
      packets += part
    })
    return { wait: packets > 0 ? waited / packets : 0, share: due > 0 ? packets / due : 1 }
  }
}
