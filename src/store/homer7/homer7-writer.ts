// The homer7 writer: a second reader of the spool, which writes heplify-server's tables. It has its own
// thread, its own cursors (in homer7's database, moved in the transaction of the rows) and its own pace: when
// its database is away, or slow as thirteen indexes are, rows wait in the spool and nobody else waits.
//
//   lane ─▶ ┐ chunk by chunk,   ┌─▶ connection 1 ┐ side by side, committed in order
//   lane ─▶ ┤ rows as bytes  ─▶ ┼─▶ connection 2 ┤ (batch-line.ts)
//   lane ─▶ ┘                   └─▶ connection 3 ┘ ─▶ the spool may forget it
//
// It never gives up on a batch; whatever happens to it or to the database, the cursors say where to go on.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SQL } from 'bun'
import { Backoff, pause } from '#backoff'
import { type Filter, type FilterOptions, openFilter } from '#filter'
import { log as rootLog } from '#log'
import { type Cursor, listLanes } from '#spool'
import { answeredWithin, connect } from '../postgres/connect.ts'
import { describeError } from '../postgres/sql-state.ts'
import { HeapLimit } from '../write/heap-limit.ts'
import { SignalBoard } from '../write/signals.ts'
import { BatchLine } from './batch-line.ts'
import { Homer7Batch, type Homer7Rules } from './homer7-batch.ts'
import { openHomer7Cursors } from './homer7-cursors.ts'
import { keepHomer7 } from './homer7-house.ts'
import { ensureTables, Homer7Partitions, type PartitionOptions } from './homer7-partitions.ts'
import type { Homer7Retention } from './homer7-retention.ts'
import { LaneChunks } from './lane-chunks.ts'
import { LedgerMirror } from './ledger-mirror.ts'
import { type RowShape, RowWriter } from './row-writer.ts'

const log = rootLog.child({ room: 'store', part: 'homer7' })

/** Everything the writer needs, as it can be sent to a thread. Durations are milliseconds. */
export interface Homer7Options extends RowShape, PartitionOptions {
  readonly url: string
  readonly spoolId: string
  readonly spoolDirectory: string
  readonly node: string
  /** The database whose ledger counts these rows; absent when the calls layout counts there. */
  readonly ledgerUrl?: string | undefined
  /** A batch with so many bytes of rows goes at once. @default 4 MiB */
  readonly batchBytes?: number
  /** Longest wait for a batch to fill. @default 1000 */
  readonly batchWaitMs?: number
  /** Batches written side by side. @default 4 */
  readonly connections?: number
  /** Whether partitions are made ahead and dropped; else only made, as rows need them. @default true */
  readonly rotate?: boolean
  readonly retention: Homer7Retention
  /** Agents' clocks further back than this are not believed. @default 14 days */
  readonly behindMsMax?: number
  /** Nor further ahead than this. @default 1 day */
  readonly aheadMsMax?: number
  readonly filter?: FilterOptions
  /** For what the filter counts. */
  readonly filterCounts?: SharedArrayBuffer | undefined
  /** A database that has not answered for so long is taken for gone. @default 60000 */
  readonly answerMsMax?: number
  readonly signals?: SharedArrayBuffer
}

const DAY_MS = 86_400_000
const MIB = 2 ** 20
const REST_MS = 20
const ANSWER_MS_MAX = 60_000

export class Homer7Writer {
  readonly #options: Homer7Options
  readonly #onTrouble: (why: string) => void
  readonly #sql: SQL
  readonly #signals: SignalBoard
  readonly #partitions: Homer7Partitions
  readonly #chunks: LaneChunks
  readonly #line: BatchLine
  readonly #mirror: LedgerMirror | undefined
  readonly #free: Homer7Batch[] = []
  readonly #heap = new HeapLimit()
  /** In order; the first is the oldest. */
  readonly #underWay: Homer7Batch[] = []
  readonly #filter = Promise.withResolvers<Filter>()
  #drained: PromiseWithResolvers<void> | undefined
  #mustReopen = true

  /** `onTrouble` hears why a try failed, each time one does. */
  constructor(options: Homer7Options, onTrouble: (why: string) => void = () => {}) {
    const { url, spoolId, spoolDirectory, connections = 4, ledgerUrl } = options
    this.#options = options
    this.#onTrouble = onTrouble
    this.#sql = connect({ url, max: 2, application: 'calliope homer7' })
    this.#signals = new SignalBoard(options.signals)
    this.#partitions = new Homer7Partitions(options)
    this.#chunks = new LaneChunks(spoolDirectory, 'homer7')
    this.#mirror = ledgerUrl ? new LedgerMirror(ledgerUrl, this.#sql, options) : undefined
    this.#line = new BatchLine({
      ...{ url, spoolId, connections, answerMsMax: options.answerMsMax, onTrouble },
      ...{ partitions: this.#partitions, signals: this.#signals },
      onStored: (batch, { setAside, reasons }) => this.#settle(batch, setAside, reasons),
    })
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const rules = await this.#rules()
    this.#filter.resolve(rules.filter)
    const house = keepHomer7(this.#sql, this.#partitions, this.#options, signal)
    const closing = () => {
      this.#line.close()
      void this.#sql.close({ timeout: 0 }).catch(() => undefined)
    }
    signal.addEventListener('abort', closing)
    while (!signal.aborted) {
      const wasDraining = this.#chunks.isDraining
      await this.#openLanes(signal)
      const batch = this.#free.pop() ?? new Homer7Batch(rules)
      if (await this.#fill(batch, signal)) {
        this.#underWay.push(batch)
        await this.#line.store(batch, signal)
      } else {
        this.#free.push(batch)
        await this.#rest(signal, wasDraining)
      }
      if (this.#line.isElsewhere) await this.#startOver()
    }
    await this.#line.settled()
    await this.#mirror?.close()
    this.#chunks.close()
    rules.filter.close()
    closing()
    await house
  }

  /** Filters otherwise from now on. */
  async setFilter(options: FilterOptions): Promise<void> {
    await (await this.#filter.promise).change(options)
  }

  /** Stores everything the spool holds by now and resolves; the writer goes on. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>()
    this.#chunks.isDraining = true
    return this.#drained.promise
  }

  /** Frames in the spool that are not stored yet. */
  countLeft(): Promise<number> {
    return this.#chunks.countLeft()
  }

  async #rules(): Promise<Homer7Rules> {
    const { behindMsMax = 14 * DAY_MS, aheadMsMax = DAY_MS, filter = {} } = this.#options
    const { filterCounts: counts } = this.#options
    return {
      ...{ behindMsMax, aheadMsMax, writer: new RowWriter(this.#options) },
      notesSenders: this.#mirror !== undefined,
      filter: await openFilter(filter, { counts }),
    }
  }

  /** Reads until the batch is full or due; false when there was nothing to read. */
  async #fill(batch: Homer7Batch, signal: AbortSignal): Promise<boolean> {
    const { batchBytes = 4 * MIB, batchWaitMs = 1000 } = this.#options
    let filledAt: number | undefined
    while (!signal.aborted) {
      const hasRead = this.#chunks.readInto(batch, batchBytes)
      this.#signals.set('oldestUs', this.#underWay[0]?.oldestUs ?? batch.oldestUs ?? 0)
      const now = performance.now()
      if (hasRead) filledAt ??= now
      if (filledAt === undefined) return false
      if (batch.rowBytes >= batchBytes || now - filledAt >= batchWaitMs) return true
      if (!hasRead && (this.#chunks.isDraining || ageMs(batch) >= batchWaitMs)) return true
      await (hasRead ? nextTurn() : pause(REST_MS, signal))
    }
    return false
  }

  /** Nothing to read. The spool is empty when lanes, too, were looked for after that was asked. */
  async #rest(signal: AbortSignal, wasDraining: boolean): Promise<void> {
    if (wasDraining) {
      await this.#line.settled()
      await this.#mirror?.flush()
      if (signal.aborted || this.#line.isElsewhere || this.#mustReopen) return
      this.#drained?.resolve()
      this.#drained = undefined
    }
    await pause(REST_MS, signal)
  }

  async #startOver(): Promise<void> {
    log.error(
      { spool: this.#options.spoolDirectory },
      'homer7: another process has stored parts of this spool; going on from where it came to. ' +
        'Two capture nodes must not share one spool directory',
    )
    await this.#line.settled()
    this.#line.startOver()
    this.#underWay.length = 0
    this.#signals.add('reopened', 1)
    this.#mustReopen = true
  }

  /** Opens lanes that are new; all of them when their cursors are not where we thought. */
  async #openLanes(signal: AbortSignal): Promise<void> {
    if (!this.#mustReopen && !this.#chunks.isLookDue()) return
    const backoff = new Backoff()
    while (!signal.aborted) {
      const lanes = listLanes(this.#options.spoolDirectory)
      const wanted = this.#mustReopen ? lanes : lanes.filter((lane) => !this.#chunks.has(lane))
      if (wanted.length === 0 && !this.#mustReopen) return
      try {
        for (const [lane, cursor] of await this.#openCursors(wanted))
          this.#chunks.open(lane, cursor)
        this.#mustReopen = false
        await this.#mirror?.flush()
        return
      } catch (error) {
        const waitMs = Math.round(backoff.nextMs())
        if (signal.aborted) return
        this.#signals.add('retries', 1)
        if (this.#signals.get('retryingSinceUs') === 0)
          this.#signals.set('retryingSinceUs', Date.now() * 1000)
        this.#onTrouble(describeError(error))
        log.warn({ error: describeError(error), waitMs }, 'homer7: its tables cannot be opened yet')
        await pause(waitMs, signal)
      }
    }
  }

  async #openCursors(lanes: readonly string[]): Promise<ReadonlyMap<string, Cursor>> {
    const { spoolId, answerMsMax = ANSWER_MS_MAX } = this.#options
    return await answeredWithin(this.#sql, answerMsMax, async () => {
      await ensureTables(this.#sql)
      return await openHomer7Cursors(this.#sql, spoolId, lanes)
    })
  }

  /** Counts what was stored, lets the spool forget it, and the batch be used again. */
  #settle(batch: Homer7Batch, setAside: number, reasons: readonly string[]): void {
    this.#signals.add('messages', batch.messages)
    this.#signals.add('copyBytesTotal', batch.rowBytes)
    this.#signals.add('batches', 1)
    for (const { lane, next, rejected, lost } of batch.moves) {
      for (const count of Object.values(rejected)) this.#signals.add('rejected', count)
      this.#signals.add('lost', lost)
      if (lost > 0)
        log.error({ lane, frames: lost }, 'homer7: frames of the spool could not be read back')
      this.#chunks.release(lane, next)
    }
    this.#signals.add('bareRows', setAside)
    if (setAside > 0)
      log.error(
        { setAside, reasons },
        'homer7: PostgreSQL refused rows for good; they are set aside',
      )
    this.#mirror?.note(batch.notes?.take())
    this.#underWay.shift()
    this.#heap.passed(batch.bytes)
    batch.clear()
    this.#free.push(batch)
  }
}

/** How long its oldest frame has been waiting; for ever, when it holds none. */
const ageMs = ({ oldestUs = 0 }: Homer7Batch): number => Date.now() - oldestUs / 1000
