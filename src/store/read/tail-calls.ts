// The live tail: calls as they are stored, each as it stands by then, so a call comes again whenever
// something of it was stored. One loop looks every TICK_MS for all watchers together, and only while
// there are any; each watcher's query is tried on the calls that loop has loaded.
//
//   BatchWatch ─▶ newest CALLS_A_TICK_MAX calls ─▶ load, merge ─▶ q of watcher 1 ─▶ queue 1
//                 the rest is 'skipped'                         └▶ q of watcher 2 ─▶ queue 2
//
// A database that is away for a while ends no tail: the loop goes on where it was when it is back.

import type { SQL } from 'bun'
import { pause } from '#backoff'
import type { CallRow, TailEvent } from '#contract'
import { log } from '#log'
import { BatchWatch, type StoredBatch } from './batch-watch.ts'
import { callRowOf } from './call-row.ts'
import { loadCalls } from './load-calls.ts'
import type { MergedCall } from './merged-call.ts'
import { matchesQuery, needsMessages } from './query-match.ts'
import { parseQuery } from './query-parse.ts'
import type { Query } from './query-terms.ts'
import { ReadError, type ReadSession, readSession } from './read-session.ts'
import { TailQueue } from './tail-queue.ts'

const TICK_MS = 400
/** Calls looked at in one tick. */
export const CALLS_A_TICK_MAX = 500
/** Rows one watcher gets in one tick. */
export const ROWS_A_TICK_MAX = 200
/** Between tries while the database is away. */
const RETRY_MS = 2_000

interface Watcher {
  readonly query: Query
  readonly queue: TailQueue
}

export class CallTail {
  readonly #sql: SQL
  readonly #storedHeaders: ReadonlySet<string>
  readonly #tickMs: number
  readonly #watchers = new Set<Watcher>()
  #looping: AbortController | undefined

  constructor(sql: SQL, storedHeaders: ReadonlySet<string>, tickMs = TICK_MS) {
    this.#sql = sql
    this.#tickMs = tickMs
    this.#storedHeaders = storedHeaders
  }

  /** Calls stored from now on that match; ends when the signal aborts. Throws QueryError at once. */
  async *watch(q: string, signal: AbortSignal): AsyncGenerator<TailEvent> {
    const watcher: Watcher = { query: parseQuery(q), queue: new TailQueue() }
    const stop = () => {
      watcher.queue.end()
    }
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    this.#watchers.add(watcher)
    this.#looping ??= this.#startLoop()
    try {
      yield* watcher.queue
    } finally {
      signal.removeEventListener('abort', stop)
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.#stopLoop()
    }
  }

  #startLoop(): AbortController {
    const looping = new AbortController()
    void this.#loop(looping.signal).catch((error: unknown) => {
      if (looping.signal.aborted) return
      log.error({ room: 'store', error: String(error) }, 'the live tail failed')
      for (const { queue } of this.#watchers) queue.end(error)
    })
    return looping
  }

  #stopLoop(): void {
    this.#looping?.abort()
    this.#looping = undefined
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const watch = new BatchWatch()
    let isAway = false
    while (!signal.aborted) {
      try {
        await readSession(this.#sql, { signal }, (session) => this.#tick(session, watch))
        isAway = false
      } catch (error) {
        if (!(error instanceof ReadError)) throw error
        if (!isAway) log.warn({ room: 'store', error: error.message }, 'the live tail waits')
        isAway = true
      }
      await pause(isAway ? RETRY_MS : this.#tickMs, signal)
    }
  }

  async #tick(session: ReadSession, watch: BatchWatch): Promise<void> {
    const { callIds, skipped } = changedCalls(await watch.look(session, CALLS_A_TICK_MAX))
    if (callIds.length === 0) return
    const watchers = [...this.#watchers]
    const withMessages = watchers.some(({ query }) => needsMessages(query, this.#storedHeaders))
    const loaded = await loadCalls(session, callIds, { withMessages })
    const calls = callIds.flatMap((callId) => loaded.get(callId)?.call ?? [])
    for (const { query, queue } of watchers)
      queue.push(this.#matching(query, calls), ROWS_A_TICK_MAX, skipped)
  }

  #matching(query: Query, calls: readonly MergedCall[]): readonly CallRow[] {
    return calls.filter((call) => matchesQuery(query, call, this.#storedHeaders)).map(callRowOf)
  }
}

/** The newest calls of some batches, each once, newest last; and how many updates that leaves out. */
function changedCalls(batches: readonly StoredBatch[]): { callIds: string[]; skipped: number } {
  const newestFirst = new Set(batches.flatMap(({ callIds }) => callIds).toReversed())
  const callIds = [...newestFirst].slice(0, CALLS_A_TICK_MAX).toReversed()
  const notLooked = batches.reduce((sum, one) => sum + one.segmentCount - one.callIds.length, 0)
  return { callIds, skipped: notLooked + newestFirst.size - callIds.length }
}
