// The overview's tables, and what the ingest doctor gets to know and to do. Part of contract.ts.
import type { KpiMinute } from './contract.ts'
import type { RejectReason } from './ledger.ts'

/** A host that decided calls: it sent the 2xx, the failure or the 487. */
export interface KpiHost {
  readonly host: string
  readonly answered: number
  readonly failed: number
  readonly cancelled: number
  /** By status code. */
  readonly failures: Readonly<Record<string, number>>
}

/** A status code that ended calls, over all hosts. */
export interface KpiCode {
  readonly code: number
  readonly count: number
}

/** How a talker is named: From user, To user, address of the first INVITE, User-Agent. */
export type TalkerKind = 'from' | 'to' | 'source' | 'agent'

/** Who made many calls, or got them. */
export interface KpiTalker {
  readonly kind: TalkerKind
  readonly name: string
  readonly attempts: number
  /** Null for agents: a response does not name the caller's. */
  readonly answered: number | null
  readonly failed: number | null
}

/** The most frequent of a range, most frequent first. */
export interface KpiDetails {
  readonly hosts: readonly KpiHost[]
  readonly talkers: readonly KpiTalker[]
}

/** The answer of /api/v1/kpi; tables only as asked for with `by`. */
export interface Kpi {
  /** What was counted: the whole minutes that begin in the range asked for. The last may be going on. */
  readonly from: string
  readonly to: string
  readonly minutes: readonly KpiMinute[]
  readonly stepSeconds: number
  /** The whole range as one row; null when nothing was captured in it. */
  readonly total?: KpiMinute | null
  readonly codes?: readonly KpiCode[]
  readonly hosts?: readonly KpiHost[]
  readonly talkers?: readonly KpiTalker[]
}

/** What came of trying a quarantined frame again. */
export type QuarantineRetry =
  | { readonly outcome: 'accepted' }
  | {
      /** Today's rules refuse it as well. */
      readonly outcome: 'refused'
      readonly reason: RejectReason
      readonly byteOffset: number
      readonly detail: string
    }

/** How this node's sockets are: for when nothing arrives. */
export interface IngestState {
  /** Datagrams and stream bytes that reached the sockets at all. */
  readonly udpDatagrams: number
  readonly streamBytes: number
  readonly connectionsOpen: number
  readonly connectionsRefused: number
  readonly connectionsExpelled: number
  readonly kernelDrops: number
  readonly receiveBufferAskedBytes: number
  readonly receiveBufferGrantedBytes: number
  /** The newest connection that was turned away or cut, and why. */
  readonly lastRefused: RefusedConnection | null
}

export interface RefusedConnection {
  readonly at: string
  readonly peer: string
  readonly transport: string
  readonly why: string
}

/** Generated traffic for an empty system. */
export interface DemoState {
  readonly state: 'idle' | 'running' | 'done' | 'failed'
  /** Frames so far. */
  readonly sent: number
  /** 0 to 1. */
  readonly progress: number
  /** Why it failed; empty otherwise. */
  readonly error: string
}
