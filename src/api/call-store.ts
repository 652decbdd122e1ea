// The store as the API needs it; `commands` hands one in.
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
import type { TracedMessage } from '#sip'

/** What the API needs from the store. Every call stops its database work when the signal aborts. */
export interface CallStore {
  /** Throws QueryError with the place of the mistake when `q` does not parse. */
  searchCalls(search: CallSearch, signal: AbortSignal): Promise<CallPage>
  readCall(
    callId: string,
    options: ReadCallOptions,
    signal: AbortSignal,
  ): Promise<CallDetail | undefined>
  /** Every message as traced, with bytes, for pcap export; `omitted` counts those beyond a limit. */
  readTrace(callIds: readonly string[], signal: AbortSignal): Promise<Trace>
  /** Calls as they are stored, newest last; at most `rowsMax` a tick, and says what it skipped. */
  tail(q: string, signal: AbortSignal): AsyncIterable<TailEvent>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit: number): Promise<readonly Quarantined[]>
  kpi(fromUs: number, toUs: number): Promise<readonly KpiMinute[]>
  nodes(): Promise<readonly NodeRow[]>
}

export interface Trace extends ReadonlyArray<TracedMessage> {
  readonly omitted?: number
}
