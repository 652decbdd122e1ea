// One run of the fleet on one machine: database, screen, balancer, nodes, sender and policy, from the
// first packet to the account at the end. The demo draws it; the test asks what came of it.
import { join } from 'node:path'
import type { Fleet, Ledger } from '#contract'
import type { Decide, Engine, Policy } from '#fleet'
import { ask, type Program, startProgram, until } from '../../test/program.ts'
import { type Account, accountFor, LOST } from './account.ts'
import { Autoscaler } from './autoscaler.ts'
import type { Address, BalancerCounts } from './balancer.ts'
import { BalancerThread } from './balancer-thread.ts'
import type { CaptureProcess } from './capture-process.ts'
import { LocalFleet } from './local-fleet.ts'
import type { Happening, RunResult, RunView, Tick } from './run-view.ts'
import { SenderThread } from './sender-thread.ts'

export interface RunOptions {
  readonly directory: string
  /** A database nobody else uses. */
  readonly databaseUrl: string
  readonly policy: Policy
  readonly engine: Engine
  readonly decide: Decide
  /** 60: one real second is a policy minute. */
  readonly timesFaster: number
  /** Packets per second now; undefined ends the run. */
  readonly load: (view: RunView) => number | undefined
  readonly flows: number
  readonly flowMs: number
  /** Two senders that never open another port, and `calliope relay` beside them. @default false */
  readonly withRelay?: boolean
  /** Seconds from the begin at which a node is taken back, and killed. */
  readonly reclaimAt?: number | undefined
  readonly killAt?: number | undefined
  /** Flags of `calliope serve`. */
  readonly serveFlags?: readonly string[]
  readonly onTick?: (view: RunView) => void
}

const TICK_MS = 250
const RATE_TICKS = 4
const BOOT_LOOK_MS = 20
const POLICY_MINUTE_MS = 60_000
const DEREGISTRATION_MINUTES = 1
const IDLE_MINUTES = 2
const HEALTH_SECONDS = 10
const SETTLE_MS_MAX = 30_000
const STILL_MS = 3_000
/** What two SIP servers are to a balancer. */
const STUCK = { flows: 2, flowMs: 0 }

/** Runs to the end of the shape and settles; the caller ends what `stack` holds. */
export async function runFleet(
  options: RunOptions,
  stack: AsyncDisposableStack,
): Promise<RunResult> {
  const run = await FleetRun.open(options, stack)
  await run.warmUp()
  await run.play()
  return await run.settle()
}

class FleetRun {
  readonly #options: RunOptions
  readonly #screen: Program
  readonly #balancer: BalancerThread
  readonly #fleet: LocalFleet
  #sender: SenderThread | undefined
  #relay: Program | undefined
  readonly #ticks: Tick[] = []
  readonly #happenings: Happening[] = []
  #startMs = performance.now()
  #phase: RunView['phase'] = 'starting'
  #counts: BalancerCounts
  #ledger: Ledger
  #sent = 0
  #bootSeconds = 0
  #isOver = false

  private constructor(
    options: RunOptions,
    screen: Program,
    balancer: BalancerThread,
    counts: BalancerCounts,
    ledger: Ledger,
  ) {
    this.#options = options
    this.#screen = screen
    this.#balancer = balancer
    this.#counts = counts
    this.#ledger = ledger
    this.#fleet = new LocalFleet({
      ...{ directory: options.directory, databaseUrl: options.databaseUrl, balancer },
      deregistrationMs: real(options, DEREGISTRATION_MINUTES),
      noticeMs: real(options, 0.2),
      onEvent: (event) => this.#note(event.kind, `${event.node} ${event.text}`),
    })
  }

  static async open(options: RunOptions, stack: AsyncDisposableStack): Promise<FleetRun> {
    const screen = await startProgram(options.serveFlags ?? [], {
      ...{ command: 'serve', env: { CALLIOPE_DATABASE: options.databaseUrl } },
    })
    stack.defer(async () => void (await screen.stop()))
    const balancer = await BalancerThread.start({
      udpIdleMs: real(options, IDLE_MINUTES),
      health: { intervalMs: real(options, HEALTH_SECONDS / 60), timeoutMs: 2_000 },
    })
    stack.defer(() => balancer.close())
    const ledger = await until(
      () => ask<Ledger>(screen, '/api/v1/ledger'),
      () => true,
    )
    const run = new FleetRun(options, screen, balancer, await balancer.counts(), ledger)
    stack.defer(() => run.#end())
    return run
  }

  /** The smallest fleet, ready. */
  async warmUp(): Promise<void> {
    const { nodesMin } = this.#options.policy
    this.#startMs = performance.now()
    this.#fleet.scaleTo(nodesMin)
    const isReady = () =>
      this.#counts.targets.filter(({ state }) => state === 'healthy').length >= nodesMin
    while (!isReady() && !this.#isOver) {
      await Bun.sleep(BOOT_LOOK_MS)
      await this.#look()
      this.#draw()
    }
    this.#bootSeconds = this.#seconds
    const { flows, flowMs } = this.#options
    const to = this.#balancer.zones[0]!.udp
    this.#sender = this.#options.withRelay
      ? await SenderThread.start({ to: await this.#startRelay(to), ...STUCK, seed: 1 })
      : await SenderThread.start({ to, flows, flowMs, seed: 1 })
    this.#startMs = performance.now()
    this.#phase = 'running'
  }

  /** The load's line, from begin to end; every tick reads, decides and follows. */
  async play(): Promise<void> {
    const { load, policy, engine, decide, timesFaster } = this.#options
    const scaler = new Autoscaler({ policy, engine, decide, timesFaster })
    const planned = this.#planned()
    for (let tick = 1; ; tick++) {
      const rate = load(this.#view())
      if (rate === undefined || this.#isOver) return
      this.#sender!.rate(rate)
      while (planned[0] && planned[0].at <= this.#seconds) planned.shift()!.act()
      const before = scaler.wanted
      await this.#look()
      const { wanted, reason } = scaler.decide(this.#fleet.active)
      // The numbers stand beside the reason: once is enough.
      const why = reason.text.replace(/: \d+ \w+ becomes? \d+$/, '')
      if (wanted !== before) this.#tell(before, wanted, why)
      this.#fleet.scaleTo(wanted)
      this.#tick(wanted)
      this.#draw()
      await Bun.sleep(Math.max(0, this.#startMs + tick * TICK_MS - performance.now()))
    }
  }

  /** Waits until every packet has come to rest, and does the books. */
  async settle(): Promise<RunResult> {
    this.#phase = 'settling'
    this.#sent = await this.#sender!.stop()
    await this.#relay?.stop() // empties its spool
    await this.#fleet.settle()
    const deadline = performance.now() + SETTLE_MS_MAX
    let account = this.#account()
    let still = { ...account, sinceMs: performance.now() }
    do {
      await Bun.sleep(TICK_MS)
      await this.#look()
      account = this.#account()
      this.#draw()
      if (account.stored !== still.stored || account.unexplained !== still.unexplained)
        still = { ...account, sinceMs: performance.now() }
    } while (!isSettled(account, still.sinceMs) && performance.now() < deadline)
    return {
      ...{ ticks: this.#ticks, happenings: this.#happenings, account, balancer: this.#counts },
      fleet: await ask<Fleet>(this.#screen, '/api/v1/fleet?from=-10m'),
      ...{ exitCodes: this.#fleet.exitCodes, bootSeconds: this.#bootSeconds },
    }
  }

  async #startRelay({ host, port }: Address): Promise<Address> {
    const { directory, flows, flowMs } = this.#options
    const to = ['--relay-to', `udp://${host}:${port}`, '--relay-flows', String(flows)]
    const flags = ['--data-dir', join(directory, 'relay'), ...to, '--relay-reopen', `${flowMs}ms`]
    this.#relay = await startProgram(flags, { command: 'relay' })
    return this.#relay.udp
  }

  #account(): Account {
    const wasKilled = this.#fleet.count('killed') > 0
    const [sent, balancer, ledger] = [this.#sent, this.#counts, this.#ledger]
    return accountFor({ sent, balancer, ledger, wasKilled })
  }

  get #seconds(): number {
    return (performance.now() - this.#startMs) / 1_000
  }

  #planned(): { readonly at: number; readonly act: () => void }[] {
    const { reclaimAt, killAt } = this.#options
    const oldest = () => this.#fleet.active.find(({ stage }) => stage === 'ready')
    const on = (at: number | undefined, act: (node: CaptureProcess) => void) =>
      at === undefined ? [] : [{ at, act: () => void (oldest() && act(oldest()!)) }]
    return [
      ...on(reclaimAt, (node) => this.#fleet.reclaim(node)),
      ...on(killAt, (node) => this.#fleet.kill(node)),
    ].sort((a, b) => a.at - b.at)
  }

  async #look(): Promise<void> {
    await this.#fleet.read()
    this.#counts = await this.#balancer.counts()
    this.#ledger = await ask<Ledger>(this.#screen, '/api/v1/ledger')
  }

  #tick(wanted: number): void {
    const then = this.#ticks.at(-RATE_TICKS) ?? { seconds: 0, sent: 0 }
    const sent = this.#sender!.sent
    const seconds = this.#seconds
    const ready = this.#fleet.nodes.filter(({ stage }) => stage === 'ready')
    const gone = this.#fleet.count('gone') + this.#fleet.count('killed')
    this.#ticks.push({
      ...{ seconds, wanted, ready: ready.length, paid: this.#fleet.nodes.length - gone },
      ...{ sent, offered: (sent - then.sent) / Math.max(0.05, seconds - then.seconds) },
      spoolAgeSeconds: Math.max(0, ...ready.map(({ reading }) => reading.spoolAgeSeconds)),
      busiest: Math.max(0, ...ready.map(({ reading }) => reading.packetsPerSecond)),
    })
  }

  #tell(nodesFrom: number, nodesTo: number, reason: string): void {
    this.#note('scaled', `${nodesFrom} → ${nodesTo} nodes: ${reason}`)
    void fetch(`${this.#screen.url}/api/v1/fleet/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'scaled', nodesFrom, nodesTo, reason }),
    })
  }

  #note(kind: Happening['kind'], text: string): void {
    this.#happenings.push({ seconds: Math.max(0, this.#seconds), kind, text })
  }

  #draw(): void {
    this.#options.onTick?.(this.#view())
  }

  #view(): RunView {
    return {
      ...{ seconds: this.#seconds, url: this.#screen.url, nodes: this.#fleet.nodes },
      ...{ ticks: this.#ticks, happenings: this.#happenings, balancer: this.#counts },
      ...{ sent: this.#sender?.sent ?? 0, ledger: this.#ledger, phase: this.#phase },
    }
  }

  /** Also in the middle of it all. */
  async #end(): Promise<void> {
    this.#isOver = true
    await this.#fleet.end()
    await this.#relay?.stop()
  }
}

const real = ({ timesFaster }: RunOptions, policyMinutes: number): number =>
  (policyMinutes * POLICY_MINUTE_MS) / timesFaster

// What a killed node lost looks like packets on their way, until nothing has moved for a while.
const isSettled = ({ pending, unexplained, dropped }: Account, sinceMs: number): boolean =>
  pending === 0 &&
  unexplained === 0 &&
  (dropped[LOST] === undefined || performance.now() - sinceMs > STILL_MS)
