// Outlets beside the store: the same log, one reader more for each. They go at their own pace with their own
// cursors: one that is away holds up neither the store nor the sender, and gives up its oldest frames before
// it fills the disk. What is left of them at the end stays in the spool and goes on at the next start.
import type { Config } from '#config'
import type { FilterOptions } from '#filter'
import type { LedgerCounts } from '#ledger'
import { log } from '#log'
import { DestinationError, destinationNames, type Relay, startRelay } from '#relay'
import type { Spool } from '#spool'
import { CommandError } from './command.ts'
import { publishRelayMetrics } from './relay-metrics.ts'
import { relayOptions } from './relay-options.ts'

const LOOK_MS = 50

/** The outlets of a node, as `relay.to` names them; there may be none. */
export class NodeOutlets implements AsyncDisposable {
  readonly #relay: Relay | undefined

  private constructor(relay: Relay | undefined) {
    this.#relay = relay
  }

  /** Names for the spool's list of readers. */
  static names(config: Config): readonly string[] {
    return explained(() => destinationNames(config['relay.to']))
  }

  /** The spool must have been opened with `names`. */
  static async start(config: Config, spool: Spool): Promise<NodeOutlets> {
    if (config['relay.to'].length === 0) return new NodeOutlets(undefined)
    try {
      return new NodeOutlets(
        await startRelay({ ...relayOptions(config, spool), isSpoolShared: true }),
      )
    } catch (error) {
      throw asCommandError(error)
    }
  }

  publish(lanes: () => readonly LedgerCounts[]): void {
    if (this.#relay) publishRelayMetrics(this.#relay, lanes)
  }

  async setFilter(filter: FilterOptions): Promise<void> {
    await this.#relay?.setFilter(filter)
  }

  /** Carries on what is spooled while there is time; who is away is not waited for. */
  async drain(timeoutMs: number, lanes: () => readonly LedgerCounts[]): Promise<void> {
    if (!this.#relay) return
    const { carriers } = this.#relay
    const endMs = performance.now() + timeoutMs
    void this.#relay.drain()
    const left = () => this.#relay!.states(lanes()).filter(({ pending }) => pending > 0)
    const isMoving = () => left().some(({ name }) => takesWork(carriers, name))
    while (performance.now() < endMs && isMoving()) await Bun.sleep(LOOK_MS)
    for (const { name, pending } of left())
      log.warn({ destination: name, left: pending }, 'an outlet goes on at the next start')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.close()
  }
}

const takesWork = (carriers: Relay['carriers'], name: string): boolean =>
  carriers.find((carrier) => carrier.name === name)?.targets.table !== undefined

function explained<Result>(ask: () => Result): Result {
  try {
    return ask()
  } catch (error) {
    throw asCommandError(error)
  }
}

const asCommandError = (error: unknown): unknown =>
  error instanceof DestinationError ? new CommandError(error.message) : error
