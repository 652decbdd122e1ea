// What flows: traffic from the senders over relays, balancer and nodes into the database. It knows nothing
// of policies; it lets time pass until it is told that something has changed.
//
//   rate ─▶ relays ─▶ flows ─▶ nodes: received ─▶ spool ─▶ stored        what is refused ─▶ lost, by cause
//
// Between two changes everything goes evenly, so that each stretch is one sum, however long.
import type { Fleet } from './fleet.ts'
import type { Flows } from './flows.ts'
import type { History } from './history.ts'
import { type ByCause, refusals, setRates } from './rates.ts'
import { RelayBuffer } from './relay-buffer.ts'
import type { Tally } from './tally.ts'
import type { World } from './world.ts'

/** No stretch is shorter; what would happen within it happens at its end. */
const STRETCH_MIN = 1e-3
/** Nor longer: ages are looked at between stretches. */
const STRETCH_MAX = 10
const ROUNDED_UP = 1 + 1e-12

export class Stream {
  readonly relay: RelayBuffer
  now = 0
  /** Packets a second that the senders have to send, all together. */
  demand = 0
  /** What the database stores now, as a share of its rate. */
  databaseShare = 1
  readonly #world: World
  readonly #fleet: Fleet
  readonly #flows: Flows
  readonly #tally: Tally
  readonly #history: History

  constructor(parts: {
    readonly world: World
    readonly fleet: Fleet
    readonly flows: Flows
    readonly tally: Tally
    readonly history: History
  }) {
    this.#world = parts.world
    this.#fleet = parts.fleet
    this.#flows = parts.flows
    this.#tally = parts.tally
    this.#history = parts.history
    this.relay = new RelayBuffer(parts.world.senders)
  }

  /** Packets a second in all; none when every sender is down. */
  get #rate(): number {
    return this.#flows.isSilent ? 0 : this.demand
  }

  /** Packets that are neither stored nor lost. */
  get pending(): number {
    const waiting = this.#fleet.nodes.reduce((sum, { line }) => sum + line.packets, 0)
    return waiting + this.#fleet.handedOver + this.relay.packets
  }

  /** Seconds the oldest packet has waited, wherever it is. */
  get age(): number {
    let oldest = this.relay.oldestAt ?? this.now
    for (const { line } of this.#fleet.nodes) oldest = Math.min(oldest, line.oldestAt ?? this.now)
    return this.now - oldest
  }

  /** Lets time pass in which nothing happens but what the rates bring about. */
  pass(until: number): void {
    const world = this.#world
    while (this.now < until) {
      this.#flows.settle(this.#fleet.nodes)
      const { nodes } = this.#fleet
      const offered = this.#offer()
      const refused = refusals(nodes, offered * this.#flows.unpinnedShare, world.node)
      const lost = this.relay.isUsed ? this.relay.lose(this.#rate, this.#taken, refused) : refused
      const end = Math.min(until, Math.max(this.now + STRETCH_MIN, this.now + this.#calm()))
      this.#integrate(end, lost)
    }
  }

  /** Sets the rates of every node, and returns what they are offered in all. */
  #offer(): number {
    const [rate, { nodes }] = [this.#rate, this.#fleet]
    const most = this.relay.offerMax(rate)
    let offered = this.relay.offer(rate)
    this.#setRates(offered)
    if (!this.relay.isUsed || this.relay.packets > 0) return offered
    // What a full node refuses a relay offers to others at once: it begins to fill only when these
    // are full too, or it catches up no faster. Each round fills one node more.
    while (this.#taken < rate && offered < most) {
      const free = nodes.reduce((sum, node) => sum + (node.kept < node.offered ? 0 : node.share), 0)
      const next = (offered + (rate - this.#taken) / free) * ROUNDED_UP
      offered = Math.min(most, next)
      this.#setRates(offered)
    }
    return offered
  }

  #setRates(offered: number): void {
    const { node, databaseRate } = this.#world
    const database = databaseRate * this.databaseShare
    setRates(this.#fleet.nodes, offered, database, node, this.relay.isUsed)
  }

  /** What all nodes put into their spools, packets a second. */
  get #taken(): number {
    return this.#fleet.nodes.reduce((sum, { kept }) => sum + kept, 0)
  }

  /** Seconds until a spool is full or empty. */
  #calm(): number {
    const { spoolPackets } = this.#world.node
    let calm = Math.min(STRETCH_MAX, this.relay.calm(this.#rate))
    for (const { line, kept, stored } of this.#fleet.nodes) {
      const growth = kept - stored
      if (growth < 0 && line.packets > 0) calm = Math.min(calm, line.packets / -growth)
      if (growth > 0 && !line.fills(spoolPackets))
        calm = Math.min(calm, (spoolPackets - line.packets) / growth)
    }
    return calm
  }

  #integrate(to: number, lost: ByCause): void {
    const { node: model } = this.#world
    const from = this.now
    const seconds = to - from
    const { wait, share } = this.relay.pass(from, to, this.#rate)
    for (const node of this.#fleet.nodes) {
      const { line } = node
      node.sinceSeconds += seconds
      node.packets += node.received * seconds
      if (!this.relay.isUsed && node.isListening)
        node.dropped += (node.offered - node.kept) * seconds
      node.cpuSeconds +=
        (seconds * (node.received * model.receiveMicros + node.stored * model.storeMicros)) / 1e6
      // Nothing waits and nothing begins to: stored at once.
      if (line.packets === 0 && node.kept <= node.stored) {
        if (node.kept > 0) this.#tally.store(node.kept * seconds * share, wait)
        continue
      }
      line.push(from - wait, to - wait, node.kept * seconds * share)
      line.take(Math.min(line.packets, node.stored * seconds), from, to, this.#tally.store)
    }
    let lostRate = 0
    for (const rate of Object.values(lost)) lostRate += rate
    this.#history.pass(seconds, this.#rate, lostRate)
    const { nodes } = this.#fleet
    this.now = to
    this.#fleet.now = to
    this.#tally.pass({ from, to, rate: this.#rate, lost, nodes, age: this.age })
  }
}
