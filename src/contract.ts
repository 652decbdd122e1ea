// The shapes the outside sees (HTTP API, command line). Ground floor: the store builds them, the API
// sends them, the page shows them. Times are RFC 3339 UTC with microseconds. Grows only by addition.
import type { MessageReport } from './contract-media.ts'
import type { DropReason, RejectReason } from './ledger.ts'

export type * from './contract-fleet.ts'
export type * from './contract-kpi.ts'
export type * from './contract-media.ts'
export type * from './contract-people.ts'
export type * from './contract-search.ts'
export type * from './contract-shares.ts'

/** How a call stands, in the words of the trade. `q=outcome:failed` searches it. */
export const OUTCOMES = [
  'trying', // INVITE seen, nothing decided
  'ringing', // 18x seen, nothing decided
  'answered', // 2xx seen, no BYE yet: the call is up
  'completed', // 2xx and BYE
  'cancelled', // the caller gave up (CANCEL or 487)
  'busy', // 486 or 600
  'rejected', // 403, 603, 607, 608 …: somebody said no
  'unanswered', // 408, 480: nobody there
  'failed', // any other 3xx–6xx that ended it
  'auth-failed', // challenged, and nothing after it
  'registered', // REGISTER answered with 2xx
  'ok', // any other request answered with 2xx
  'unknown', // no request seen
] as const
export type Outcome = (typeof OUTCOMES)[number]

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
  /** The worst MOS anybody reported of its media, 1 to 5; null when nobody did. */
  readonly mos: number | null
  readonly messageCount: number
  readonly userAgent: string
  readonly srcIp: string
  readonly dstIp: string
  /** HEP protocol type: 1 for SIP. */
  readonly protocol: number
  /**
   * Only part of this call was summed up: it began before the range that was searched, or its
   * Call-ID was used for too many messages. Opening the call shows more.
   */
  readonly partial?: true
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
  /** What it reports: of media, DNS, ISUP, logs. */
  readonly report?: MessageReport
  /** Why it is here though it names no call: 'media address 10.0.0.1:4001'. */
  readonly linkedBy?: string
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
  /** A call of its own, here because it was asked for with the first one (`with=`). */
  readonly merged?: true
}

/** Words of a verdict and the message they rest on. */
export interface VerdictEvidence {
  /** Where the words begin in the verdict, in characters. */
  readonly at: number
  readonly text: string
  /** Index into messages. */
  readonly message: number
}

export interface CallDetail {
  readonly callId: string
  /** One sentence on how the call went and why. */
  readonly verdict: string
  /** Which messages say so, in the order of the words. */
  readonly evidence: readonly VerdictEvidence[]
  readonly summary: CallRow
  readonly legs: readonly Leg[]
  readonly messages: readonly CallMessage[]
  readonly ladder: {
    readonly columns: readonly LadderColumn[]
    readonly arrows: readonly LadderArrow[]
  }
  /** Messages left out because the call has more than the limit; 0 = whole. */
  readonly messagesOmitted: number
  /** Call-IDs asked for with this one that are not stored; absent when there are none. */
  readonly missing?: readonly string[]
}

export interface Ledger {
  readonly received: number
  readonly stored: number
  readonly pending: number
  readonly rejected: {
    readonly total: number
    readonly byReason: Partial<Record<RejectReason, number>>
  }
  readonly dropped: {
    readonly total: number
    readonly byReason: Partial<Record<DropReason, number>>
  }
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
  /** Refused frames by reason. */
  readonly reasons: Partial<Record<RejectReason, number>>
  /** Frames with the time and length of another one. */
  readonly duplicates: number
  /** SIP messages whose body is shorter than their Content-Length. */
  readonly truncated: number
  /** Frames of more than 1,300 bytes: over UDP some paths cut or lose them. */
  readonly large: number
  /** Packets in each of the last 60 minutes, the current one last. */
  readonly recent: readonly number[]
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
  /** Since when it is being tried again; null when it is not. */
  readonly retryAt: string | null
}

export interface KpiMinute {
  /** Where the minute, or the longer step that was asked for, begins. */
  readonly minute: string
  readonly attempts: number
  readonly answered: number
  readonly failed: number
  readonly cancelled: number
  readonly registrations: number
  readonly registered: number
  /** Answered with 3xx–6xx, challenges not counted. */
  readonly registrationsFailed: number
  readonly messages: number
  /** Answer-seizure ratio, percent; null without attempts. */
  readonly asr: number | null
  /** Network effectiveness ratio (ITU-T E.411), percent: answered, busy and unanswered count. */
  readonly ner: number | null
  /** Session establishment effectiveness ratio (RFC 6076 §4.7), percent. */
  readonly seer: number | null
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

export interface ReadCallOptions {
  /** Join other legs of the same call. @default true */
  readonly correlate: boolean
  /** @default 5000 */
  readonly messagesMax: number
  /** Other calls to show in the same ladder. @default none */
  readonly with?: readonly string[]
}

export type TailEvent =
  | { readonly kind: 'call'; readonly call: CallRow }
  | { readonly kind: 'skipped'; readonly count: number }
