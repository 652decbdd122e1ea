// What main and a lane's thread say to each other. All of it is plain data: it is copied across.
//
//   main                      lane's thread
//   start(setup)  ──────────▶ opens the lane, then its sockets
//                 ◀────────── listening(addresses) | failed(error)
//                 ◀────────── warned(peer) at any time
//   pause, stop=1 ──────────▶ closes its sockets, takes in what had come, syncs the lane
//                 ◀────────── paused
//   close         ──────────▶ the same if not done yet, closes the lane, ends
import type { LaneOptions } from '#spool'
import type { AccessPolicy } from './admission.ts'
import type { ConnectionLimits } from './connection-room.ts'
import type { IntakeErrorCode } from './intake-error.ts'
import type { Address } from './listener.ts'
import type { PeerWarning } from './peer-log.ts'
import type { ConnectionRules } from './stream-connection.ts'
import type { TlsFiles } from './tls-files.ts'

/** The spool as a lane's thread opens it; lane and ledger are intake's business. */
export type LaneStorage = Omit<LaneOptions, 'lane' | 'ledger' | 'now'>

export interface UdpSetup {
  readonly kind: 'udp'
  readonly address: Address
  readonly sharePort: boolean
  readonly receiveBufferBytes: number
}

export interface StreamsSetup {
  readonly kind: 'streams'
  readonly tcp: Address | undefined
  readonly tls: Address | undefined
  readonly ws: Address | undefined
  readonly tlsFiles: TlsFiles
  readonly tlsFilesCheckMs: number
  readonly rules: ConnectionRules
  readonly limits: ConnectionLimits
  readonly partialBytesMax: number
  readonly ageMs: number
  readonly ageJitter: number
}

export interface LaneSetup {
  readonly lane: string
  readonly storage: LaneStorage
  readonly policy: AccessPolicy
  readonly sockets: UdpSetup | StreamsSetup
  readonly ledgerMemory: SharedArrayBuffer
  readonly countersMemory: SharedArrayBuffer
  /** One 32-bit flag: not 0 when the lane is to stop listening. A flooded thread gets no messages. */
  readonly stopMemory: SharedArrayBuffer
}

/** Where each transport of a lane listens. */
export type BoundAddresses = Partial<Record<'udp' | 'tcp' | 'tls' | 'ws', Address>>

export type ToLane =
  | { readonly kind: 'start'; readonly setup: LaneSetup }
  | { readonly kind: 'pause' }
  | { readonly kind: 'close' }

export type FromLane =
  | { readonly kind: 'listening'; readonly addresses: BoundAddresses }
  | { readonly kind: 'failed'; readonly code: IntakeErrorCode; readonly message: string }
  | { readonly kind: 'paused' }
  /** As often as the log says so. */
  | { readonly kind: 'warned'; readonly warning: PeerWarning }
