// Who reads a node's spool beside the store: outlets and the meter. Each at its own pace, with a cursor of its
// own; none holds up the store or the senders.
import type { Config } from '#config'
import type { FilterOptions } from '#filter'
import type { LedgerCounts } from '#ledger'
import type { RunningMeter } from '#meter'
import type { Spool } from '#spool'
import type { Store } from '#store'
import { CommandError } from './command.ts'
import { meterReaders, startNodeMeter } from './node-meter.ts'
import { NodeOutlets } from './node-outlets.ts'
import type { Reloadable } from './reload.ts'

/** What of a node changes while it runs. */
export const changeable = ({ store, readers }: Changeable): Reloadable => ({
  setFilter: async (filter) => {
    store.setFilter(filter)
    await readers?.setFilter(filter)
  },
  setTargets: (targets) => readers?.meter?.setTargets(targets),
})

interface Changeable {
  readonly store: Pick<Store, 'setFilter'>
  readonly readers: NodeReaders | undefined
}

export class NodeReaders implements AsyncDisposable {
  readonly meter: RunningMeter | undefined
  readonly #outlets: NodeOutlets

  private constructor(outlets: NodeOutlets, meter: RunningMeter | undefined) {
    this.#outlets = outlets
    this.meter = meter
  }

  /** Names for the spool's list of readers, with those of others, which must all differ. */
  static names(config: Config, others: readonly string[]): readonly string[] {
    const own = [...others, ...meterReaders(config)]
    const outlets = NodeOutlets.names(config)
    const taken = outlets.find((name) => own.includes(name))
    if (taken === undefined) return [...own, ...outlets]
    throw new CommandError(`relay.to: '${taken}' is a name of the node itself: give another ?name=`)
  }

  /** The spool must have been opened with `names`. */
  static async start(config: Config, spool: Spool): Promise<NodeReaders> {
    const outlets = await NodeOutlets.start(config, spool)
    return new NodeReaders(outlets, startNodeMeter(config, spool))
  }

  publish(lanes: () => readonly LedgerCounts[]): void {
    this.#outlets.publish(lanes)
  }

  /** Everybody who reads messages filters otherwise from now on. */
  async setFilter(filter: FilterOptions): Promise<void> {
    await Promise.all([this.meter?.setFilter(filter), this.#outlets.setFilter(filter)])
  }

  /** Outlets carry on what is spooled while there is time; nobody will ask the meter again. */
  drain(timeoutMs: number, lanes: () => readonly LedgerCounts[]): Promise<void> {
    return this.#outlets.drain(timeoutMs, lanes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.meter?.close(), this.#outlets[Symbol.asyncDispose]()])
  }
}
