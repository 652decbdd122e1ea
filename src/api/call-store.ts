// The store as the API needs it; `commands` hands one in. The shapes belong to who asks: the room `store`
// declares its own, which fit, so that neither imports the other.
import type {
  CallCountQuery,
  CallCounts,
  CallDetail,
  CallPage,
  CallSearch,
  FleetEvent,
  FleetPoint,
  GoodCall,
  KpiDetails,
  KpiMinute,
  Ledger,
  NewFleetEvent,
  NodeRow,
  Quarantined,
  ReadCallOptions,
  RecentValue,
  SavedSearch,
  Share,
  ShareRedaction,
  SimilarCalls,
  Source,
  TailEvent,
} from '#contract'
import type { TracedMessage } from '#sip'

/** What the API needs from the store. Every call stops its database work when the signal aborts. */
export interface CallStore {
  /** Throws QueryError with the place of the mistake when `q` does not parse. */
  searchCalls(search: CallSearch, signal: AbortSignal): Promise<CallPage>
  /** How many match, by bucket and outcome; says when it looked at a part only. Throws as a search. */
  countCalls(query: CallCountQuery, signal: AbortSignal): Promise<CallCounts>
  /** What a field of the query language held lately; nothing for a field without values. */
  recentValues(field: string, prefix: string, signal: AbortSignal): Promise<readonly RecentValue[]>
  readCall(
    callId: string,
    options: ReadCallOptions,
    signal: AbortSignal,
  ): Promise<CallDetail | undefined>
  /** The last good call before this one; undefined when this one is not stored. */
  goodCall(callId: string, signal: AbortSignal): Promise<GoodCall | undefined>
  /** Calls that failed as this one did; undefined when this one is not stored. */
  similarCalls(callId: string, signal: AbortSignal): Promise<SimilarCalls | undefined>
  /** Every message as traced, with bytes, for pcap export; `omitted` counts those beyond a limit. */
  readTrace(callIds: readonly string[], signal: AbortSignal): Promise<Trace>
  /** Calls as they are stored, newest last; at most `rowsMax` a tick, and says what it skipped. */
  tail(q: string, signal: AbortSignal): AsyncIterable<TailEvent>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit: number): Promise<readonly Quarantined[]>
  readonly quarantineKeeper: QuarantineKeeper
  /** One row a step (a minute unless given, 0 = the whole range) in which something happened. */
  kpi(fromUs: number, toUs: number, stepSeconds?: number): Promise<readonly KpiMinute[]>
  kpiDetails(fromUs: number, toUs: number): Promise<KpiDetails>
  nodes(): Promise<readonly NodeRow[]>
  readonly fleet: FleetRecord
  readonly shares: ShareKeeper
  readonly searches: SearchKeeper
}

/**
 * What may be done with a quarantined frame. A retry claims it, then removes it or gives it back.
 * Never masked: `find` is for trying again, not for showing.
 */
export interface QuarantineKeeper {
  find(id: string): Promise<Quarantined | undefined>
  /** False when it is gone or, unless `force`, being tried already. */
  claim(id: string, options: { readonly force: boolean }): Promise<boolean>
  release(
    id: string,
    refused?: Pick<Quarantined, 'reason' | 'detail' | 'byteOffset'>,
  ): Promise<void>
  remove(id: string): Promise<boolean>
}

/** What the nodes did over time. */
export interface FleetRecord {
  /** Steps in which a node was there, oldest first. */
  points(fromUs: number, toUs: number, stepSeconds: number): Promise<readonly FleetPoint[]>
  /** Newest first. */
  events(fromUs: number, toUs: number, limit: number): Promise<readonly FleetEvent[]>
  /** Packets dropped within the last minute, by node. */
  droppedLately(): Promise<ReadonlyMap<string, number>>
  /** Events about the fleet that a node cannot know. */
  tell(event: NewFleetEvent): Promise<void>
}

/** Saved searches. */
export interface SearchKeeper {
  /** One's own and what others share. */
  list(owner: string): Promise<readonly SavedSearch[]>
  /** Replaces one of the same name; undefined when the owner has too many. */
  save(search: Omit<SavedSearch, 'id' | 'createdAt'>): Promise<SavedSearch | undefined>
  /** Undefined owner = anybody's; false when there is none. */
  remove(id: string, owner: string | undefined): Promise<boolean>
}

/** Share links: kept by the hash of their token, with what they show. */
export interface ShareKeeper {
  create(share: NewShare): Promise<Share>
  /** Undefined for a token nobody was given; `snapshot` undefined once the link is over. */
  open(
    tokenHash: Buffer,
  ): Promise<{ readonly share: Share; readonly snapshot: string | undefined } | undefined>
  /** Of one person, or of everybody. */
  list(createdBy: string | undefined): Promise<readonly Share[]>
  /** Undefined when there is no such link, or none of that person. */
  revoke(id: string, createdBy: string | undefined): Promise<Share | undefined>
}

/** A link about to be made. */
export interface NewShare {
  readonly id: string
  readonly tokenHash: Buffer
  readonly callId: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly redact: ShareRedaction
  /** What is shown, as JSON. */
  readonly snapshot: string
}

export interface Trace extends ReadonlyArray<TracedMessage> {
  readonly omitted?: number
}
