// A node's signals for scaling and alarms: a reading each second, the rates of the fleet now and then, and
// embedded metrics for CloudWatch when fleet.emf asks for them.
import type { Config } from '#config'
import {
  type EmfTarget,
  emfLines,
  type LoadSignals,
  LoadWindow,
  openEmfOutlet,
  readAllowance,
  readTaskMetadata,
  readThreadCpu,
  skewOf,
} from '#fleet'
import type { LedgerCounts } from '#ledger'
import { log } from '#log'
import type { Spool } from '#spool'
import { VERSION } from './command.ts'
import { sumLedgers } from './node-pulse.ts'

/** What the signals are taken of. */
export interface Measured {
  readonly spool: Spool
  readonly store: {
    readonly trouble: string | undefined
    signals(): { readonly messages: number; readonly retryingSinceUs: number }
  }
  lanes(): readonly { readonly counts: LedgerCounts }[]
  pending(): number
  /** Packets a second of every node on this database; rejects while it is away. */
  nodeRates(): Promise<readonly number[]>
}

const EVERY_MS = 1_000
const RATES_EVERY_MS = 10_000
const NO_SKEW = 1

export class NodeSignals {
  skew = NO_SKEW
  #nodeRates: readonly number[] = []
  readonly #node: Measured
  readonly #window = new LoadWindow(readAllowance())
  readonly #timers: Timer[]
  #isAsking = false

  constructor(node: Measured) {
    this.#node = node
    this.#read()
    this.#timers = [
      setInterval(() => this.#read(), EVERY_MS),
      setInterval(() => void this.#askRates(), RATES_EVERY_MS),
    ]
  }

  get load(): LoadSignals {
    return this.#window.signals
  }

  /** For the row among the nodes: numbers only, short. */
  heartbeat(): Readonly<Record<string, number>> {
    const { usedPercent, behindSeconds } = this.load
    return { usedPercent: tenths(usedPercent), behindSeconds: tenths(behindSeconds) }
  }

  /** Writes embedded metrics as the configuration says; 'off' writes none. */
  startEmf(config: Config): void {
    const target = emfTarget(config['fleet.emf'])
    if (target === undefined) return
    const everyMs = config['fleet.emf_every']
    const outlet = openEmfOutlet(target)
    const identity = emfIdentity(config, target)
    let lastMs = performance.now()
    const write = async () => {
      const dropped = this.#window.droppedSince(lastMs)
      lastMs = performance.now()
      const report = { atMs: Date.now(), signals: this.load, skew: this.skew, dropped }
      for (const line of emfLines(await identity, report)) outlet.write(line)
    }
    this.#timers.push(setInterval(() => void write(), everyMs))
    log.info({ to: config['fleet.emf'], everyMs }, 'embedded metrics for CloudWatch are written')
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
  }

  #read(): void {
    const { spool, store } = this.#node
    const ledger = sumLedgers(this.#node.lanes())
    const { messages, retryingSinceUs } = store.signals()
    const { user, system } = process.cpuUsage()
    this.#window.push({
      ...{ atMs: performance.now(), received: ledger.received, appended: ledger.appended },
      ...{ dropped: ledger.dropped, stored: messages, pending: this.#node.pending() },
      spoolAgeSeconds: spool.usage().oldestUnreadAgeSeconds,
      isDatabaseAway: store.trouble !== undefined || retryingSinceUs > 0,
      ...{ cpuMs: (user + system) / 1000, memoryBytes: process.memoryUsage.rss() },
      threads: readThreadCpu(),
      nodeRates: this.#nodeRates,
    })
  }

  async #askRates(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    // While the database is away nobody knows of the others: the last skew stands, alarms are not silenced.
    const rates = await this.#node.nodeRates().catch(() => undefined)
    this.#nodeRates = rates ?? []
    if (rates !== undefined) this.skew = skewOf(rates)
    this.#isAsking = false
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10

function emfTarget(text: string): EmfTarget | undefined {
  if (text === 'off') return undefined
  if (text === 'stdout') return { kind: 'stdout' }
  const { protocol, hostname, port } = new URL(text)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { kind: protocol === 'udp:' ? 'udp' : 'tcp', host, port: Number(port) }
}

async function emfIdentity(config: Config, { kind }: EmfTarget) {
  const task = await readTaskMetadata()
  const service = config['fleet.service'] || (task.service ?? 'calliope')
  return {
    cluster: config['fleet.cluster'] || (task.cluster ?? 'default'),
    service,
    node: task.task ?? config.node,
    version: VERSION,
    ...(kind === 'stdout' ? {} : { logGroup: `${service}-metrics` }),
  }
}
