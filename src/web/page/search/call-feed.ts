// The calls of one search as they come: pages from the newest to the oldest, as far as somebody
// scrolls, and what is stored meanwhile. Outlives the page, so that coming back from a call finds the
// list as it was left.
//
//   live stream ─▶ fresh ─── showFresh ──▶ ┐
//        └ changed calls, in their place ─▶ rows ◀── pages, at the end
import type { CallPage, CallRow } from '#contract'
import { apiPath, type Failure, fetchJson } from '../shell/fetch-json.ts'
import { mergeCalls } from './merge-calls.ts'
import { apiRange, type TimeRange } from './time-range.ts'

/** What is searched. */
export interface FeedQuery extends TimeRange {
  readonly q: string
}

/** Rows a list may have; more are narrowed, not scrolled. */
export const ROWS_MAX = 300_000
const FIRST_PAGE = 100
const PAGE = 1_000
/** Requests in a row that find nothing before somebody has to ask for more. */
const EMPTY_PAGES_MAX = 20
const FRESH_MAX = 5_000
const RETRY_MS = 1_500

/** One list; see `feedFor`. */
export class CallFeed {
  rows: readonly CallRow[] = []
  /** Newer than the list was when it was last looked at from the top. */
  fresh: readonly CallRow[] = []
  failure: Failure | undefined
  loading = false
  /** Whether anything was answered at all. */
  answered = false
  /** Looking back through times in which nothing matches. */
  searching = false
  /** Where the list was scrolled to, which row keys act on, and which are selected. */
  topPx = 0
  chosen: string | undefined
  marked: ReadonlySet<string> = new Set()
  readonly key: string
  readonly #query: { readonly q: string; readonly from: string; readonly to: string }
  readonly #ids = new Set<string>()
  readonly #listeners = new Set<() => void>()
  readonly #stopping = new AbortController()
  #cursor: string | null | undefined
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(query: FeedQuery) {
    this.key = keyOf(query)
    this.#query = { q: query.q, ...apiRange(query) }
  }

  get hasMore(): boolean {
    return this.#cursor !== null && this.rows.length < ROWS_MAX && this.failure === undefined
  }

  /** Whether it is narrowed to a time that is over: nothing new can come. */
  get isClosed(): boolean {
    return this.#query.to !== ''
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Fetches until rows come or the end is there. */
  async more(): Promise<void> {
    if (this.loading || !this.hasMore) return
    this.#set({ loading: true })
    for (let empty = 0; empty < EMPTY_PAGES_MAX && this.#cursor !== null; empty += 1) {
      const first = this.#cursor === undefined
      const page = await this.#fetch(first ? FIRST_PAGE : PAGE, this.#cursor)
      if (!page) return
      this.#cursor = page.nextCursor
      const calls = page.calls.filter(({ callId }) => !this.#ids.has(callId))
      for (const { callId } of calls) this.#ids.add(callId)
      // Pages come in order: they go to the end.
      this.#set({ answered: true, rows: calls.length > 0 ? [...this.rows, ...calls] : this.rows })
      if (calls.length > 0) break
      this.#set({ searching: true })
    }
    this.#set({ loading: false, searching: false })
  }

  /** What was stored while the stream was not connected. */
  async catchUp(): Promise<void> {
    if (!this.answered) return this.more()
    if (this.isClosed) return
    const page = await this.#fetch(FIRST_PAGE, undefined)
    if (page) this.add(page.calls, false)
  }

  /** Calls as they are stored; `follow` shows new ones at once. */
  add(calls: readonly CallRow[], follow: boolean): void {
    const known = calls.filter(({ callId }) => this.#ids.has(callId))
    const oldest = this.#cursor === null ? undefined : this.rows.at(-1)
    // Older ones than the list reaches come with their page.
    const strange = calls.filter(
      ({ callId, startedAt }) =>
        !this.#ids.has(callId) && (oldest === undefined || startedAt > oldest.startedAt),
    )
    const fresh = mergeCalls(this.fresh, strange).slice(0, FRESH_MAX)
    this.#set({ rows: mergeCalls(this.rows, known), fresh })
    if (follow || this.rows.length === 0) this.showFresh()
  }

  showFresh(): void {
    if (this.fresh.length === 0) return
    for (const { callId } of this.fresh) this.#ids.add(callId)
    this.#set({ rows: mergeCalls(this.rows, this.fresh), fresh: [] })
  }

  choose(callId: string | undefined): void {
    this.#set({ chosen: callId })
  }

  mark(callIds: Iterable<string>): void {
    this.#set({ marked: new Set(callIds) })
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#retry)
  }

  async #fetch(limit: number, cursor: string | null | undefined): Promise<CallPage | undefined> {
    const path = apiPath('calls', { ...this.#query, limit: String(limit), cursor: cursor ?? '' })
    const answer = await fetchJson<CallPage>(path, this.#stopping.signal)
    if (answer.kind === 'aborted') return undefined
    if (answer.kind === 'value') {
      if (this.failure) this.#set({ failure: undefined })
      return answer.value
    }
    this.#set({ failure: answer.failure, loading: false, searching: false, answered: true })
    // Only for a server that is away: any other failure would be the same again.
    if (answer.failure.code === 'server_unreachable') this.#tryAgain()
    return undefined
  }

  #tryAgain(): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.failure = undefined
      void (this.#cursor === undefined ? this.more() : this.catchUp())
    }, RETRY_MS)
  }

  #set(
    change: Partial<Pick<CallFeed, 'rows' | 'fresh' | 'failure' | 'loading' | 'answered'>> &
      Partial<Pick<CallFeed, 'searching' | 'chosen' | 'marked'>>,
  ): void {
    Object.assign(this, change)
    for (const listener of this.#listeners) listener()
  }
}

const keyOf = ({ q, from, to }: FeedQuery): string => JSON.stringify([q, from, to])

let kept: CallFeed | undefined

/** The list of this search: the one looked at last when it is the same, else a new one. */
export function feedFor(query: FeedQuery, anew = false): CallFeed {
  if (kept?.key === keyOf(query) && !anew) return kept
  kept?.stop()
  kept = new CallFeed(query)
  void kept.more()
  return kept
}
