// A running relay, joined from rooms: intake and spool as in a capture node, and carriers in place of the
// store.
//
//   start   spool ─▶ relay ─▶ intake ─▶ http ─▶ ready
//   stop    readyz 503 ─▶ drain.wait ─▶ sockets closed ─▶ spool carried on ─▶ http ─▶ relay ─▶ exit
import { join } from 'node:path'
import { type Config, type HostPort, showAddress } from '#config'
import type { FilterOptions } from '#filter'
import { BatchMemory, createHttpIntake, type Intake, startIntake } from '#intake'
import { type LedgerCounts, readSteady } from '#ledger'
import { log } from '#log'
import { destinationNames, type Relay, startRelay } from '#relay'
import { type LaneWriter, openLane, openSpool, type Spool } from '#spool'
import { filterCounts } from './filter-metrics.ts'
import { publishNodeMetrics } from './node-metrics.ts'
import { intakeOptions, laneStorage } from './node-options.ts'
import { type RelayHttp, startRelayHttp } from './relay-http.ts'
import { publishRelayMetrics } from './relay-metrics.ts'
import { relayOptions } from './relay-options.ts'
import { retiredLanes } from './retired-lanes.ts'

/** Exit code when packets are left in the spool. */
const EXIT_LEFT = 3

/** A running relay; `stop` carries on what is spooled and returns the exit code. */
export class RelayNode {
  readonly intake: Intake
  readonly #config: Config
  readonly #spool: Spool
  readonly #relay: Relay
  readonly #httpLane: LaneWriter
  readonly #retired: readonly LedgerCounts[]
  #http: RelayHttp | undefined
  #state: 'starting' | 'ready' | 'draining' = 'starting'
  #isHttpLaneClosed = false
  #stopping: Promise<number> | undefined

  private constructor(
    config: Config,
    spool: Spool,
    relay: Relay,
    intake: Intake,
    httpLane: LaneWriter,
  ) {
    this.#config = config
    this.#spool = spool
    this.#relay = relay
    this.intake = intake
    this.#httpLane = httpLane
    this.#retired = retiredLanes(config, spool, [...intake.lanes(), httpLane]).map(
      ({ counts }) => counts,
    )
  }

  static async start(config: Config): Promise<RelayNode> {
    await using undo = new AsyncDisposableStack()
    const directory = join(config.data_dir, 'spool')
    const readers = destinationNames(config['relay.to'])
    const spool = undo.use(
      await openSpool({ directory, bytesMax: config['spool.bytes_max'], readers }),
    )
    const relay = undo.use(
      await startRelay({ ...relayOptions(config, spool), filterCounts: filterCounts.memory }),
    )
    const intake = undo.use(await startIntake(intakeOptions(config, directory)))
    const httpLane = openLane({ ...laneStorage(config, directory), lane: 'http' })
    undo.defer(() => httpLane.close())
    const node = new RelayNode(config, spool, relay, intake, httpLane)
    undo.use(node.#serve())
    undo.move() // from here on `stop` ends them, in its own order
    node.#begin()
    return node
  }

  get url(): string {
    return this.#http?.url ?? ''
  }

  /** Where HEP may be sent, for people. */
  listening(): { transport: string; address: string }[] {
    const bound = Object.entries(this.intake.addresses) as [string, HostPort | undefined][]
    return bound.flatMap(([transport, address]) =>
      address ? [{ transport, address: showAddress(address) }] : [],
    )
  }

  /** 0 when everything is carried on, 3 when time ran out. Safe to call twice. */
  stop(): Promise<number> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  /** Messages are filtered otherwise from now on, where they are looked into. */
  readonly setFilter = (filter: FilterOptions): Promise<void> => this.#relay.setFilter(filter)

  #lanes(): readonly LedgerCounts[] {
    const own = this.intake.lanes().map(({ ledger }) => ledger.counts())
    return [...own, this.#httpLane.ledger.counts(), ...this.#retired]
  }

  /** Frames that the destination furthest behind has not settled. */
  #pending(): number {
    return Math.max(0, ...this.#relay.states(this.#lanes()).map(({ pending }) => pending))
  }

  #missing(): string[] {
    const dead = this.intake.stats().lanes.filter(({ isRunning }) => !isRunning)
    return [
      ...(this.#state === 'draining' ? ['the relay is draining'] : []),
      ...dead.map(({ lane }) => `the intake thread ${lane} is down`),
    ]
  }

  async #ledger() {
    const steady = await readSteady(() => this.#lanes().map((counts) => ({ counts })))
    const lanes = steady.map(({ counts }) => counts)
    const destinations = this.#relay.states(lanes)
    return {
      received: lanes.reduce((sum, { received }) => sum + received, 0),
      appended: lanes.reduce((sum, { appended }) => sum + appended, 0),
      rejected: byReason(lanes.map(({ rejected }) => rejected)),
      dropped: byReason(lanes.map(({ dropped }) => dropped)),
      pending: Math.max(0, ...destinations.map(({ pending }) => pending)),
      balanced: destinations.every(({ balanced }) => balanced),
      destinations,
    }
  }

  #serve(): RelayHttp {
    const { data_dir, 'http.token': token } = this.#config
    const { policy = {} } = intakeOptions(this.#config, this.#spool.directory)
    const lane = this.#httpLane
    const batches = new BatchMemory(join(data_dir, 'relayed-batches'), lane.ledger.appended)
    const isClosing = () => this.#isHttpLaneClosed
    this.#http = startRelayHttp({
      listen: this.#config['http.listen'] ?? { host: '127.0.0.1', port: 9080 },
      token,
      hasKeys: this.#config['intake.keys'].length > 0,
      takeHep: createHttpIntake({ lane, policy, isClosing, batches }),
      missing: () => this.#missing(),
      ledger: () => this.#ledger(),
    })
    return this.#http
  }

  #begin(): void {
    publishNodeMetrics({
      ledger: () => this.#lanes(),
      pending: () => this.#pending(),
      intake: this.intake,
      spool: this.#spool,
      isReady: () => this.#state === 'ready',
    })
    publishRelayMetrics(this.#relay, () => this.#lanes())
    this.#state = 'ready'
  }

  async #drain(): Promise<number> {
    const { 'drain.wait': waitMs, 'drain.timeout': timeoutMs } = this.#config
    this.#state = 'draining'
    log.info({ waitMs, timeoutMs }, 'draining: still receiving')
    await Bun.sleep(waitMs)
    await this.intake.pause()
    this.#isHttpLaneClosed = true // HTTP itself goes on answering until the spool is empty
    await this.#httpLane.close()
    log.info('draining: sockets are closed, carrying on what is spooled')
    await Promise.race([this.#relay.drain(), Bun.sleep(timeoutMs)])
    const left = this.#relay.states(this.#lanes()).filter(({ pending }) => pending > 0)
    await this.#http?.close()
    await this.#relay.close()
    await this.intake.close()
    await this.#spool.close()
    for (const { name, pending } of left)
      log.error(
        { destination: name, left: pending, directory: this.#spool.directory },
        `${pending} packets for ${name} are left in ${this.#spool.directory}; start a relay on that directory to carry them on`,
      )
    return left.length === 0 ? 0 : EXIT_LEFT
  }
}

function byReason(all: readonly Readonly<Partial<Record<string, number>>>[]) {
  const sums: Record<string, number> = {}
  for (const counts of all)
    for (const [reason, count = 0] of Object.entries(counts))
      sums[reason] = (sums[reason] ?? 0) + count
  return { total: Object.values(sums).reduce((sum, n) => sum + n, 0), byReason: sums }
}
