// Once a second: this node's row among the nodes, with its ledger and how busy it is.
import type { Intake } from '#intake'
import { type DropReason, type LedgerCounts, type RejectReason, readSteady } from '#ledger'
import type { Spool } from '#spool'
import type { Store } from '#store'

export type NodeState = 'starting' | 'ready' | 'draining' | 'stopped'

/** What the pulse is taken of. */
export interface Living {
  readonly state: NodeState
  readonly store: Store
  readonly spool: Spool
  readonly intake: Intake
  /** More to say with each beat. */
  readonly loadSignals: Readonly<Record<string, number>>
  lanes(): readonly { readonly counts: LedgerCounts }[]
  pending(): number
}

const EVERY_MS = 1000

/** Beats until closed; the last beat says 'stopped'. */
export class NodePulse {
  readonly #node: Living
  readonly #startedAt = new Date()
  readonly #timer: Timer
  #received: number
  #beatAtMs = performance.now()
  #cpu = process.cpuUsage()

  constructor(node: Living) {
    this.#node = node
    this.#received = sumLedgers(node.lanes()).received
    this.#timer = setInterval(() => void this.#beat(node.state), EVERY_MS)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#beat('stopped')
  }

  async #beat(state: NodeState): Promise<void> {
    const ledger = sumLedgers(await readSteady(() => this.#node.lanes()))
    const seconds = (performance.now() - this.#beatAtMs) / 1000
    const packetsPerSecond = Math.max(0, (ledger.received - this.#received) / seconds)
    this.#received = ledger.received
    this.#beatAtMs = performance.now()
    const { bytes, oldestUnreadAgeSeconds } = this.#node.spool.usage()
    const signals = {
      packetsPerSecond: Math.round(packetsPerSecond * 10) / 10,
      pending: this.#node.pending(),
      spoolBytes: bytes,
      spoolAgeSeconds: oldestUnreadAgeSeconds,
      connections: this.#node.intake.stats().total.connectionsOpen,
      ...this.#processSignals(seconds),
      ...this.#node.loadSignals,
    }
    await this.#node.store.heartbeat({ state, startedAt: this.#startedAt, ledger, signals })
  }

  /** Of the whole process, all threads: 1 is one core all of the time. */
  #processSignals(seconds: number): { readonly cpuCores: number; readonly memoryBytes: number } {
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpu = process.cpuUsage()
    const cpuCores = Math.round(((user + system) / 1e6 / seconds) * 1000) / 1000
    return { cpuCores, memoryBytes: process.memoryUsage.rss() }
  }
}

/** Several lanes' counts as one. */
export function sumLedgers(lanes: readonly { readonly counts: LedgerCounts }[]): LedgerCounts {
  const all = lanes.map(({ counts }) => counts)
  return {
    received: all.reduce((sum, { received }) => sum + received, 0),
    appended: all.reduce((sum, { appended }) => sum + appended, 0),
    rejected: sumReasons<RejectReason>(all.map(({ rejected }) => rejected)),
    dropped: sumReasons<DropReason>(all.map(({ dropped }) => dropped)),
  }
}

function sumReasons<Reason extends string>(
  all: readonly Readonly<Partial<Record<Reason, number>>>[],
): Partial<Record<Reason, number>> {
  const sums: Partial<Record<Reason, number>> = {}
  for (const counts of all)
    for (const [reason, count] of Object.entries(counts) as [Reason, number][])
      sums[reason] = (sums[reason] ?? 0) + count
  return sums
}
