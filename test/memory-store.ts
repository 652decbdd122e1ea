// A CallStore in memory, made of real messages: what the tests of the API and of the page read from.
// It knows no query language but plain words and `callid:`; the real store has tests of its own.
import type {
  CallCountQuery,
  CallCounts,
  CallDetail,
  CallPage,
  CallRow,
  CallSearch,
  GoodCall,
  Ledger,
  SimilarCalls,
  TailEvent,
} from '#contract'
import { callStateOf, explainVerdict, foldTaps, layOutLadder, type TracedMessage } from '#sip'
import { fixtureMessages, isoTime } from './fixture-messages.ts'
import { MemorySearches, MemoryShares } from './memory-keepers.ts'
import { messageOf, rowOf } from './memory-rows.ts'
import { MemoryState } from './memory-state.ts'

class QueryMistake extends Error {
  readonly code = 'unknown_field'
  readonly at: number
  readonly length: number
  readonly hint = 'Known fields: callid.'

  constructor(word: string, at: number) {
    super(`There is no field ${word}.`)
    this.at = at
    this.length = word.length
  }
}

export class MemoryStore extends MemoryState {
  readonly #calls = new Map<string, TracedMessage[]>()
  readonly #watchers = new Set<(event: TailEvent) => void>()
  /** Every signal a search was given, for tests of cancellation. */
  readonly signals: AbortSignal[] = []
  /** Thrown, or waited for, by the next search. */
  trouble: (() => Promise<never>) | undefined

  constructor(messages: readonly TracedMessage[] = fixtureMessages()) {
    super()
    for (const message of messages) this.add(message)
  }

  add(message: TracedMessage): void {
    const callId = message.sip?.callId ?? message.correlationId
    this.#calls.set(callId, [...(this.#calls.get(callId) ?? []), message])
  }

  emit(event: TailEvent): void {
    for (const watcher of this.#watchers) watcher(event)
  }

  first(callId: string): TracedMessage {
    return this.#calls.get(callId)![0]!
  }

  get watching(): number {
    return this.#watchers.size
  }

  rows(): CallRow[] {
    return [...this.#calls.keys()]
      .map((callId) => this.row(callId))
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.callId.localeCompare(a.callId))
  }

  async searchCalls({ q, fromUs, toUs, limit, cursor }: CallSearch, signal: AbortSignal) {
    this.signals.push(signal)
    if (this.trouble) return this.trouble()
    checkQuery(q)
    const word = q.replace(/^callid:/, '').toLowerCase()
    const all = this.rows().filter(
      ({ callId, from, to, startedAt }) =>
        `${callId} ${from} ${to}`.toLowerCase().includes(word) &&
        (fromUs === undefined || startedAt >= isoTime(fromUs)) &&
        (toUs === undefined || startedAt <= isoTime(toUs)),
    )
    const start = Number(cursor ?? 0)
    const next = start + limit < all.length ? String(start + limit) : null
    return { calls: all.slice(start, start + limit), nextCursor: next } satisfies CallPage
  }

  async countCalls({ q, fromUs, toUs }: CallCountQuery, signal: AbortSignal) {
    const { calls } = await this.searchCalls(
      { q, fromUs, toUs, limit: 1e6, cursor: undefined },
      signal,
    )
    const counts: Record<string, Record<string, number>> = {}
    for (const { startedAt, outcome } of calls) {
      const minute = `${startedAt.slice(0, 16)}:00.000000Z`
      const bucket = counts[minute] ?? {}
      counts[minute] = { ...bucket, [outcome]: (bucket[outcome] ?? 0) + 1 }
    }
    const times = calls.map(({ startedAt }) => startedAt).sort()
    const from = fromUs === undefined ? (times[0] ?? isoTime(0)) : isoTime(fromUs)
    return {
      ...{ from, to: isoTime(toUs ?? Date.now() * 1000), bucketMs: 60_000, total: calls.length },
      buckets: Object.entries(counts)
        .sort()
        .map(([at, counts]) => ({ at, counts })),
      ...{ share: 1, coveredFrom: from },
    } satisfies CallCounts
  }

  async recentValues(field: string, prefix: string) {
    const values = new Set(this.rows().map((row) => String(row[field as 'from'] ?? '')))
    return [...values]
      .filter((value) => value !== '' && value.startsWith(prefix))
      .slice(0, 20)
      .map((value) => ({ value, seen: 1 }))
  }

  readonly searches = new MemorySearches()

  async readCall(callId: string, options: { correlate: boolean; messagesMax: number }) {
    if (!this.#calls.has(callId)) return undefined
    const others = options.correlate ? this.#legsOf(callId) : []
    const folded = foldTaps([callId, ...others].flatMap((id) => this.#calls.get(id) ?? []))
    const shown = folded.slice(0, options.messagesMax)
    const summary = this.row(callId)
    const { text: verdict, evidence } = explainVerdict(
      folded,
      callStateOf(this.#calls.get(callId)!),
    )
    return {
      callId,
      verdict,
      evidence,
      summary,
      legs: [callId, ...others].map((id) => {
        const { startedAt, from, to } = this.row(id)
        return {
          callId: id,
          startedAt,
          from,
          to,
          reasons: id === callId ? [] : ['X-CID'],
          score: 1,
        }
      }),
      messages: shown.map(messageOf),
      ladder: layOutLadder(shown),
      messagesOmitted: folded.length - shown.length,
    } satisfies CallDetail
  }

  async goodCall(callId: string): Promise<GoodCall | undefined> {
    if (!this.#calls.has(callId)) return undefined
    return { call: null, shared: null, since: isoTime(1_794_000_000_000_000) }
  }

  async similarCalls(callId: string): Promise<SimilarCalls | undefined> {
    if (!this.#calls.has(callId)) return undefined
    const range = { from: isoTime(1_794_000_000_000_000), to: isoTime(1_796_000_000_000_000) }
    const counts = { total: 0, capped: false, before: 0, after: 0, sameHost: 0 }
    return { ...range, ...counts, host: null, calls: [] }
  }

  async readTrace(callIds: readonly string[]) {
    return callIds.flatMap((callId) => this.#calls.get(callId) ?? [])
  }

  async *tail(q: string, signal: AbortSignal): AsyncGenerator<TailEvent> {
    checkQuery(q)
    const waiting: TailEvent[] = []
    let wake = () => {}
    const watcher = (event: TailEvent) => {
      waiting.push(event)
      wake()
    }
    this.#watchers.add(watcher)
    signal.addEventListener('abort', () => wake())
    try {
      while (!signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        yield* waiting.splice(0)
        if (waiting.length === 0 && !signal.aborted) await promise
      }
    } finally {
      this.#watchers.delete(watcher)
    }
  }

  async ledger(): Promise<Ledger> {
    const received = [...this.#calls.values()].flat().length
    const rejected = { total: 3, byReason: { not_hep: 2, truncated: 1 } }
    return {
      ...{ received: received + 3, stored: received, pending: 0, rejected },
      ...{ dropped: { total: 0, byReason: {} }, balanced: true },
    }
  }

  readonly shares = new MemoryShares()

  row(callId: string): CallRow {
    return rowOf(callId, this.#calls.get(callId)!)
  }

  // B2BUA legs by the one convention the tests use.
  #legsOf(callId: string): string[] {
    return [...this.#calls.keys()].filter((id) => id === `${callId}_b2b`)
  }
}

function checkQuery(q: string): void {
  const match = /(\w+):/.exec(q)
  if (match && match[1] !== 'callid') throw new QueryMistake(match[1]!, match.index)
}
