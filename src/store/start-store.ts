// The store as the rest of the program holds it: a database (embedded or somebody's), its schema, the
// writer's thread, the minute's housekeeping, the merging of old calls and this node's heartbeat.
//
//   startStore ─▶ embedded server? ─▶ schema ─▶ writer thread ─▶ ready
//                                       └─ the database is away: keep trying, frames wait in the spool
//
// Mistakes a person has to correct (password, permissions, version) are thrown at once. An outage is
// not one: a capture node starts without its database and catches up.
import type { SQL } from 'bun'
import { Backoff, pause } from '#backoff'
import type { FilterOptions } from '#filter'
import { log as rootLog } from '#log'
import { keepHouse, keepStatistics } from './keep-house.ts'
import { type LayoutOptions, LayoutWriters } from './layouts.ts'
import { type MergeCounts, MergeKeeper, type MergeSettings } from './merge/merge-keeper.ts'
import { answeredWithin, connect, describeUrl } from './postgres/connect.ts'
import { DatabaseError } from './postgres/database-error.ts'
import { DatabaseHealth } from './postgres/database-health.ts'
import { type EmbeddedServer, startEmbedded } from './postgres/embedded.ts'
import { migrate } from './postgres/migrate.ts'
import { countFrames } from './write/collect.ts'
import { FleetHistory } from './write/fleet-history.ts'
import { type Heartbeat, writeHeartbeat } from './write/heartbeat.ts'
import type { StoreSignals } from './write/signals.ts'
import { checkPartitionMs, type WriterOptions } from './write/writer.ts'

const log = rootLog.child({ room: 'store' })

export interface StoreOptions
  extends LayoutOptions,
    Omit<WriterOptions, 'url' | 'spoolId' | 'spoolDirectory' | 'signals' | 'behindMsMax'> {
  /** A server of the user's, or the folder of one of ours. */
  readonly database: { readonly url: string } | { readonly embeddedDirectory: string }
  readonly spool: { readonly id: string; readonly directory: string }
  /** Of calliope, shown among the nodes. */
  readonly version: string
  /** Calls older than this are dropped. @default 14 days */
  readonly retentionMs?: number
  /** Size of the tables beyond which the oldest calls are dropped; 0 = no limit. @default 0 */
  readonly bytesMax?: number
  /** Of the database's disk, beyond which they are dropped, where it can be seen; 0 = no limit. @default 0 */
  readonly diskPercent?: number
  /** How often old calls are looked for. @default 60000 */
  readonly retentionEveryMs?: number
  /** Of the calls of partitions that are over. @default on */
  readonly merge?: MergeSettings
}

/** What is still in the spool when the time to empty it has run out. */
export interface Undrained {
  /** 0 = everything is stored; undefined = there was no time to count. */
  readonly frames: number | undefined
}

export interface Store extends AsyncDisposable {
  /** For `connect`. Contains the password. */
  readonly url: string
  /** Where the data is, for people: 'PostgreSQL 18.4 in DIR' or 'USER@HOST:PORT/NAME'. */
  readonly database: string
  /** Whether the schema was checked and data can be stored. */
  readonly isReady: boolean
  /** Resolves when it is. */
  readonly ready: Promise<void>
  /** Why the database does not take data just now, in a sentence; undefined while it does. */
  readonly trouble: string | undefined
  /** What the writer is doing, and what was merged. */
  signals(): StoreSignals & MergeCounts
  /** What the writer of the homer7 layout is doing; undefined when that layout is not written. */
  homer7Signals(): StoreSignals | undefined
  /** Filters otherwise from now on; the options must have been tried. */
  setFilter(filter: FilterOptions): void
  /** Makes this node known to the others; call about every second. Never throws. */
  heartbeat(beat: Omit<Heartbeat, 'node' | 'spoolId' | 'version'>): Promise<void>
  /** Empties the spool into the database; at the deadline says how much is left. */
  drain(options: { readonly deadlineMs: number }): Promise<Undrained>
  /** Ends the writer and starts none: what is in the spool stays there, for others to store. */
  stopWriting(): Promise<void>
  /** Stops the writer, then an embedded database. Safe to call twice. */
  close(): Promise<void>
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** A user's database that accepts and says nothing must not hold up the sockets. */
const FIRST_TRY_MS_MAX = 3_000

/** Starts the store. Throws DatabaseError when only a person can help. */
export async function startStore(options: StoreOptions): Promise<Store> {
  checkPartitionMs(options.partitionMs)
  const embedded =
    'embeddedDirectory' in options.database
      ? await startEmbedded({ directory: options.database.embeddedDirectory })
      : undefined
  const url = 'url' in options.database ? options.database.url : embedded!.url
  const sql = connect({ url, max: 2, application: 'calliope store' })
  const store = new RunningStore(options, url, sql, embedded)
  try {
    await store.begin()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

class RunningStore implements Store {
  readonly url: string
  readonly database: string
  isReady = false
  readonly #options: StoreOptions
  readonly #sql: SQL
  readonly #embedded: EmbeddedServer | undefined
  readonly #stopping = new AbortController()
  readonly #ready = Promise.withResolvers<void>()
  readonly #writers: LayoutWriters
  readonly #health: DatabaseHealth
  readonly #merging: MergeKeeper
  readonly #history = new FleetHistory()
  #housekeeping: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: StoreOptions, url: string, sql: SQL, embedded: EmbeddedServer | undefined) {
    this.url = url
    this.database = embedded
      ? `${embedded.version} in ${(options.database as { embeddedDirectory: string }).embeddedDirectory}`
      : describeUrl(url)
    this.#options = options
    this.#sql = sql
    this.#embedded = embedded
    this.#health = new DatabaseHealth(url)
    const directory =
      'embeddedDirectory' in options.database ? options.database.embeddedDirectory : undefined
    this.#writers = layoutWriters(url, options)
    this.#merging = new MergeKeeper(url, directory, options.merge ?? {})
  }

  get trouble(): string | undefined {
    if (this.#embedded?.isDown) return 'the embedded server ended and is being started again'
    if (this.#health.trouble !== undefined) return this.#health.trouble
    if (!this.isReady) return 'it has not answered yet'
    return this.#writers.trouble
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Checks the schema, now or as soon as the database answers, and starts the writer. */
  async begin(): Promise<void> {
    this.#writers.startEarly()
    const firstTry = this.#health.ask(() => this.#prepare())
    const error = await Promise.race(this.#embedded ? [firstTry] : [firstTry, this.#tooSlow()])
    if (error?.retryable === false) throw error
    if (error !== undefined) {
      log.warn({ error: error.message }, 'the database is away; frames wait in the spool')
      void firstTry.then((failed) => (failed ? this.#keepPreparing() : this.#sayItAnswers()))
    }
    this.#housekeeping = Promise.all([
      keepHouse(this.#sql, this.#options, () => this.isReady, this.#stopping.signal),
      keepStatistics(this.#sql, () => this.isReady && !this.trouble, this.#stopping.signal),
      this.#merging.run({
        sql: this.#sql,
        isReady: () => this.isReady && this.trouble === undefined,
        behindMs: () => this.#behindMs(),
        signal: this.#stopping.signal,
      }),
    ])
  }

  signals(): StoreSignals & MergeCounts {
    return { ...this.#writers.signals(), ...this.#merging.counts }
  }

  homer7Signals(): StoreSignals | undefined {
    return this.#writers.homer7Signals()
  }

  setFilter(filter: FilterOptions): void {
    this.#writers.setFilter(filter)
  }

  async heartbeat(beat: Omit<Heartbeat, 'node' | 'spoolId' | 'version'>): Promise<void> {
    // A database that is away must not pile them up.
    if (!this.isReady || this.#health.isAsking || this.#stopping.signal.aborted) return
    const { node, version, spool } = this.#options
    const before = this.#health.trouble
    const answerMsMax = this.#options.answerMsMax ?? MINUTE_MS
    const full = { node, version, spoolId: spool.id, ...beat }
    const error = await this.#health.ask(() =>
      answeredWithin(this.#sql, answerMsMax, () => this.#writeBeat(full)),
    )
    if (error && !before) log.warn({ error: error.message }, 'the database does not answer')
    if (before && !error) log.info('the database answers again')
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<Undrained> {
    const deadline = new AbortController()
    const drained = this.ready.then(() => this.#writers.drain()).then(() => ({ frames: 0 }))
    const late = pause(deadlineMs, deadline.signal).then(() => undefined)
    const outcome = await Promise.race([drained, late])
    deadline.abort()
    if (outcome !== undefined) return outcome
    return {
      frames: await (this.#writers.hasStarted
        ? this.#writers.countLeft()
        : countFrames(this.#options.spool.directory)),
    }
  }

  async stopWriting(): Promise<void> {
    await this.#writers.close()
  }

  // The history first: the row still tells of the node's life before this one.
  async #writeBeat(beat: Heartbeat): Promise<void> {
    await this.#history.note(this.#sql, beat)
    await writeHeartbeat(this.#sql, beat)
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#writers.close()
    await this.#housekeeping
    await this.#sql.close({ timeout: 1 })
    await this.#embedded?.stop()
  }

  /** How long the oldest frame that is not stored has been waiting. */
  #behindMs(): number {
    const { oldestUs } = this.#writers.signals()
    return oldestUs === 0 ? 0 : Date.now() - oldestUs / 1000
  }

  async #tooSlow(): Promise<DatabaseError> {
    await pause(FIRST_TRY_MS_MAX, this.#stopping.signal)
    const message = `no answer within ${FIRST_TRY_MS_MAX} ms (${this.database})`
    return new DatabaseError('DATABASE_TIMEOUT', message, { retryable: true })
  }

  #sayItAnswers(): void {
    log.info('the database answers; storing what waited')
  }

  async #prepare(): Promise<void> {
    await migrate(this.#sql)
    if (this.#stopping.signal.aborted) return
    this.#writers.start() // not before: it must not write into a schema it does not know
    this.isReady = true
    this.#ready.resolve()
  }

  async #keepPreparing(): Promise<void> {
    const backoff = new Backoff()
    while (!this.isReady && !this.#stopping.signal.aborted) {
      await pause(backoff.nextMs(), this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
      const error = await this.#health.ask(() => this.#prepare())
      if (error === undefined) this.#sayItAnswers()
      else log.warn({ error: error.message }, 'the database cannot be used yet')
    }
  }
}

function layoutWriters(
  url: string,
  {
    database: _,
    spool,
    version: _version,
    retentionMs,
    merge: _merge,
    layouts,
    homer7,
    ...rest
  }: StoreOptions,
): LayoutWriters {
  const behindMsMax = retentionMs ?? 14 * DAY_MS
  const options = { ...rest, url, spoolId: spool.id, spoolDirectory: spool.directory, behindMsMax }
  return new LayoutWriters(options, { ...(layouts ? { layouts } : {}), homer7 })
}
