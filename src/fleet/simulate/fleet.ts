// The nodes of a simulated fleet: started, registered, taken off the balancer, stopped, reclaimed, replaced.
//
//   wanted 4, there are 3    place ─▶ start ─▶ running, initial ─▶ register + health checks ─▶ healthy
//   wanted 3, there are 4    taken off ─▶ deregistration delay ─▶ SIGTERM ─▶ drain.wait ─▶ deaf ─▶ empty: stopped
//   reclaimed                SIGTERM at once, flows stay; stopped ─▶ taken off ─▶ deregistration delay ─▶ flows move
import type { Random } from '../traffic/random.ts'
import type { Agenda } from './agenda.ts'
import type { Flows } from './flows.ts'
import { type LeaveCause, type NodeKind, SimNode } from './sim-node.ts'
import type { World } from './world.ts'

export interface Wanted {
  readonly onDemand: number
  readonly spot: number
  /** How many nodes the hosts have room for; Infinity without hosts. */
  readonly room: number
}

export interface FleetEvents {
  /** What happened, for the log of the run. */
  note(text: string): void
  /** A node went with packets on its disk that nobody will fetch. */
  loseSpool(cause: LeaveCause, packets: number): void
}

export class Fleet {
  nodes: SimNode[] = []
  /** Packets handed over by nodes that are gone, on their way to another. */
  handedOver = 0
  /** Node hours that are over, in seconds. */
  readonly paid: Record<NodeKind, number> = { 'on-demand': 0, spot: 0 }
  /** ECS does not scale in during a deployment. */
  isDeploying = false
  isSpotShort = false
  readonly #world: World
  readonly #agenda: Agenda
  readonly #flows: Flows
  readonly #random: Random
  readonly #events: FleetEvents
  readonly #startedAt = new Map<SimNode, number>()
  readonly #standInsMax: number
  #wanted: Wanted = { onDemand: 0, spot: 0, room: Number.POSITIVE_INFINITY }
  #ids = 0
  /** Spot nodes that were taken and are not replaced yet: on-demand nodes stand in for them. */
  #owed = 0
  now = 0

  constructor(parts: {
    readonly world: World
    readonly agenda: Agenda
    readonly flows: Flows
    readonly random: Random
    readonly events: FleetEvents
    readonly standInsMax: number
  }) {
    this.#world = parts.world
    this.#agenda = parts.agenda
    this.#flows = parts.flows
    this.#random = parts.random
    this.#events = parts.events
    this.#standInsMax = parts.standInsMax
  }

  /** Nodes that run and should report. */
  get running(): SimNode[] {
    return this.nodes.filter(({ phase }) => phase === 'running' || phase === 'leaving')
  }

  /** A fleet that has stood for long. */
  begin(wanted: Wanted): void {
    this.#wanted = wanted
    for (const kind of ['on-demand', 'spot'] as const)
      for (let i = 0; i < (kind === 'spot' ? wanted.spot : wanted.onDemand); i++) {
        const node = this.#launch(kind, 0)
        this.#run(node)
        node.target = 'healthy'
      }
    this.#flows.fill(this.#targets())
  }

  /** Goes after what was decided, and after what happened since. */
  reconcile(wanted: Wanted = this.#wanted): void {
    this.#wanted = wanted
    const spot = this.#active('spot')
    this.#owed = Math.min(
      this.#owed,
      Math.max(0, wanted.spot - spot.filter((n) => n.isServing).length),
    )
    const standIns = Math.min(this.#standInsMax, this.#owed)
    this.#adjust('on-demand', wanted.onDemand + standIns)
    this.#adjust('spot', wanted.spot)
  }

  /** The two-minute notice. */
  reclaim(node: SimNode): void {
    const { platform, node: model } = this.#world
    if (node.phase === 'leaving' || node.phase === 'stopped') return
    this.#events.note(`spot node ${node.id} reclaimed`)
    this.#owed++
    node.leaveCause = 'spot'
    node.phase = 'leaving'
    if (node.target === 'healthy') node.target = 'unhealthy'
    if (platform.deregistersAtNotice) this.#takeOff(node)
    this.#stopReceiving(node, model.drainWait)
    this.#in(Math.min(model.stopAfter, platform.reclaimNotice), () => this.#exit(node))
    this.reconcile()
  }

  /** Every node is replaced; an old one goes for each new one that is healthy. */
  deploy(): void {
    this.#events.note('deployment begins')
    this.isDeploying = true
    for (const node of this.nodes) if (node.isActive) node.isOld = true
    this.reconcile()
  }

  /** Nodes that have emptied their spools after SIGTERM end. */
  endEmptied(): void {
    for (const node of this.nodes)
      if (node.phase === 'leaving' && !node.isListening && node.line.packets === 0) this.#exit(node)
  }

  /** Node seconds up to now. */
  paidUntil(now: number, kind: NodeKind): number {
    let seconds = this.paid[kind]
    for (const [node, at] of this.#startedAt)
      if (node.kind === kind) seconds += Math.max(0, now - at)
    return seconds
  }

  #targets(): SimNode[] {
    const healthy = this.nodes.filter(
      ({ target, phase }) => target === 'healthy' && phase !== 'stopped',
    )
    if (healthy.length > 0) return healthy
    // A balancer without healthy targets fails open.
    return this.nodes.filter(({ target }) => target === 'initial' || target === 'unhealthy')
  }

  #active(kind: NodeKind): SimNode[] {
    return this.nodes.filter((node) => node.kind === kind && node.isActive && !node.isOld)
  }

  #adjust(kind: NodeKind, wanted: number): void {
    const active = this.#active(kind)
    const there = this.nodes.filter((node) => node.isActive && !node.isOld).length
    const launches = Math.min(wanted - active.length, this.#wanted.room - there)
    if (kind === 'on-demand' || !this.isSpotShort)
      for (let i = 0; i < launches; i++) this.#launch(kind, this.#world.platform.place)
    if (this.isDeploying) return
    for (let i = active.length; i > wanted; i--) this.#retire(this.#leastNeeded(active))
  }

  /** One that is not up yet, else one with an empty spool (task protection), else any. */
  #leastNeeded(active: SimNode[]): SimNode {
    const starting = active.filter(({ phase }) => phase === 'starting')
    const empty = active.filter(({ line }) => line.packets === 0)
    const from = starting.length > 0 ? starting : empty.length > 0 ? empty : active
    const node = this.#random.pick(from)
    active.splice(active.indexOf(node), 1)
    return node
  }

  #launch(kind: NodeKind, place: number): SimNode {
    const node = new SimNode(this.#ids++, kind)
    this.nodes.push(node)
    this.#startedAt.set(node, this.now + place)
    if (place > 0) this.#in(place + this.#world.platform.start, () => this.#register(node))
    return node
  }

  #run(node: SimNode): void {
    node.phase = 'running'
    node.isListening = true
  }

  #register(node: SimNode): void {
    if (node.phase !== 'starting') return
    this.#run(node)
    node.target = 'initial'
    const { register, healthInterval, healthyCount } = this.#world.balancer
    this.#in(register + healthInterval * healthyCount, () => this.#admit(node))
    this.#flows.fill(this.#targets())
  }

  #admit(node: SimNode): void {
    if (node.phase !== 'running') return
    node.target = 'healthy'
    this.#flows.fill(this.#targets())
    if (this.isDeploying) this.#goOnDeploying(node.kind)
    this.reconcile()
  }

  #goOnDeploying(kind: NodeKind): void {
    const old = this.nodes.filter((node) => node.isOld && node.isActive)
    const next = old.find((node) => node.kind === kind) ?? old[0]
    if (next) this.#retire(next)
    const missing = this.nodes.some((node) => node.isActive && !node.isOld && !node.isServing)
    if (missing) return
    for (const node of old) if (node !== next) this.#retire(node)
    this.isDeploying = false
    this.#events.note('deployment is over')
  }

  #retire(node: SimNode): void {
    const isUp = node.phase === 'running'
    node.phase = 'leaving'
    if (!isUp) {
      this.#exit(node)
      return
    }
    const { balancer, node: model } = this.#world
    this.#takeOff(node)
    this.#in(balancer.deregister, () => {
      this.#stopReceiving(node, model.drainWait)
      this.#in(model.stopAfter, () => this.#exit(node))
    })
  }

  #stopReceiving(node: SimNode, after: number): void {
    this.#in(after, () => {
      node.isListening = false
      const { relay } = this.#world.senders
      // Relays notice and open another flow; other senders know nothing.
      if (relay) this.#in(relay.reconnect, () => this.#flows.leave(node, this.#targets(), true))
    })
  }

  /** Deregistered: no new flows; those it has move when the delay is over. */
  #takeOff(node: SimNode): void {
    if (node.target === 'draining' || node.target === 'gone') return
    node.target = 'draining'
    this.#in(this.#world.balancer.deregister, () => {
      node.target = 'gone'
      this.#flows.leave(node, this.#targets(), false)
      this.#forgetGone()
    })
  }

  #exit(node: SimNode): void {
    if (node.phase === 'stopped') return
    node.phase = 'stopped'
    node.isListening = false
    const startedAt = this.#startedAt.get(node) ?? this.now
    this.#startedAt.delete(node)
    this.paid[node.kind] += Math.max(0, this.now - startedAt)
    this.#takeOff(node)
    this.#rescueSpool(node)
    this.#forgetGone()
  }

  #rescueSpool(node: SimNode): void {
    const { packets, oldestAt } = node.line.takeAll()
    if (packets === 0) return
    const { handsOver, adoptAfter } = this.#world.node
    if (!handsOver) {
      this.#events.loseSpool(node.leaveCause, packets)
      return
    }
    this.handedOver += packets
    const adopt = () => {
      const heirs = this.nodes.filter((heir) => heir.phase === 'running')
      const heir = heirs.length > 0 ? this.#random.pick(heirs) : undefined
      if (heir) this.handedOver -= packets
      if (heir) heir.line.push(oldestAt, this.now, packets)
      else this.#in(adoptAfter, adopt)
    }
    this.#in(adoptAfter, adopt)
  }

  #forgetGone(): void {
    this.nodes = this.nodes.filter(({ phase, target }) => phase !== 'stopped' || target !== 'gone')
  }

  #in(seconds: number, action: () => void): void {
    this.#agenda.at(this.now + seconds, action)
  }

  /** For rotation: where a new flow may go. */
  get targets(): SimNode[] {
    return this.#targets()
  }
}
