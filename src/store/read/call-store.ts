// The read half behind one object: what the API asks for (it declares the same shape for itself).
import type { SQL } from 'bun'
import type {
  CallCountQuery,
  CallCounts,
  CallDetail,
  CallPage,
  CallSearch,
  GoodCall,
  KpiDetails,
  KpiMinute,
  Ledger,
  NodeRow,
  Quarantined,
  ReadCallOptions,
  RecentValue,
  SimilarCalls,
  Source,
  TailEvent,
} from '#contract'
import { cutCallId } from '#sip'
import { SavedSearches } from '../searches/saved-searches.ts'
import { ShareStore } from '../shares/share-store.ts'
import { countCalls, planCount } from './count-calls.ts'
import { explaining } from './explaining.ts'
import { findGood } from './find-good.ts'
import { findSimilar } from './find-similar.ts'
import { type FleetRecord, openFleetRecord } from './fleet-record.ts'
import { openQuarantine, type QuarantineKeeper, readQuarantine } from './quarantine.ts'
import { readCall } from './read-call.ts'
import { readKpi } from './read-kpi.ts'
import { readKpiDetails } from './read-kpi-details.ts'
import { type LiveLane, readLedger, readNodes } from './read-ledger.ts'
import { readSession } from './read-session.ts'
import { SourceReader } from './read-sources.ts'
import { type ExportedTrace, readTrace } from './read-trace.ts'
import { recentValues } from './recent-values.ts'
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
  countCalls(query: CallCountQuery, signal: AbortSignal): Promise<CallCounts>
  recentValues(field: string, prefix: string, signal: AbortSignal): Promise<readonly RecentValue[]>
  readCall(
    callId: string,
    options: ReadCallOptions,
    signal: AbortSignal,
  ): Promise<CallDetail | undefined>
  goodCall(callId: string, signal: AbortSignal): Promise<GoodCall | undefined>
  similarCalls(callId: string, signal: AbortSignal): Promise<SimilarCalls | undefined>
  readTrace(callIds: readonly string[], signal: AbortSignal): Promise<ExportedTrace>
  tail(q: string, signal: AbortSignal): AsyncIterable<TailEvent>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit: number): Promise<readonly Quarantined[]>
  readonly quarantineKeeper: QuarantineKeeper
  kpi(fromUs: number, toUs: number, stepSeconds?: number): Promise<readonly KpiMinute[]>
  kpiDetails(fromUs: number, toUs: number): Promise<KpiDetails>
  nodes(): Promise<readonly NodeRow[]>
  readonly fleet: FleetRecord
  readonly shares: ShareStore
  readonly searches: SavedSearches
}

/** Completion that comes later than this comes too late. */
const VALUES_MS_MAX = 2_000

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
  return explaining(sql, {
    async searchCalls(search, signal) {
      // Before a connection is taken: a mistake in the query should not wait for one.
      const plan = planSearch(search, { storedHeaders: headers })
      return readSession(sql, { signal }, (session) => searchCalls(session, plan, search.limit))
    },
    async countCalls(query, signal) {
      const plan = planCount(query, { storedHeaders: headers })
      return readSession(sql, { signal }, (session) => countCalls(session, plan))
    },
    recentValues: (field, prefix, signal) =>
      readSession(sql, { signal, statementMsMax: VALUES_MS_MAX }, (session) =>
        recentValues(session, field, prefix),
      ),
    readCall: (callId, options, signal) =>
      readSession(sql, { signal }, (session) => readCall(session, callId, options)),
    goodCall: (callId, signal) =>
      readSession(sql, { signal }, (session) => findGood(session, cutCallId(callId))),
    similarCalls: (callId, signal) =>
      readSession(sql, { signal }, (session) => findSimilar(session, cutCallId(callId))),
    readTrace: (callIds, signal) =>
      readSession(sql, { signal }, (session) => readTrace(session, callIds)),
    tail: (q, signal) => tail.watch(q, signal),
    ledger: () => readLedger(sql, liveLanes),
    sources: () => sources.read(),
    quarantine: (limit) => readQuarantine(sql, limit),
    quarantineKeeper: explaining(sql, openQuarantine(sql)),
    kpi: (fromUs, toUs, stepSeconds) => readKpi(sql, fromUs, toUs, stepSeconds),
    kpiDetails: (fromUs, toUs) => readKpiDetails(sql, fromUs, toUs),
    nodes: () => readNodes(sql, liveLanes),
    fleet: explaining(sql, openFleetRecord(sql)),
    shares: explaining(sql, new ShareStore(sql)),
    searches: explaining(sql, new SavedSearches(sql)),
  })
}
