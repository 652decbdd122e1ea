// What a way out of the relay is: takes parcels, says what became of them. An outlet is one file; the
// carrier (carrier.ts) reads, spreads, waits, tries again, counts and keeps the cursor for all of them.
//
//   send resolves       every frame is where the outlet promises: acknowledged, or handed to the wire
//   send throws         OutletError, whose kind says what the carrier does next:
//
//     refused     certainly not taken, but for the frames it names    another target, or this one later
//     unknown     may have been taken (no answer, cut connection)     the same parcel to the same target
//     permanent   will never be taken, by nobody                      dropped and counted, with the reason
//
// Anything else that is thrown counts as unknown: better twice than not at all.

import type { FilterOptions } from '#filter'

/** A name that stays with a parcel through every retry. */
export interface ParcelId {
  /** One run of one destination of one relay. */
  readonly stream: string
  readonly number: number
  /** No number of this stream below it will be sent again. */
  readonly floor: number
}

/** Frames that go to one target together. */
export interface Parcel {
  readonly id: ParcelId
  readonly frames: number
  /** With `number` of a walk it names a frame for good: other cuts and runs give it the same name. */
  readonly place: { readonly spool: string; readonly lane: string; readonly file: number }
  /** Goes over the frames in the order they came in; they must not be kept after `send`. */
  walk(): FrameWalk
}

/** The frame at hand is bytes[from, to), HEP of any version, its agent's key blanked. */
export interface FrameWalk {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  readonly receivedUs: number
  /** How it came to the relay, and from whom. */
  readonly transport: string
  readonly peerIp: string
  readonly peerPort: number
  /** Which frame of its lane it is. */
  readonly number: number
  next(): boolean
}

/** What became of a parcel's frames; together they are all of them, or the first of them. */
export interface Receipt {
  /** Acknowledged, or handed to the wire. */
  readonly taken: number
  /** Looked at there and found wanting; counted and kept there. */
  readonly rejected: number
  /** The parcel is settled when this says true; false: it is in doubt. @default settled at once */
  readonly confirmed?: Promise<boolean>
}

/** Counts of frames that the receipts do not tell apart. */
export interface OutletTally {
  /** Not of the kinds it carries; they count as taken. */
  readonly skipped: number
  /** Rejected one by one, by what the other side said. */
  readonly refused: ReadonlyMap<string, number>
}

export interface Outlet {
  /** Frames are filtered otherwise from now on; only where they are looked into, in services. */
  setFilter?(options: FilterOptions): Promise<void>
  send(parcel: Parcel, target: string, signal: AbortSignal): Promise<Receipt>
  /** Whether a target takes work; without it the next parcel finds out. */
  probe?(target: string, signal: AbortSignal): Promise<boolean>
  /** The targets there are now; whoever left will not be sent to. */
  keepOnly?(targets: readonly string[]): void
  /** What it did with single frames since the process began. */
  tally?(): OutletTally
  close(): Promise<void>
}

/** Why frames were given up. */
export type RelayDropReason =
  | 'refused' // the destination will never take them
  | 'spool_damaged' // they could not be read back
  | 'backlog' // one destination fell so far behind that it would have filled the disk for all

type Trouble =
  | {
      readonly kind: 'refused'
      /** What was taken all the same. */
      readonly first?: Receipt
      readonly retryAfterMs?: number
      /** True when this is also said of every earlier try of the same parcel. */
      readonly isCertain?: boolean
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'permanent' }

/** Why a parcel was not taken. The message is for people. */
export class OutletError extends Error {
  readonly trouble: Trouble

  constructor(message: string, trouble: Trouble, cause?: unknown) {
    super(message, { cause })
    this.trouble = trouble
  }
}
