// The writer: from the spool's lanes into PostgreSQL, for as long as it is let. It never gives up on a
// batch; whatever happens to it or to the database, the cursor rows say where to go on.
//
//   collect ─▶ build ─┐
//   collect ─▶ build ─┼▶ store ─▶ release        while one batch is being stored, the next is
//   collect ─▶ build ─┘                          read, decoded, grouped and compressed
//
// At most two batches are in memory. It runs in a thread of its own (writer-worker.ts); tests run it
// directly.
import type { SQL } from 'bun'
import { Backoff, pause } from '#backoff'
import { type Filter, type FilterOptions, openFilter } from '#filter'
import { log as rootLog } from '#log'
import { listLanes } from '#spool'
import { answeredWithin, connect, NoAnswerError } from '../postgres/connect.ts'
import { describeError, verdictOf } from '../postgres/sql-state.ts'
import type { Batch, BatchBuilder } from './batch.ts'
import { ByteWriter } from './byte-writer.ts'
import { Collector } from './collect.ts'
import { openCursors } from './cursors.ts'
import { KpiCounter } from './kpi-counter.ts'
import { MediaMemory } from './media-memory.ts'
import { PartitionKeeper } from './partition-keeper.ts'
import { recallCalls } from './recall-calls.ts'
import { SharedTexts } from './shared-texts.ts'
import { SignalBoard } from './signals.ts'
import { type Refusals, storeBatch } from './store-batch.ts'

const log = rootLog.child({ room: 'store', part: 'writer' })

/** Everything the writer needs, as it can be sent to a thread. Durations are milliseconds. */
export interface WriterOptions {
  readonly url: string
  readonly spoolId: string
  readonly spoolDirectory: string
  readonly node: string
  /** A batch this large goes at once. @default 4 MiB */
  readonly batchBytes?: number
  /** Longest wait for a batch to fill. @default 1000 */
  readonly batchWaitMs?: number
  /** Time span of a partition, whole hours. @default 6 hours */
  readonly partitionMs?: number
  /** Agents' clocks further back than this are not believed; the retention. @default 14 days */
  readonly behindMsMax?: number
  /** Nor further ahead than this. @default 1 day */
  readonly aheadMsMax?: number
  /** What is done to packets before they are stored. @default nothing */
  readonly filter?: FilterOptions
  /** For what the filter counts. */
  readonly filterCounts?: SharedArrayBuffer
  /** Headers to search by. */
  readonly customHeaders?: readonly string[]
  /** A database that has not answered for so long is taken for gone. @default 60000 */
  readonly answerMsMax?: number
  /** For SignalBoard. */
  readonly signals?: SharedArrayBuffer
}

const HOUR_MS = 3_600_000
const LANES_LOOK_MS = 250
const REST_MS = 20
const ANSWER_MS_MAX = 60_000

/** Blocks of messages end with the hour, and so must partitions. */
export function checkPartitionMs(partitionMs = 6 * HOUR_MS): number {
  if (partitionMs >= HOUR_MS && partitionMs % HOUR_MS === 0) return partitionMs
  throw new RangeError(`store.partition is ${partitionMs} ms: it must be whole hours, such as 6h`)
}

export class Writer {
  readonly #options: WriterOptions
  readonly #onTrouble: (why: string) => void
  readonly #sql: SQL
  readonly #signals: SignalBoard
  readonly #collector: Collector
  readonly #partitions: PartitionKeeper
  readonly #kpis = new KpiCounter()
  readonly #texts = new SharedTexts()
  readonly #buffers = [new ByteWriter(), new ByteWriter()]
  readonly #filter = Promise.withResolvers<Filter>()
  #storing: Promise<void> = Promise.resolve()
  #drained: PromiseWithResolvers<void> | undefined
  #mustReopen = true
  #lanesLookedAt = 0
  #batchNumber = 0

  /** `onTrouble` hears why a try failed, each time one does. */
  constructor(options: WriterOptions, onTrouble: (why: string) => void = () => {}) {
    const { url, spoolDirectory, batchBytes = 4 * 2 ** 20, batchWaitMs = 1000 } = options
    const partitionMs = checkPartitionMs(options.partitionMs)
    this.#options = options
    this.#onTrouble = onTrouble
    this.#sql = connect({ url, max: 2, application: 'calliope writer' })
    this.#signals = new SignalBoard(options.signals)
    this.#partitions = new PartitionKeeper(this.#sql, partitionMs * 1000)
    this.#collector = new Collector(spoolDirectory, {
      rules: {
        behindMsMax: options.behindMsMax ?? 14 * 24 * HOUR_MS,
        aheadMsMax: options.aheadMsMax ?? 24 * HOUR_MS,
      },
      customHeaders: options.customHeaders ?? [],
      kpis: this.#kpis,
      media: new MediaMemory(),
      texts: this.#texts,
      batchBytes,
      batchWaitMs,
    })
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const closing = () => void this.#sql.close({ timeout: 0 }).catch(() => undefined)
    signal.addEventListener('abort', closing)
    const { filter = {}, filterCounts } = this.#options
    using opened = await openFilter(filter, { counts: filterCounts })
    this.#collector.filter = opened
    this.#filter.resolve(opened)
    while (!signal.aborted) {
      if (this.#mustReopen) await this.#storing
      const wasDraining = this.#collector.isDraining
      await this.#openLanes(signal)
      const builder = await this.#collector.collect(signal)
      if (builder !== undefined) await this.#pass(builder, signal)
      else await this.#rest(signal, wasDraining)
    }
    await this.#storing
    this.#collector.close()
    closing()
  }

  /** Filters otherwise from now on. */
  async setFilter(options: FilterOptions): Promise<void> {
    await (await this.#filter.promise).change(options)
    this.#collector.lookAtFilter()
  }

  /** Stores everything the spool holds by now and resolves; the writer goes on. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>()
    this.#collector.isDraining = true
    return this.#drained.promise
  }

  /** Frames in the spool that are not stored yet. */
  countLeft(): Promise<number> {
    return this.#collector.countLeft()
  }

  /** Builds a batch while the one before it is stored, then begins to store it. */
  async #pass(builder: BatchBuilder, signal: AbortSignal): Promise<void> {
    const batch = await builder.build(this.#buffers[this.#batchNumber++ % this.#buffers.length]!)
    await this.#storing
    // Somebody else wrote our spool meanwhile: what was read stands at the wrong place.
    if (this.#mustReopen) return
    this.#storing = this.#store(batch, signal)
  }

  /** Nothing to read. The spool is empty when lanes, too, were looked for after that was asked. */
  async #rest(signal: AbortSignal, wasDraining: boolean): Promise<void> {
    await this.#storing
    if (!wasDraining || signal.aborted || this.#mustReopen) return
    this.#drained?.resolve()
    this.#drained = undefined
    await pause(REST_MS, signal)
  }

  /** Opens lanes that are new; all of them when their cursors are not where we thought. */
  async #openLanes(signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const isDue = this.#collector.isDraining || now - this.#lanesLookedAt > LANES_LOOK_MS
    if (!this.#mustReopen && !isDue) return
    this.#lanesLookedAt = now
    if (this.#newLanes().length === 0 && !this.#mustReopen) return
    const { spoolId, node } = this.#options
    const opened = await this.#persist('opening the cursors of the spool', signal, async () => {
      const cursors = await openCursors(this.#sql, { spoolId, node, lanes: this.#newLanes() })
      await this.#coverAhead()
      if (this.#mustReopen) await this.#recall()
      return cursors
    })
    for (const [lane, { cursor }] of opened ?? []) this.#collector.open(lane, cursor)
    if (opened !== undefined) this.#mustReopen = false
  }

  /** What a writer remembers of the database beside its cursors. */
  async #recall(): Promise<void> {
    await recallCalls(this.#sql, this.#kpis)
    await this.#texts.load(this.#sql)
  }

  #newLanes(): string[] {
    const lanes = listLanes(this.#options.spoolDirectory)
    return this.#mustReopen ? lanes : lanes.filter((lane) => !this.#collector.has(lane))
  }

  async #coverAhead(): Promise<void> {
    this.#signals.add('partitionsCreated', await this.#partitions.coverAhead(Date.now() * 1000))
  }

  async #store(batch: Batch, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    let careful = false
    const target = { sql: this.#sql, spoolId: this.#options.spoolId, node: this.#options.node }
    this.#signals.set('oldestUs', batch.oldestUs ?? 0)
    const outcome = await this.#persist('storing a batch', signal, async () => {
      this.#signals.add('partitionsCreated', await this.#partitions.cover(batch.rowUs))
      await this.#coverAhead()
      await this.#texts.renew(this.#sql)
      try {
        return await storeBatch(target, batch, { careful })
      } catch (error) {
        if (verdictOf(error) === 'partition') this.#partitions.forget()
        if (verdictOf(error) !== 'row' || careful) throw error
        log.warn(
          { error: describeError(error) },
          'a row was refused; storing the others without it',
        )
        careful = true
        return await storeBatch(target, batch, { careful })
      }
    })
    this.#signals.set('oldestUs', this.#collector.oldestUs ?? 0)
    if (outcome === undefined) return
    if (outcome.kind === 'elsewhere') this.#startOver()
    else this.#settle(batch, outcome.refusals, performance.now() - startedAt)
  }

  #startOver(): void {
    log.error(
      { spool: this.#options.spoolDirectory },
      'another process has stored parts of this spool; going on from where it came to. ' +
        'Two capture nodes must not share one spool directory',
    )
    this.#signals.add('reopened', 1)
    this.#mustReopen = true
  }

  /** Counts what was stored and lets the spool forget it. */
  #settle(batch: Batch, refusals: Refusals | undefined, tookMs: number): void {
    const { moves, rowAt, rows, messages } = batch
    this.#signals.add('messages', messages)
    this.#signals.add('segments', rowAt.length - 1)
    this.#signals.add('copyBytesTotal', rows.length)
    this.#signals.add('batches', 1)
    this.#signals.set('batchMs', tookMs)
    this.#signals.add('batchMsTotal', tookMs)
    for (const { lane, next, rejected, lost } of moves) {
      for (const count of Object.values(rejected)) this.#signals.add('rejected', count)
      this.#signals.add('lost', lost)
      if (lost > 0) log.error({ lane, frames: lost }, 'frames of the spool could not be read back')
      this.#collector.release(lane, next)
    }
    if (refusals === undefined) return
    this.#signals.add('bareRows', refusals.bareRows)
    this.#signals.add('skippedStatements', refusals.skippedStatements)
    log.error(
      refusals,
      'PostgreSQL refused rows for good; their messages are stored without a Call-ID',
    )
  }

  /** Tries until it works; undefined when the signal aborted first. */
  async #persist<Result>(
    what: string,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const backoff = new Backoff()
    let answerMsMax = this.#options.answerMsMax ?? ANSWER_MS_MAX
    for (;;) {
      try {
        const result = await answeredWithin(this.#sql, answerMsMax, work)
        if (this.#signals.get('retryingSinceUs') > 0) log.info(`${what}: the database is back`)
        this.#signals.set('retryingSinceUs', 0)
        return result
      } catch (error) {
        if (signal.aborted) return undefined
        // It may also be slow: the same batch gets more time with each try.
        if (error instanceof NoAnswerError) answerMsMax *= 2
        const waitMs = Math.round(backoff.nextMs())
        this.#signals.add('retries', 1)
        if (this.#signals.get('retryingSinceUs') === 0) {
          this.#signals.set('retryingSinceUs', Date.now() * 1000)
        }
        this.#onTrouble(describeError(error))
        log.warn({ error: describeError(error), waitMs }, `${what} failed; trying again`)
        await pause(waitMs, signal)
        if (signal.aborted) return undefined
      }
    }
  }
}
