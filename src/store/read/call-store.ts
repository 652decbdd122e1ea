// The read half behind one object: what the API asks for (it declares the same shape for itself).
import type { SQL } from 'bun'
import type {
  CallDetail,
  CallPage,
  CallSearch,
  KpiMinute,
  Ledger,
  NodeRow,
  Quarantined,
  ReadCallOptions,
  Source,
  TailEvent,
} from '#contract'
import { readCall } from './read-call.ts'
import { readKpi } from './read-kpi.ts'
import { type LiveLane, readLedger, readNodes } from './read-ledger.ts'
import { readSession } from './read-session.ts'
import { readQuarantine, SourceReader } from './read-sources.ts'
import { type ExportedTrace, readTrace } from './read-trace.ts'
import { planSearch, searchCalls } from './search-calls.ts'
import { CallTail } from './tail-calls.ts'

export interface OpenCallStoreOptions {
  /** A pool of its own is best: each request holds one connection while it runs. */
  readonly sql: SQL
  /** Headers the writer keeps in the rows; others are looked for in the messages. @default none */
  readonly storedHeaders?: readonly string[]
  /** The counters of this process's own lanes; makes its part of the ledger exact. @default none */
  readonly liveLanes?: () => readonly LiveLane[]
  /** How often the live tail looks for what is new. @default 400 */
  readonly tailEveryMs?: number
}

/** Search, calls, exports, live tail, ledger and the state of the capture, from one database. */
export interface OpenedCallStore {
  searchCalls(search: CallSearch, signal: AbortSignal): Promise<CallPage>
  readCall(
    callId: string,
    options: ReadCallOptions,
    signal: AbortSignal,
  ): Promise<CallDetail | undefined>
  readTrace(callIds: readonly string[], signal: AbortSignal): Promise<ExportedTrace>
  tail(q: string, signal: AbortSignal): AsyncIterable<TailEvent>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit: number): Promise<readonly Quarantined[]>
  kpi(fromUs: number, toUs: number): Promise<readonly KpiMinute[]>
  nodes(): Promise<readonly NodeRow[]>
}

/** The read side of a database; nothing is opened and nothing has to be closed but `sql` itself. */
export function openCallStore({
  sql,
  storedHeaders = [],
  liveLanes = () => [],
  tailEveryMs,
}: OpenCallStoreOptions): OpenedCallStore {
  const headers = new Set(storedHeaders.map((name) => name.toLowerCase()))
  const tail = new CallTail(sql, headers, tailEveryMs)
  const sources = new SourceReader(sql)
  return {
    async searchCalls(search, signal) {
      // Before a connection is taken: a mistake in the query should not wait for one.
      const plan = planSearch(search, { storedHeaders: headers })
      return readSession(sql, { signal }, (session) => searchCalls(session, plan, search.limit))
    },
    readCall: (callId, options, signal) =>
      readSession(sql, { signal }, (session) => readCall(session, callId, options)),
    readTrace: (callIds, signal) =>
      readSession(sql, { signal }, (session) => readTrace(session, callIds)),
    tail: (q, signal) => tail.watch(q, signal),
    ledger: () => readLedger(sql, liveLanes),
    sources: () => sources.read(),
    quarantine: (limit) => readQuarantine(sql, limit),
    kpi: (fromUs, toUs) => readKpi(sql, fromUs, toUs),
    nodes: () => readNodes(sql, liveLanes),
  }
}
