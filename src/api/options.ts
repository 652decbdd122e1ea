// What the API is given. It knows neither the store nor the intake: `commands` joins them.
import type { DemoState, FleetPolicy, IngestState, Quarantined } from '#contract'
import type { CallStore } from './call-store.ts'
import type { LoginOptions } from './options-people.ts'
import type { People } from './people.ts'

/** Who is at the other end of the connection. */
export interface Peer {
  readonly ip: string
  readonly port: number
}

/** A file of the screen, ready to send. */
export interface StaticFile {
  /** As requested, '/' or '/page-1a2b3c.js'. */
  readonly path: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** True when the name changes with the content, so that it may be kept for ever. */
  readonly immutable: boolean
  /** Other paths it stands at. */
  readonly also?: RegExp
}

/** What somebody would send here: anything, or HEP, which waits in the spool for the database. */
export type Work = 'all' | 'hep'

/** Whether work may be sent here. */
export interface Readiness {
  readonly ready: boolean
  /** What is not there yet, a sentence each; empty when ready. */
  readonly missing: readonly string[]
}

/** What the screen shows while nothing has arrived: who we are and where HEP goes. */
export interface About {
  readonly version: string
  readonly hep: readonly { readonly transport: string; readonly address: string }[]
  /** Which tables messages go to: calls, homer7; absent where none are written. */
  readonly layouts?: readonly string[]
  /** Where homer7's tables are: USER@HOST:PORT/NAME. */
  readonly homer7?: string
}

/** Takes `POST /hep`. */
export interface HepDoor {
  /** `token`: like everything else. `agent-keys`: open, because each frame must carry a key. */
  readonly access: 'token' | 'agent-keys'
  handle(request: Request, peer: Peer): Promise<Response>
}

/** A frame as it arrived, from the quarantine. */
export interface RetriedFrame {
  readonly receivedUs: number
  readonly transport: string
  readonly peerIp: string
  readonly peerPort: number
  readonly bytes: Buffer
}

/** What the intake made of it: `accepted` means on the disk, `unavailable` that it may work later. */
export type RetryOutcome =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused'
      readonly fault: Pick<Quarantined, 'reason' | 'detail'> & { readonly offset: number }
    }
  | { readonly kind: 'unavailable'; readonly why: string }

/** Generated traffic for an empty system. */
export interface Demo {
  state(): DemoState
  /** Begins; `state` tells how it goes. */
  start(): void
}

/** What `startApi` is given: where to listen, whom to let in, and the rooms behind it. */
export interface ApiOptions {
  readonly store: CallStore
  /** Users, tokens and settings; without it nobody can log in but by `token`. */
  readonly people?: People
  /** How long the configuration says calls are kept. */
  readonly retention?: { readonly hours: number; readonly bytesMax: number }
  /** How people log in. */
  readonly login?: LoginOptions
  readonly hostname: string
  /** 0 takes a free one. */
  readonly port: number
  /** Bearer token, or the password of any user; empty = none, allowed on loopback only. */
  readonly token?: string
  /** Names by which a browser may call us when no token protects us. */
  readonly hosts?: readonly string[]
  readonly readiness: (work: Work) => Readiness | Promise<Readiness>
  readonly about?: () => About
  readonly hep?: HepDoor
  /** Takes a quarantined frame once more; absent where no HEP is taken. */
  readonly retryFrame?: (frame: RetriedFrame) => Promise<RetryOutcome>
  /** How the sockets are; absent where there are none. */
  readonly ingest?: () => IngestState
  readonly demo?: Demo
  /** The policy the fleet is scaled by, as far as this server was told. */
  readonly fleetPolicy?: () => FleetPolicy | undefined
  readonly files?: readonly StaticFile[]
  /** Longest a request may take. @default 60000 */
  readonly requestMsMax?: number
  /** Comment lines on an idle live stream, so that proxies keep it. @default 15000 */
  readonly heartbeatMs?: number
  /** Largest body of `POST /hep`. @default 16 MiB */
  readonly bodyBytesMax?: number
}
