// One run: a policy, a trace, a world, a seed. Time jumps from event to event; in between nothing changes
// but what waits, and that evenly, so that each stretch is one sum and a day is a fraction of a second.
//
//   agenda   trace points, samples and decisions, lives of nodes, reclaims, deployments
//   stretch  rates of every node ─▶ until a spool is empty or full, or the next event ─▶ tally
//
// Left out: packets one by one (traffic is a fluid), zones, TCP's own flow control, the network.
import { decide, splitCapacity } from '../policy/decide.ts'
import { ECS_ENGINE } from '../policy/engines.ts'
import type { Decision, Engine, Policy, PolicyState } from '../policy/policy.ts'
import { initialState } from '../policy/state.ts'
import { Random } from '../traffic/random.ts'
import { Agenda } from './agenda.ts'
import { Fleet } from './fleet.ts'
import { Flows } from './flows.ts'
import { History } from './history.ts'
import { HostLevel } from './host-level.ts'
import { Signals } from './signals.ts'
import { Stream } from './stream.ts'
import { Tally } from './tally.ts'
import type { Trace, TraceEvent } from './trace.ts'
import { carriedByNode, type World } from './world.ts'

export interface SimulationOptions {
  readonly policy: Policy
  readonly trace: Trace
  readonly world: World
  readonly seed: number
  /** @default ECS_ENGINE */
  readonly engine?: Engine
}

/** The wanted number of nodes became another. */
export interface Change {
  readonly at: number
  readonly change: number
  readonly wanted: number
}

/** At the beginning nodes are this busy. */
const BUSY_AT_FIRST = 0.55
const RECONCILE_AFTER = 10

export class Simulation {
  readonly options: SimulationOptions
  readonly tally: Tally
  readonly history: History
  readonly fleet: Fleet
  readonly hosts: HostLevel
  readonly stream: Stream
  readonly changes: Change[] = []
  nodesMost = 0
  readonly #agenda = new Agenda()
  readonly #flows: Flows
  readonly #random: Random
  readonly #signals: Signals
  readonly #engine: Engine
  readonly #sampleSeconds: number
  /** Grids of alarms and traffic do not know of each other: where the clock stands at the beginning. */
  readonly #startMs: number
  #state: PolicyState
  #silentSince = Number.POSITIVE_INFINITY

  constructor(options: SimulationOptions) {
    const { policy, trace, world, seed, engine = ECS_ENGINE } = options
    this.options = options
    this.#engine = engine
    this.#random = new Random(seed)
    this.#startMs = 1_767_225_600_000 + this.#random.integer(0, 3_599) * 1000
    this.#sampleSeconds = sampleSecondsOf(policy, engine)
    this.#flows = new Flows(world.senders, this.#random.integer(0, 2 ** 31))
    this.tally = new Tally(world, trace.stepAt)
    this.history = new History(trace.seconds, this.#sampleSeconds)
    this.#signals = new Signals(world, this.#startMs)
    const nodes = nodesAtFirst(policy, trace, world)
    this.hosts = new HostLevel(policy.hosts, nodes, world.platform.hostStart)
    this.#state = initialState(policy, nodes, this.hosts.count)
    this.fleet = new Fleet({
      ...{ world, agenda: this.#agenda, flows: this.#flows, random: this.#random },
      events: {
        note: (text) => this.history.note(this.stream.now, text),
        loseSpool: (cause, packets) => this.tally.lose(cause, packets),
      },
      standInsMax: policy.capacity.kind === 'spot' ? policy.capacity.standInsMax : 0,
    })
    const parts = { world, fleet: this.fleet, flows: this.#flows }
    this.stream = new Stream({ ...parts, tally: this.tally, history: this.history })
    this.fleet.begin({ ...splitCapacity(policy.capacity, nodes), room: this.hosts.room })
    this.#plan()
  }

  run(): this {
    const { seconds } = this.options.trace
    while (this.stream.now < seconds) {
      this.#agenda.run(this.stream.now)
      this.fleet.endEmptied()
      this.nodesMost = Math.max(this.nodesMost, this.fleet.running.length)
      this.stream.pass(Math.min(seconds, this.#agenda.nextAt))
    }
    this.tally.finish()
    return this
  }

  #plan(): void {
    const { trace, world } = this.options
    for (const { at, rate } of trace.points) this.#agenda.at(at, () => this.#setRate(rate))
    for (const event of trace.events) this.#agenda.at(event.at, () => this.#happen(event))
    this.#every(this.#sampleSeconds, () => this.#sample())
    this.#every(this.history.everySeconds, () => this.#remember())
    if (world.platform.reclaimsPerHour > 0) this.#every(60, () => this.#reclaimByChance())
    const { relay } = world.senders
    let part = 0
    if (relay)
      this.#every(relay.rotateEvery, () =>
        this.#flows.rotate(part++, relay.rotateParts, this.fleet.targets),
      )
  }

  #every(seconds: number, action: () => void): void {
    const again = (at: number) => {
      if (at > this.options.trace.seconds) return
      this.#agenda.at(at, () => {
        action()
        again(at + seconds)
      })
    }
    again(seconds)
  }

  #setRate(rate: number): void {
    const { idle } = this.options.world.balancer
    if (rate > 0 && this.stream.now - this.#silentSince >= idle) this.#reopen()
    this.#silentSince =
      rate > 0 ? Number.POSITIVE_INFINITY : Math.min(this.#silentSince, this.stream.now)
    this.stream.demand = rate
  }

  #reopen(sender?: number): void {
    this.#flows.forget(sender)
    this.#flows.fill(this.fleet.targets)
  }

  #happen(event: TraceEvent): void {
    switch (event.kind) {
      case 'sender-down':
        this.#flows.setDown(event.sender, true)
        this.history.note(this.stream.now, `sender ${event.sender} is down`)
        return
      case 'sender-up':
        this.#reopen(event.sender) // a new process: the balancer has forgotten its flow
        this.#flows.setDown(event.sender, false)
        this.history.note(this.stream.now, `sender ${event.sender} is back`)
        return
      case 'deploy':
        this.fleet.deploy()
        return
      case 'reclaim':
        this.#reclaimWave(event)
        return
      case 'database':
        this.stream.databaseShare = event.share
        this.history.note(this.stream.now, `database stores ${Math.round(event.share * 100)} %`)
        this.#agenda.at(this.stream.now + event.seconds, () => {
          this.stream.databaseShare = 1
          this.history.note(this.stream.now, 'database is well again')
        })
    }
  }

  #reclaimWave({ share, over, shortage }: Extract<TraceEvent, { kind: 'reclaim' }>): void {
    this.fleet.isSpotShort = true
    for (const node of this.fleet.nodes)
      if (node.kind === 'spot' && this.#random.chance(share))
        this.#agenda.at(this.stream.now + this.#random.next() * over, () =>
          this.fleet.reclaim(node),
        )
    this.#agenda.at(this.stream.now + shortage, () => {
      this.fleet.isSpotShort = false
      this.history.note(this.stream.now, 'spot nodes can be had again')
      this.fleet.reconcile()
    })
  }

  #reclaimByChance(): void {
    const chance = this.options.world.platform.reclaimsPerHour / 60
    for (const node of this.fleet.nodes)
      if (node.kind === 'spot' && node.phase === 'running' && this.#random.chance(chance))
        this.fleet.reclaim(node)
  }

  #sample(): void {
    const { hosts, fleet } = this
    this.#signals.take(fleet.running, this.stream.now, hosts.cpus(this.options.world.node.cpus))
    const atMs =
      this.#startMs + (this.stream.now - this.options.world.platform.ownMetricDelay) * 1000
    const samples = this.#signals.samples.filter((sample) => sample.atMs < atMs)
    const before = this.#state.nodes.wanted
    const decision = decide(this.options.policy, this.#state, samples, atMs, this.#engine)
    this.#state = decision.state
    this.#act(decision, before)
  }

  #act({ wanted, onDemand, spot, hosts, reason }: Decision, before: number): void {
    if (wanted !== before) {
      this.changes.push({ at: this.stream.now, change: wanted - before, wanted })
      this.history.note(this.stream.now, reason.text)
    }
    const room = this.hosts.want(hosts, this.stream.now, this.fleet.nodes.length, () =>
      this.#agenda.at(this.stream.now + this.options.world.platform.hostStart, () =>
        this.fleet.reconcile({ onDemand, spot, room: this.hosts.roomAt(this.stream.now) }),
      ),
    )
    if (wanted !== before || this.hosts.isUsed) this.fleet.reconcile({ onDemand, spot, room })
    else if (this.stream.now % RECONCILE_AFTER === 0) this.fleet.reconcile()
  }

  #remember(): void {
    const serving = this.fleet.nodes.filter((node) => node.isServing)
    const { cpuAverage, cpuMaximum, memoryAverage, skew } = this.#signals.reading
    const running = this.fleet.running
    this.history.add({
      ...{ at: this.stream.now, wanted: this.#state.nodes.wanted, running: running.length },
      ...{ serving: serving.length, spot: running.filter(({ kind }) => kind === 'spot').length },
      capacity: serving.length * carriedByNode(this.options.world.node),
      ...{ cpuAverage, cpuMaximum, memoryAverage, skew, age: this.stream.age },
    })
  }
}

/** As often as the fastest alarm looks. */
function sampleSecondsOf(policy: Policy, engine: Engine): number {
  const own = engine.kind === 'hpa' ? 15 : engine.periodSeconds
  const alarms = policy.rules.map((rule) => ('periodSeconds' in rule ? rule.periodSeconds : own))
  const least = Math.min(own, ...alarms)
  return own % least === 0 ? least : 5
}

function nodesAtFirst({ nodesMin, nodesMax }: Policy, trace: Trace, { node }: World): number {
  const busy = (trace.points[0]?.rate ?? 0) / (carriedByNode(node) * BUSY_AT_FIRST)
  return Math.min(nodesMax, Math.max(nodesMin, Math.ceil(busy)))
}
