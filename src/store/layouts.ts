// The layouts a store writes: Calliope's own calls, heplify-server's homer7 tables, or both. Each has a writer
// in a thread of its own that reads the spool with cursors of its own; here they are one thing to start,
// to drain and to end.
//
//   spool ─▶ calls  writer ─▶ call_segments …            counts for the ledger
//         └▶ homer7 writer ─▶ hep_proto_*                alone: its counts are carried into the ledger
import type { FilterOptions } from '#filter'
import type { Homer7Options } from './homer7/homer7-writer.ts'
import { startHomer7 } from './homer7/start-homer7.ts'
import { SignalBoard, type StoreSignals } from './write/signals.ts'
import { startWriter } from './write/start-writer.ts'
import type { WriterOptions } from './write/writer.ts'
import type { RunningWriter } from './write/writer-thread.ts'

/** How messages are laid out in tables. */
export type Layout = 'calls' | 'homer7'

/** What homer7's tables are like, and where. */
export interface Homer7Settings
  extends Omit<
    Homer7Options,
    'url' | 'spoolId' | 'spoolDirectory' | 'node' | 'ledgerUrl' | 'signals' | 'filterCounts'
  > {
  /** @default the store's own database */
  readonly url?: string
}

export interface LayoutOptions {
  /** @default calls */
  readonly layouts?: readonly Layout[]
  /** Needed with the layout homer7. */
  readonly homer7?: Homer7Settings | undefined
}

/** The writers of a spool, started one by one as their databases can be written. */
export class LayoutWriters {
  #options: WriterOptions
  readonly #layouts: readonly Layout[]
  readonly #homer7: Homer7Settings | undefined
  readonly #running = new Map<Layout, RunningWriter>()
  #mayStart = true

  constructor(options: WriterOptions, { layouts = ['calls'], homer7 }: LayoutOptions) {
    this.#options = options
    this.#layouts = layouts
    this.#homer7 = layouts.includes('homer7') ? homer7 : undefined
  }

  /** The writer by whose counts the ledger goes. */
  get leading(): RunningWriter | undefined {
    return this.#running.get(this.#layouts.includes('calls') ? 'calls' : 'homer7')
  }

  /** Why the leading layout's database takes nothing; undefined while it does. */
  get trouble(): string | undefined {
    return this.leading?.trouble
  }

  /** Of the leading writer. */
  signals(): StoreSignals {
    return this.leading?.signals() ?? new SignalBoard().all()
  }

  /** Of homer7's; undefined when that layout is not written. */
  homer7Signals(): StoreSignals | undefined {
    return this.#running.get('homer7')?.signals()
  }

  /** Starts what needs no schema of ours: homer7, when it is in a database of its own beside calls. */
  startEarly(): void {
    if (this.#homer7?.url !== undefined && this.#layouts.includes('calls')) this.#startHomer7()
  }

  /** Starts the rest. */
  start(): void {
    if (this.#mayStart && this.#layouts.includes('calls'))
      this.#running.set('calls', startWriter(this.#options))
    this.#startHomer7()
  }

  /** Filters otherwise from now on; the options must have been tried. */
  setFilter(filter: FilterOptions): void {
    this.#options = { ...this.#options, filter }
    for (const writer of this.#running.values()) writer.setFilter(filter)
  }

  /** Resolves when every layout has everything in the spool. */
  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map((writer) => writer.drain()))
  }

  /** Frames that some layout lacks; undefined when counting takes too long. */
  async countLeft(): Promise<number | undefined> {
    const left = await Promise.all([...this.#running.values()].map((writer) => writer.countLeft()))
    return left.includes(undefined) ? undefined : Math.max(0, ...(left as number[]))
  }

  get hasStarted(): boolean {
    return this.#running.size > 0
  }

  /** Ends what runs and starts nothing more. Safe to call twice. */
  async close(): Promise<void> {
    this.#mayStart = false
    await Promise.all([...this.#running.values()].map((writer) => writer.close()))
  }

  #startHomer7(): void {
    if (!this.#homer7 || !this.#mayStart || this.#running.has('homer7')) return
    const { spoolId, spoolDirectory, node, url, batchWaitMs, answerMsMax, filter } = this.#options
    const isAlone = !this.#layouts.includes('calls')
    const writer = startHomer7({
      ...(batchWaitMs === undefined ? {} : { batchWaitMs }),
      ...(answerMsMax === undefined ? {} : { answerMsMax }),
      ...(filter ? { filter } : {}),
      ...{ spoolId, spoolDirectory, node, url },
      ...this.#homer7,
      ledgerUrl: isAlone ? url : undefined,
      filterCounts: isAlone ? this.#options.filterCounts : undefined, // else those of calls count
    })
    this.#running.set('homer7', writer)
  }
}
