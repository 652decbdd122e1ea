// Starts and ends real capture processes as an engine does with tasks, so that a policy can be watched
// at work on one machine. It is a test rig: fleets are run by ECS or Kubernetes, never by us.
//
//   out    process ─▶ /readyz 200 ─▶ registered ─▶ health checks good ─▶ new flows
//   in     deregistered ─▶ delay ─▶ its flows move ─▶ SIGTERM ─▶ spool emptied ─▶ exit 0
//   spot   SIGTERM and deregistered at once; it receives on until its flows have moved
//   kill   SIGKILL ─▶ noticed ─▶ deregistered ─▶ its disk goes to a node that stores what is on it
import type { BalancerThread } from './balancer-thread.ts'
import { CaptureProcess, type NodeStage } from './capture-process.ts'

export interface FleetEventSeen {
  readonly kind: 'came' | 'draining' | 'gone' | 'reclaimed' | 'killed' | 'recovered'
  readonly node: string
  readonly text: string
}

export interface LocalFleetOptions {
  readonly directory: string
  readonly databaseUrl: string
  readonly balancer: BalancerThread
  /** Between being taken off the balancer and SIGTERM. */
  readonly deregistrationMs: number
  /** Until the engine notices that a process is gone. */
  readonly noticeMs: number
  readonly onEvent: (event: FleetEventSeen) => void
}

/** A node of the platform takes a moment longer than its flows to stop receiving. */
const DRAIN_WAIT_SHARE = 1.25

/** The fleet; `scaleTo` is the only thing a policy does to it. */
export class LocalFleet {
  readonly nodes: CaptureProcess[] = []
  readonly #options: LocalFleetOptions
  readonly #leaving = new Set<Promise<void>>()
  #count = 0
  #isEnding = false
  /** Of processes that ended: anything but 0 is packets left behind. */
  readonly exitCodes: number[] = []

  constructor(options: LocalFleetOptions) {
    this.#options = options
  }

  /** Nodes that run or start, in order of age. */
  get active(): readonly CaptureProcess[] {
    return this.nodes.filter(({ stage }) => stage === 'starting' || stage === 'ready')
  }

  count(stage: NodeStage): number {
    return this.nodes.filter((node) => node.stage === stage).length
  }

  /** Begins to start what is missing and to end what is too many, the youngest first. */
  scaleTo(decided: number): void {
    const wanted = this.#isEnding ? 0 : decided
    const active = this.active
    for (let missing = wanted - active.length; missing > 0; missing--) this.#track(this.#start())
    for (const node of active.slice(wanted).reverse())
      if (node.stage === 'ready') this.#track(this.#retire(node))
  }

  /** The provider takes a node back with its notice (SIGTERM); the policy is not asked. */
  reclaim(node: CaptureProcess): void {
    this.#say('reclaimed', node, 'the provider takes it back')
    node.stage = 'draining'
    const moved = this.#options.balancer.deregister(node.id, this.#options.deregistrationMs)
    this.#track(Promise.all([moved, this.#end(node)]))
  }

  /** kill -9, and what a platform with disks that outlive nodes does then. */
  kill(node: CaptureProcess): void {
    this.#say('killed', node, 'killed without warning')
    node.stage = 'killed'
    this.#track(this.#mourn(node))
  }

  /** Reads the metrics of all that are ready. */
  async read(): Promise<void> {
    await Promise.all(
      this.nodes.filter(({ stage }) => stage === 'ready').map((node) => node.read()),
    )
  }

  /** Ends all nodes, also those that are just being started; none is started again. */
  async end(): Promise<void> {
    this.#isEnding = true
    while (this.active.length > 0) {
      this.scaleTo(0)
      await this.settle()
    }
    await this.settle()
  }

  /** Resolves when nothing starts or ends any more. */
  async settle(): Promise<void> {
    while (this.#leaving.size > 0) await Promise.all(this.#leaving)
  }

  #track(work: Promise<unknown>): void {
    const done: Promise<void> = work.then(() => void this.#leaving.delete(done))
    this.#leaving.add(done)
  }

  async #start(): Promise<void> {
    const { directory, databaseUrl, deregistrationMs, balancer } = this.#options
    const id = `capture-${++this.#count}`
    const drainWaitMs = Math.ceil(deregistrationMs * DRAIN_WAIT_SHARE)
    const node = new CaptureProcess({ id, directory, databaseUrl, drainWaitMs })
    this.nodes.push(node)
    await node.start()
    const { udp, tcp, url } = node.program
    await balancer.register({ id, udp, tcp, healthUrl: `${url}/readyz?for=hep` })
    node.stage = 'ready'
    const seconds = ((performance.now() - node.startedMs) / 1000).toFixed(1)
    this.#say('came', node, `ready after ${seconds} s`)
  }

  async #retire(node: CaptureProcess): Promise<void> {
    node.stage = 'draining'
    this.#say('draining', node, 'taken off the balancer')
    await this.#options.balancer.deregister(node.id, this.#options.deregistrationMs)
    await this.#end(node)
  }

  async #end(node: CaptureProcess): Promise<void> {
    const code = await node.program.stop()
    this.exitCodes.push(code)
    node.stage = 'gone'
    this.#say('gone', node, code === 0 ? 'drained, nothing left' : `exit ${code}: packets are left`)
  }

  async #mourn(node: CaptureProcess): Promise<void> {
    const { balancer, noticeMs } = this.#options
    await node.program.kill()
    await Bun.sleep(noticeMs)
    await balancer.deregister(node.id, 0)
    // Under the same name and on the same disk, but without flows.
    const heir = new CaptureProcess({ ...node.options, drainWaitMs: 0 })
    await heir.start()
    this.exitCodes.push(await heir.program.stop())
    this.#say('recovered', node, 'what was on its disk is stored')
  }

  #say(kind: FleetEventSeen['kind'], { id }: CaptureProcess, text: string): void {
    this.#options.onEvent({ kind, node: id, text })
  }
}
