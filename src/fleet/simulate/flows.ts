// The senders' 5-tuples and the node each is pinned to. A network load balancer picks a node by the hash
// of the tuple when it sees its first packet, and never again while the flow lives: this is why two busy
// senders use two nodes however many there are. A relay has many flows and opens some of them anew.

import type { SimNode } from './sim-node.ts'
import type { SendersModel } from './world.ts'

interface Flow {
  readonly sender: number
  /** Counts the source ports this flow has had: another port, another hash. */
  turn: number
  node: SimNode | undefined
}

export class Flows {
  readonly #flows: Flow[] = []
  readonly #seed: number
  readonly #base: readonly number[]
  readonly #isDown: boolean[]
  #isDirty = true
  /** Share of the traffic for which there is no node at all. */
  unpinnedShare = 1

  constructor(senders: SendersModel, seed: number) {
    const { portsEach, shares, relay } = senders
    const raw = Array.from({ length: senders.senders }, (_, k) =>
      shares === 'zipf' ? 1 / (k + 1) : 1,
    )
    const sum = raw.reduce((a, b) => a + b, 0)
    this.#base = raw.map((share) => share / sum)
    this.#isDown = raw.map(() => false)
    this.#seed = seed
    const each = relay?.flowsEach ?? portsEach
    for (let sender = 0; sender < senders.senders; sender++)
      for (let port = 0; port < each; port++) this.#flows.push({ sender, turn: 0, node: undefined })
  }

  /** Gives every flow without a node one of `targets`. */
  fill(targets: readonly SimNode[]): void {
    for (const [i, flow] of this.#flows.entries())
      if (flow.node === undefined) this.#pin(flow, i, targets)
  }

  /** Moves the flows off a node. `isAnew`: the sender opens another port; else the tuple stays. */
  leave(node: SimNode, targets: readonly SimNode[], isAnew: boolean): void {
    for (const [i, flow] of this.#flows.entries()) {
      if (flow.node !== node) continue
      if (isAnew) flow.turn++
      this.#pin(flow, i, targets)
    }
  }

  /** Opens every `parts`-th flow anew, beginning with number `part`. */
  rotate(part: number, parts: number, targets: readonly SimNode[]): void {
    for (let i = part % parts; i < this.#flows.length; i += parts) {
      this.#flows[i]!.turn++
      this.#pin(this.#flows[i]!, i, targets)
    }
  }

  /** All were idle too long: their next packets are new flows. */
  forget(sender?: number): void {
    for (const flow of this.#flows)
      if (sender === undefined || flow.sender === sender) flow.node = undefined
    this.#isDirty = true
  }

  setDown(sender: number, isDown: boolean): void {
    if (sender >= this.#isDown.length) return
    this.#isDown[sender] = isDown
    this.#isDirty = true
  }

  /** Every sender is down. */
  get isSilent(): boolean {
    return this.#isDown.every((isDown) => isDown)
  }

  /** Writes each node's share, if anything has changed. */
  settle(nodes: Iterable<SimNode>): void {
    if (!this.#isDirty) return
    this.#isDirty = false
    for (const node of nodes) node.share = 0
    const up = this.#base.map((share, k) => (this.#isDown[k] ? 0 : share))
    const sum = up.reduce((a, b) => a + b, 0)
    const each = this.#flows.length / this.#base.length
    let pinned = 0
    for (const { sender, node } of this.#flows) {
      const share = sum > 0 ? up[sender]! / sum / each : 0
      if (node === undefined) continue
      node.share += share
      pinned += share
    }
    this.unpinnedShare = sum > 0 ? Math.max(0, 1 - pinned) : 0
  }

  #pin(flow: Flow, place: number, targets: readonly SimNode[]): void {
    const hash = mix(this.#seed ^ mix(place * 0x9e3779b1 + flow.turn * 0x85ebca6b))
    flow.node = targets[hash % Math.max(1, targets.length)]
    this.#isDirty = true
  }
}

/** Scrambles 32 bits (a finaliser with good avalanche). */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}
