// Batches side by side on several connections, committed in the order they came. PostgreSQL keeps up its
// indexes with one core for each connection, and they are nearly all that homer7 costs: one connection would
// be as slow as one core. One cursor, moved in order, keeps it exactly once all the same.
//
//   batch 1   COPY ▇▇▇▇▇▇▇▇ ─ cursor ─ commit
//   batch 2   COPY ▇▇▇▇▇▇ ─ waits ········· cursor ─ commit
//   batch 3      COPY ▇▇▇▇▇▇▇ ─ waits ················ cursor ─ commit
//
// When one fails, those behind it let go of what they hold (its next try may need it) and follow one by one.
import { Backoff, pause } from '#backoff'
import { log as rootLog } from '#log'
import { answeredWithin, connect, NoAnswerError } from '../postgres/connect.ts'
import { describeError, verdictOf } from '../postgres/sql-state.ts'
import type { SignalBoard } from '../write/signals.ts'
import type { Homer7Batch } from './homer7-batch.ts'
import type { Homer7Partitions } from './homer7-partitions.ts'
import { type Ahead, LetGo, type StoredRows, storeRows } from './store-rows.ts'

const log = rootLog.child({ room: 'store', part: 'homer7' })

const ANSWER_MS_MAX = 60_000

export interface LineOptions {
  readonly url: string
  readonly spoolId: string
  readonly connections: number
  readonly answerMsMax?: number | undefined
  readonly partitions: Homer7Partitions
  readonly signals: SignalBoard
  readonly onTrouble: (why: string) => void
  /** Hears of each batch in order, before it may be used again. */
  readonly onStored: (batch: Homer7Batch, outcome: StoredRows & { kind: 'stored' }) => void
}

/** A batch under way, as the one behind it sees it. */
export class Ticket {
  readonly #ended = Promise.withResolvers<Ahead>()
  #stumbled = Promise.withResolvers<Ahead>()

  /** Committed, or gone for good. */
  readonly ended = this.#ended.promise

  /**
   * What becomes of its try, at once when that has failed and the next has not begun: who comes to ask so late
   * holds locks as well, and the one ahead may need them before it can try again.
   */
  next(): Promise<Ahead> {
    return Promise.race([this.#ended.promise, this.#stumbled.promise])
  }

  beginTry(): void {
    this.#stumbled = Promise.withResolvers()
  }

  end(how: 'committed' | 'gone'): void {
    this.#ended.resolve(how)
  }

  stumble(): void {
    this.#stumbled.resolve('stumbled')
  }
}

type Pool = ReturnType<typeof connect>

export class BatchLine {
  readonly #options: LineOptions
  readonly #pools: Pool[]
  readonly #busy: Promise<void>[]
  #last: Ticket | undefined
  #count = 0
  /** Somebody else moved the cursors: nothing under way may be committed any more. */
  isElsewhere = false

  constructor(options: LineOptions) {
    this.#options = options
    const { url, connections } = options
    const application = 'calliope homer7'
    this.#pools = Array.from({ length: connections }, () => connect({ url, max: 1, application }))
    this.#busy = this.#pools.map(() => Promise.resolve())
  }

  /** Begins to store a batch as soon as a connection is free; it may be used again when it is stored. */
  async store(batch: Homer7Batch, signal: AbortSignal): Promise<void> {
    const place = this.#count++ % this.#pools.length
    await this.#busy[place]
    const ahead = this.#last
    const own = new Ticket()
    this.#last = own
    this.#busy[place] = this.#run(this.#pools[place]!, batch, ahead, own, signal)
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#busy)
  }

  /** After all has settled: goes on from wherever the cursors are. */
  startOver(): void {
    this.isElsewhere = false
    this.#last = undefined
  }

  close(): void {
    for (const pool of this.#pools) void pool.close({ timeout: 0 }).catch(() => undefined)
  }

  async #run(
    sql: Pool,
    batch: Homer7Batch,
    ahead: Ticket | undefined,
    own: Ticket,
    signal: AbortSignal,
  ): Promise<void> {
    const outcome = await this.#persist(sql, batch, ahead, own, signal)
    if (outcome?.kind === 'stored') this.#options.onStored(batch, outcome)
    else if (outcome?.kind === 'elsewhere') this.isElsewhere = true
    own.end(outcome?.kind === 'stored' ? 'committed' : 'gone')
  }

  /** Tries until it works; undefined when it is not to be stored by us any more. */
  async #persist(
    sql: Pool,
    batch: Homer7Batch,
    ahead: Ticket | undefined,
    own: Ticket,
    signal: AbortSignal,
  ): Promise<StoredRows | undefined> {
    const backoff = new Backoff()
    const { signals, partitions, spoolId } = this.#options
    const answerMsMax = this.#options.answerMsMax ?? ANSWER_MS_MAX
    let patience = answerMsMax
    let careful = false
    while (!signal.aborted && !this.isElsewhere) {
      own.beginTry()
      try {
        const outcome = await answeredWithin(sql, patience, async (paused) => {
          signals.add('partitionsCreated', await partitions.cover(sql, batch.tables))
          const next = () => (ahead === undefined ? COMMITTED : paused(ahead.next()))
          return await storeRows(sql, batch, { spoolId, careful, ahead: next })
        })
        this.#goesWell()
        return outcome
      } catch (error) {
        own.stumble()
        if (signal.aborted) return undefined
        if (!(error instanceof LetGo)) {
          if (verdictOf(error) === 'partition') partitions.forget()
          if (error instanceof NoAnswerError) patience *= 2
          const isNews = verdictOf(error) === 'row' && !careful
          if (isNews) careful = true
          else await this.#rest(error, Math.round(backoff.nextMs()), signal)
        }
        if ((await ahead?.ended) === 'gone') return undefined
      }
    }
    return undefined
  }

  #goesWell(): void {
    const { signals } = this.#options
    if (signals.get('retryingSinceUs') > 0) log.info('homer7: the database is back')
    signals.set('retryingSinceUs', 0)
  }

  async #rest(error: unknown, waitMs: number, signal: AbortSignal): Promise<void> {
    const { signals, onTrouble } = this.#options
    signals.add('retries', 1)
    if (signals.get('retryingSinceUs') === 0) signals.set('retryingSinceUs', Date.now() * 1000)
    onTrouble(describeError(error))
    log.warn({ error: describeError(error), waitMs }, 'homer7: storing failed; trying again')
    await pause(waitMs, signal)
  }
}

const COMMITTED: Promise<Ahead> = Promise.resolve('committed')
