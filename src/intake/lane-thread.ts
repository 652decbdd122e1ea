// A lane's thread as main holds it: starts it, restarts it when it dies, ends it.
//
//   start ─▶ running ─▶ closing ─▶ ended
//              ▲ │ dies: logged; its ledger goes back to what the spool has
//              └─┘ again after RESTART_MS, doubling up to RESTART_MS_MAX
//
// Frames that were in memory when a thread died are gone and no longer counted as received, as if
// the whole process had been killed: the ledger never claims what the spool does not have.
import { LaneLedger } from '#ledger'
import { log } from '#log'
import { IntakeCounters } from './intake-counters.ts'
import { IntakeError } from './intake-error.ts'
import type {
  BoundAddresses,
  FromLane,
  LaneSetup,
  StreamsSetup,
  ToLane,
  UdpSetup,
} from './lane-messages.ts'
import type { PeerWarning } from './peer-log.ts'

const RESTART_MS = 100
const RESTART_MS_MAX = 30_000
const CALM_MS = 60_000 // after so long without dying the wait begins small again

type Setup = Omit<LaneSetup, 'ledgerMemory' | 'countersMemory' | 'stopMemory'>

/** One lane with its thread and its counters. */
export class LaneThread {
  readonly lane: string
  readonly ledger = new LaneLedger()
  readonly counters = new IntakeCounters()
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #setup: Setup
  #worker: Worker | undefined
  #ended: Promise<void> = Promise.resolve()
  #addresses: BoundAddresses = {}
  #restarts = 0
  #waitMs = RESTART_MS
  #timer: Timer | undefined
  #isStopping = false
  #lastWarning: PeerWarning | undefined
  #pausing: Promise<void> | undefined

  constructor(setup: Setup) {
    this.lane = setup.lane
    this.#setup = setup
  }

  get addresses(): BoundAddresses {
    return this.#addresses
  }

  get restarts(): number {
    return this.#restarts
  }

  /** The newest connection that was turned away or cut. */
  get lastWarning(): PeerWarning | undefined {
    return this.#lastWarning
  }

  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  /** Resolves when the lane listens; rejects with the reason it cannot. */
  async start(): Promise<void> {
    this.#addresses = await this.#launch()
    // A restarted thread takes the ports its senders know.
    this.#setup = { ...this.#setup, sockets: fixed(this.#setup.sockets, this.#addresses) }
  }

  /** Closes the sockets and syncs; counters stay readable. */
  pause(): Promise<void> {
    this.#beginStopping()
    this.#pausing ??= this.#ask({ kind: 'pause' }, 'paused')
    return this.#pausing
  }

  async close(): Promise<void> {
    this.#beginStopping()
    this.#worker?.postMessage({ kind: 'close' } satisfies ToLane)
    await this.#ended
  }

  #beginStopping(): void {
    this.#isStopping = true
    clearTimeout(this.#timer)
    Atomics.store(this.#stop, 0, 1)
  }

  #launch(): Promise<BoundAddresses> {
    // The name is what top -H and /proc show.
    const worker = new Worker(new URL('./lane-worker.ts', import.meta.url), {
      name: this.lane,
      smol: true,
    })
    const startedMs = performance.now()
    let cause = 'it ended by itself'
    worker.addEventListener('error', (event) => {
      cause = event.message
    })
    this.#worker = worker
    this.#ended = new Promise((resolve) =>
      worker.addEventListener('close', () => {
        this.#worker = undefined
        resolve()
      }),
    )
    const listening = this.#firstAnswer(worker, () => cause)
    listening.then(
      () => void this.#ended.then(() => this.#died(cause, performance.now() - startedMs)),
      () => worker.terminate(),
    )
    const memory = {
      ledgerMemory: this.ledger.memory,
      countersMemory: this.counters.memory,
      stopMemory: this.#stop.buffer,
    }
    worker.postMessage({ kind: 'start', setup: { ...this.#setup, ...memory } } satisfies ToLane)
    return listening
  }

  #firstAnswer(worker: Worker, cause: () => string): Promise<BoundAddresses> {
    return new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FromLane>) => {
        if (data.kind === 'warned') this.#lastWarning = data.warning
        if (data.kind === 'listening') resolve(data.addresses)
        if (data.kind === 'failed') reject(new IntakeError(data.code, data.message))
      })
      void this.#ended.then(() =>
        reject(
          new IntakeError(
            'INTAKE_LANE_FAILED',
            `Lane ${this.lane} died while starting: ${cause()}`,
          ),
        ),
      )
    })
  }

  #died(cause: string, livedMs: number): void {
    if (this.#isStopping) return
    if (livedMs > CALM_MS) this.#waitMs = RESTART_MS
    log.error({ room: 'intake', lane: this.lane, cause }, `The thread of a lane died: ${this.lane}`)
    this.#restartLater()
  }

  #restartLater(): void {
    this.#timer = setTimeout(() => {
      this.#restarts++
      this.#launch().then(
        () => log.info({ room: 'intake', lane: this.lane }, 'The lane listens again'),
        (error: unknown) => this.#restartFailed(error),
      )
    }, this.#waitMs)
    this.#waitMs = Math.min(2 * this.#waitMs, RESTART_MS_MAX)
  }

  #restartFailed(error: unknown): void {
    if (this.#isStopping) return
    log.error({ room: 'intake', lane: this.lane, err: error }, 'A lane could not be restarted yet')
    this.#restartLater()
  }

  // A thread that is down, or dies while asked, has nothing more to take in.
  async #ask(question: ToLane, answer: FromLane['kind']): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const answered = new Promise<void>((resolve) =>
      worker.addEventListener('message', ({ data }: MessageEvent<FromLane>) => {
        if (data.kind === answer) resolve()
      }),
    )
    worker.postMessage(question)
    await Promise.race([answered, this.#ended])
  }
}

function fixed(setup: UdpSetup | StreamsSetup, bound: BoundAddresses): UdpSetup | StreamsSetup {
  return setup.kind === 'udp'
    ? { ...setup, address: bound.udp ?? setup.address }
    : { ...setup, tcp: bound.tcp, tls: bound.tls, ws: bound.ws }
}
