// A node of Calliope, joined from rooms: it starts from the database end and stops from the socket
// end, so that no packet ever meets a closed spool.
//
//   start   store ─▶ spool ─▶ intake ─▶ api ─▶ ready
//   stop    readyz 503 ─▶ drain.wait ─▶ sockets closed ─▶ spool emptied ─▶ api ─▶ store ─▶ exit
//                                                              └─ no time: handed over (drain.handover)
//
// The database may be away at the start: intake receives into the spool all the same.
import { join } from 'node:path'
import { type Api, startApi } from '#api'
import { type Config, type HostPort, showAddress } from '#config'
import { BatchMemory, createFrameRetry, createHttpIntake, type Intake, startIntake } from '#intake'
import { log } from '#log'
import {
  type HandOverPlace,
  type LaneWriter,
  openLane,
  openSpool,
  type Spool,
  settleSeal,
} from '#spool'
import {
  connect,
  connectPeople,
  type LiveLane,
  openCallStore,
  openPeople,
  readNodeRates,
  type Store,
  startStore,
} from '#store'
import { buildPage } from '#web'
import { VERSION } from './command.ts'
import { DemoTraffic } from './demo-traffic.ts'
import { drainTimes, emptySpool, type Left, tellDatabase, tellLeft } from './empty-spool.ts'
import { fleetPolicyOf } from './fleet-policy.ts'
import { handOverPlace } from './handover-place.ts'
import { ingestState } from './ingest-state.ts'
import { IssuedAgentKeys } from './issued-agent-keys.ts'
import { loginOptions } from './login-options.ts'
import { type NodeDuties, startDuties } from './node-duties.ts'
import { aboutNode, homer7SignalsOf, layoutReaders } from './node-layouts.ts'
import { publishNodeMetrics } from './node-metrics.ts'
import { intakeOptions, laneStorage, storeOptions } from './node-options.ts'
import { NodePulse, type NodeState } from './node-pulse.ts'
import { NodeReaders } from './node-readers.ts'
import { NodeSignals } from './node-signals.ts'
import { retiredLanes } from './retired-lanes.ts'
import { StoreProgress } from './store-progress.ts'

/** A running node; `stop` drains it and returns the exit code. */
export class CaptureNode {
  state: NodeState = 'starting'
  readonly spool: Spool
  readonly store: Store
  readonly intake: Intake
  readonly #httpLane: LaneWriter
  readonly #progress: StoreProgress
  readonly #issued: IssuedAgentKeys
  readonly #retired: readonly LiveLane[]
  readonly #config: Config
  readonly #place: HandOverPlace | undefined
  readers: NodeReaders | undefined
  #duties: NodeDuties | undefined
  #api: Api | undefined
  #pulse: NodePulse | undefined
  #signals: NodeSignals | undefined
  #askRates: () => Promise<readonly number[]> = async () => []
  #isHttpLaneClosed = false
  #stopping: Promise<number> | undefined

  private constructor(
    config: Config,
    spool: Spool,
    store: Store,
    intake: Intake,
    httpLane: LaneWriter,
    issued: IssuedAgentKeys,
  ) {
    this.#issued = issued
    this.#config = config
    this.#place = handOverPlace(config)
    this.spool = spool
    this.store = store
    this.intake = intake
    this.#progress = new StoreProgress(spool)
    this.#httpLane = httpLane
    this.#retired = retiredLanes(config, spool, [...intake.lanes(), httpLane])
  }

  /** Starts everything `calliope capture` needs, and the page too when `withPage`. */
  static async start(config: Config, { withPage }: { withPage: boolean }): Promise<CaptureNode> {
    await using undo = new AsyncDisposableStack()
    const directory = join(config.data_dir, 'spool')
    const seal = await settleSeal(directory, handOverPlace(config))
    const measured = layoutReaders(config)
    const names = NodeReaders.names(config, measured)
    const spool = undo.use(
      await openSpool({
        ...{ directory, bytesMax: config['spool.bytes_max'], readers: names },
        measured, // an outlet that lags is no reason to scale, to wait or to hand over
      }),
    )
    const readers = undo.use(await NodeReaders.start(config, spool))
    const store = undo.use(await startStore(storeOptions(config, spool, VERSION)))
    const issued = new IssuedAgentKeys(config.data_dir)
    undo.defer(() => issued.close())
    const intake = undo.use(await startIntake(intakeOptions(config, directory, issued.memory)))
    const httpLane = openLane({ ...laneStorage(config, directory), lane: 'http' })
    undo.defer(() => httpLane.close())
    const node = new CaptureNode(config, spool, store, intake, httpLane, issued)
    // Of a spool that was handed over nothing is here, and everything was taken.
    const framesInLane = seal === 'discarded' ? Number.POSITIVE_INFINITY : httpLane.ledger.appended
    node.readers = readers
    undo.use(await node.#serve(withPage, framesInLane))
    undo.move() // from here on `stop` ends them, in its own order
    node.#begin()
    return node
  }

  /** Where HTTP answers. */
  get url(): string {
    return this.#api?.url ?? ''
  }

  /**
   * DESIGN §5, SIGTERM: 0 when the spool is empty, 3 when time ran out. `byMs`: the machine is gone then.
   * Safe to call twice.
   */
  stop(byMs = Number.POSITIVE_INFINITY): Promise<number> {
    this.#stopping ??= this.#drain(byMs)
    return this.#stopping
  }

  /** The counters of every lane there is, live. */
  lanes(): readonly LiveLane[] {
    const spoolId = this.spool.id
    const own = this.intake
      .lanes()
      .map(({ lane, ledger }) => ({ spoolId, lane, counts: ledger.counts() }))
    const http = { spoolId, lane: 'http', counts: this.#httpLane.ledger.counts() }
    return [...own, http, ...this.#retired]
  }

  #counts() {
    return this.lanes().map(({ counts }) => counts)
  }

  /** Why work should not be sent here; empty when it may be. HEP waits in the spool for the database. */
  async missing(work: 'all' | 'hep' = 'all'): Promise<string[]> {
    const missing: string[] = []
    if (this.state === 'draining') missing.push('the node is draining')
    const { trouble, database, isReady } = this.store
    if (trouble !== undefined && (work === 'all' || !isReady))
      missing.push(`the database (${database}) takes no data: ${trouble}`)
    const dead = this.intake.stats().lanes.filter(({ isRunning }) => !isRunning)
    if (dead.length > 0)
      missing.push(`intake threads are down: ${dead.map(({ lane }) => lane).join(', ')}`)
    return missing
  }

  /** Of every node on this database, packets a second. */
  nodeRates(): Promise<readonly number[]> {
    return this.#askRates()
  }

  get loadSignals(): Readonly<Record<string, number>> {
    return this.#signals?.heartbeat() ?? {}
  }

  /** Frames in the spool that the store has not passed. */
  pending(): number {
    const passed = new Map(
      this.spool.usage().lanes.map(({ lane, passedFrames }) => [lane, passedFrames]),
    )
    return this.lanes().reduce(
      (sum, { lane, counts }) => sum + Math.max(0, counts.appended - (passed.get(lane) ?? 0)),
      0,
    )
  }

  async #serve(withPage: boolean, framesInLane: number): Promise<Api> {
    const config = this.#config
    const sql = connect({ url: this.store.url, max: 8, application: 'calliope api' })
    this.#askRates = () => readNodeRates(sql)
    const people = openPeople(connectPeople(this.store.url))
    this.#issued.follow(people)
    const policy = intakeOptions(config, this.spool.directory, this.#issued.memory).policy ?? {}
    const isClosing = () => this.#isHttpLaneClosed
    const noted = join(config.data_dir, 'relayed-batches')
    const batches = new BatchMemory(noted, framesInLane)
    this.#api = await startApi({
      store: openCallStore({
        sql,
        storedHeaders: config['store.custom_headers'],
        liveLanes: () => this.lanes(),
      }),
      people,
      ...loginOptions(config),
      ...(withPage ? fleetPolicyOf(config) : {}),
      ...httpOf(config),
      hosts: config['http.hosts'],
      readiness: async (work) => {
        const missing = await this.missing(work)
        return { ready: missing.length === 0, missing }
      },
      about: () => aboutNode(config, this),
      hep: {
        access: config['intake.keys'].length > 0 ? 'agent-keys' : 'token',
        handle: createHttpIntake({
          ...{ lane: this.#httpLane, policy, isClosing, batches },
          progress: () => this.#progress.tell(),
        }),
      },
      retryFrame: createFrameRetry({ lane: this.#httpLane, policy, isClosing }),
      ingest: () => ingestState(this.intake.stats()),
      demo: new DemoTraffic(this.#httpLane, isClosing),
      files: withPage ? await buildPage() : [],
    })
    return this.#api
  }

  /** Where HEP may be sent, for people. */
  listening(): { transport: string; address: string }[] {
    const bound = Object.entries(this.intake.addresses) as [string, HostPort | undefined][]
    return bound.flatMap(([transport, address]) =>
      address ? [{ transport, address: showAddress(address) }] : [],
    )
  }

  #begin(): void {
    const signals = new NodeSignals(this)
    this.#signals = signals
    signals.startEmf(this.#config)
    publishNodeMetrics({
      load: () => signals.load,
      skew: () => signals.skew,
      ledger: () => this.#counts(),
      pending: () => this.pending(),
      intake: this.intake,
      spool: this.spool,
      store: () => this.store.signals(),
      homer7: homer7SignalsOf(this.#config, this.store),
      isReady: () => this.state === 'ready',
    })
    this.readers?.publish(() => this.#counts())
    this.#pulse = new NodePulse(this)
    this.#duties = startDuties({
      ...{ config: this.#config, place: this.#place, store: this.store, spool: this.spool },
      isReady: () => this.state === 'ready',
    })
    this.state = 'ready'
  }

  async #drain(byMs: number): Promise<number> {
    const { waitMs, timeoutMs } = drainTimes(this.#config, byMs)
    this.state = 'draining'
    log.info({ waitMs, timeoutMs }, 'draining: still receiving')
    const notAdopting = this.#duties?.stopAdopting()
    await Bun.sleep(waitMs)
    await this.intake.pause()
    this.#isHttpLaneClosed = true // HTTP itself goes on answering until the spool is empty
    await this.#httpLane.close()
    log.info('draining: sockets are closed, emptying the spool')
    const carriedOn = this.readers?.drain(timeoutMs, () => this.#counts())
    const left = await this.#empty(timeoutMs)
    await carriedOn
    if (left.frames === 0) await this.#progress.lastWord()
    await notAdopting
    await this.#duties?.close()
    await this.#pulse?.close()
    this.#signals?.close()
    this.#issued.close()
    await this.#api?.close()
    await this.intake.close()
    await this.store.close()
    await this.readers?.[Symbol.asyncDispose]()
    await this.spool.close()
    return tellLeft(left, this.spool.directory, this.#place)
  }

  async #empty(timeoutMs: number): Promise<Left> {
    const { store, spool } = this
    const left = await emptySpool({
      ...{ store, spool, timeoutMs, place: this.#place },
      ...{ node: this.#config.node, version: VERSION, pending: () => this.pending() },
      readers: layoutReaders(this.#config),
    })
    if (left.handedOver && store.isReady && store.trouble === undefined)
      await tellDatabase(store.url, left.handedOver)
    return left
  }
}

function httpOf(config: Config) {
  const { host: hostname, port } = config['http.listen'] ?? { host: '127.0.0.1', port: 9080 }
  return { hostname, port, token: config['http.token'] }
}
