// Which target a flow goes to, by the rules of a network load balancer:
//
//   5-tuple ─▶ known, and spoke within the idle time? ─▶ the target it always had, however busy
//          └▶ else: hash(5-tuple) over the targets that may take new flows, pinned from now on
//
//   target    new flows   its old flows
//   initial   no          –               registered, not yet found healthy
//   healthy   yes         stay
//   unhealthy no          stay (UDP), are closed (TCP)
//   draining  no          stay until the deregistration delay is over, then move or stay to the idle
//                         time-out, by `terminatesConnections`
//
// With no healthy target at all every registered one takes flows: failing open is what the real one
// does. Without cross-zone balancing only targets in the zone the packet came in by are asked; a zone
// without any then has none at all. Weighing by load does not exist: that is what `skew` shows.

/** A target as far as routing cares. */
export interface RoutedTarget {
  readonly id: string
  readonly zone: string
  state: TargetState
}
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'gone'

/** A pinned flow, and what the forwarder keeps with it. */
export interface Flow<Target extends RoutedTarget, Way> {
  readonly key: number
  readonly target: Target
  lastMs: number
  way: Way | undefined
}

export interface FlowTableOptions<Target extends RoutedTarget, Way> {
  /** @default 120000, as for UDP */
  readonly idleMs?: number
  /** @default true */
  readonly crossZone?: boolean
  readonly targets: () => readonly Target[]
  /** Told of each flow that ends, so that its socket can be closed. */
  readonly onEnd?: (flow: Flow<Target, Way>) => void
}

/** The flows of one protocol. */
export class FlowTable<Target extends RoutedTarget, Way> {
  readonly #flows = new Map<number, Flow<Target, Way>>()
  readonly #options: FlowTableOptions<Target, Way>
  readonly #idleMs: number

  constructor(options: FlowTableOptions<Target, Way>) {
    this.#options = options
    this.#idleMs = options.idleMs ?? 120_000
  }

  get size(): number {
    return this.#flows.size
  }

  /** The flow of a 5-tuple; undefined when no target may take it. */
  flow(key: number, zone: string, nowMs: number): Flow<Target, Way> | undefined {
    const known = this.#flows.get(key)
    if (known && nowMs - known.lastMs <= this.#idleMs && known.target.state !== 'gone') {
      known.lastMs = nowMs
      return known
    }
    if (known) this.#end(known)
    const target = this.pick(key, zone)
    if (target === undefined) return undefined
    const flow = { key, target, lastMs: nowMs, way: undefined }
    this.#flows.set(key, flow)
    return flow
  }

  /** Where a new flow would go. */
  pick(key: number, zone: string): Target | undefined {
    const mine = this.#options
      .targets()
      .filter((target) => this.#options.crossZone !== false || target.zone === zone)
    const healthy = mine.filter(({ state }) => state === 'healthy')
    const open = mine.filter(({ state }) => state === 'initial' || state === 'unhealthy')
    const able = healthy.length > 0 ? healthy : open
    return able[hash(key) % able.length]
  }

  /** Ends flows that were silent for too long. */
  expire(nowMs: number): void {
    for (const flow of this.#flows.values()) if (nowMs - flow.lastMs > this.#idleMs) this.#end(flow)
  }

  /** Ends the flows of one target; their next packets are new flows. */
  endFlowsOf(id: string): void {
    for (const flow of this.#flows.values()) if (flow.target.id === id) this.#end(flow)
  }

  /** Pinned flows by target. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { target } of this.#flows.values())
      counts.set(target.id, (counts.get(target.id) ?? 0) + 1)
    return counts
  }

  #end(flow: Flow<Target, Way>): void {
    this.#flows.delete(flow.key)
    this.#options.onEnd?.(flow)
  }
}

/** Client address and port as one number: the rest of the 5-tuple is the same for every flow here. */
export function flowKey(ip: string, port: number): number {
  let value = 0
  for (const part of ip.split('.')) value = value * 256 + Number(part)
  return value * 65_536 + port
}

/** Spreads neighbouring ports over everything (the finaliser of MurmurHash3). */
function hash(key: number): number {
  let h = Math.imul(key >>> 0, 0x9e37_79b1) ^ Math.floor(key / 2 ** 32)
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return (h ^ (h >>> 16)) >>> 0
}
