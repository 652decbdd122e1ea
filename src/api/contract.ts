// What the API answers, and the store it needs to do so (the store room implements CallStore).
// Times in these shapes are RFC 3339 UTC with microseconds. The contract grows only by addition.
import type { DropReason, RejectReason } from '#ledger'
import type { Outcome } from '#sip'

export interface CallRow {
  readonly callId: string
  readonly startedAt: string
  readonly endedAt: string
  readonly from: string
  readonly to: string
  readonly method: string
  /** Final status, else the last provisional or challenge; null before any response. */
  readonly status: number | null
  readonly outcome: Outcome
  /** INVITE to first ringing or answer; null when neither came. */
  readonly setupMs: number | null
  /** Answer to BYE; null unless answered. */
  readonly durationMs: number | null
  readonly messageCount: number
  readonly userAgent: string
  readonly srcIp: string
  readonly dstIp: string
  /** HEP protocol type: 1 for SIP. */
  readonly protocol: number
}

export interface CallPage {
  readonly calls: readonly CallRow[]
  /** Hand back as `cursor=` for the next, older page; null when there is none. */
  readonly nextCursor: string | null
}

export interface Endpoint {
  readonly ip: string
  readonly port: number
}

/** One sighting of a message: where it was captured and when that agent saw it. */
export interface Tap {
  readonly at: string
  readonly captureId: number
  readonly capturedBy: string
  readonly receivedAt: string
  /** True when the agent's clock was absurd and `at` is our receive time. */
  readonly clockClamped: boolean
}

export interface CallMessage {
  readonly at: string
  readonly src: Endpoint
  readonly dst: Endpoint
  readonly transport: string
  /** 'INVITE', '200 OK', 'RTCP', 'log' … */
  readonly label: string
  readonly cseq: string
  /** The payload as text; bytes that are not UTF-8 become U+FFFD (pcap export has the bytes). */
  readonly raw: string
  readonly taps: readonly Tap[]
  readonly callId: string
  readonly protocol: number
}

export interface LadderColumn {
  /** 'ip' or 'ip:port' when one host uses several SIP ports in the call. */
  readonly label: string
  readonly ip: string
}

export interface LadderArrow {
  /** Index into messages. */
  readonly message: number
  readonly from: number
  readonly to: number
  readonly label: string
  /** Milliseconds since the first arrow. */
  readonly atMs: number
  /** Index of the arrow this one retransmits. */
  readonly repeatOf: number | null
  readonly kind: 'request' | 'provisional' | 'success' | 'failure' | 'other'
  /** SDP offered or answered in it. */
  readonly sdp: string | null
}

/** A Call-ID that belongs to the same call, and why we think so. */
export interface Leg {
  readonly callId: string
  readonly startedAt: string
  readonly from: string
  readonly to: string
  /** Why this leg was joined; empty for the one asked for. */
  readonly reasons: readonly string[]
  /** 0 to 1: 1 for an explicit identifier, lower for likeness. */
  readonly score: number
}

export interface CallDetail {
  readonly callId: string
  /** One sentence on how the call went and why. */
  readonly verdict: string
  readonly summary: CallRow
  readonly legs: readonly Leg[]
  readonly messages: readonly CallMessage[]
  readonly ladder: { readonly columns: readonly LadderColumn[]; readonly arrows: readonly LadderArrow[] }
  /** Messages left out because the call has more than the limit; 0 = whole. */
  readonly messagesOmitted: number
}

export interface Ledger {
  readonly received: number
  readonly stored: number
  readonly pending: number
  readonly rejected: { readonly total: number; readonly byReason: Partial<Record<RejectReason, number>> }
  readonly dropped: { readonly total: number; readonly byReason: Partial<Record<DropReason, number>> }
  /** received = stored + rejected + dropped + pending, checked, not assumed. */
  readonly balanced: boolean
}

export interface Source {
  readonly node: string
  readonly peer: string
  readonly transport: string
  readonly captureId: number
  readonly capturedBy: string
  readonly hepVersion: number
  readonly packets: number
  readonly bytes: number
  readonly rejected: number
  readonly packetsPerSecond: number
  readonly clockSkewMs: number
  readonly largestBytes: number
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

export interface Quarantined {
  readonly id: string
  readonly receivedAt: string
  readonly node: string
  readonly transport: string
  readonly peer: string
  readonly reason: RejectReason
  readonly detail: string
  readonly byteOffset: number
  /** Base64 of the frame, auth key blanked. */
  readonly frame: string
}

export interface KpiMinute {
  readonly minute: string
  readonly attempts: number
  readonly answered: number
  readonly failed: number
  readonly cancelled: number
  readonly registrations: number
  readonly registered: number
  readonly messages: number
  /** Answer-seizure ratio, percent; null without attempts. */
  readonly asr: number | null
  /** Network effectiveness ratio (ITU-T E.411), percent: answered, busy and unanswered count. */
  readonly ner: number | null
  readonly setupMsMean: number | null
  readonly setupMsP50: number | null
  readonly setupMsP95: number | null
  readonly failures: Readonly<Record<string, number>>
}

export interface NodeRow {
  readonly node: string
  readonly version: string
  readonly state: 'starting' | 'ready' | 'draining' | 'stopped' | 'lost'
  readonly startedAt: string
  readonly heartbeatAt: string
  readonly ledger: Ledger
  readonly signals: Readonly<Record<string, number>>
}

export interface CallSearch {
  /** Query language text, see docs/search.md; empty = everything. */
  readonly q: string
  readonly fromUs: number | undefined
  readonly toUs: number | undefined
  readonly limit: number
  readonly cursor: string | undefined
}

/** What the API needs from the store. Every call stops its database work when the signal aborts. */
export interface CallStore {
  /** Throws QueryError with the place of the mistake when `q` does not parse. */
  searchCalls(search: CallSearch, signal: AbortSignal): Promise<CallPage>
  readCall(callId: string, options: ReadCallOptions, signal: AbortSignal): Promise<CallDetail | undefined>
  /** Every message as traced, with bytes, for pcap and text export. */
  readTrace(callIds: readonly string[], signal: AbortSignal): Promise<readonly import('#sip').TracedMessage[]>
  /** Calls as they are stored, newest last; at most `rowsMax` a tick, and says what it skipped. */
  tail(q: string, signal: AbortSignal): AsyncIterable<TailEvent>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit: number): Promise<readonly Quarantined[]>
  kpi(fromUs: number, toUs: number): Promise<readonly KpiMinute[]>
  nodes(): Promise<readonly NodeRow[]>
}

export interface ReadCallOptions {
  /** Join other legs of the same call. @default true */
  readonly correlate: boolean
  /** @default 5000 */
  readonly messagesMax: number
}

export type TailEvent =
  | { readonly kind: 'call'; readonly call: CallRow }
  | { readonly kind: 'skipped'; readonly count: number }
