// What the spool keeps for each frame, and where a reader stands.

/**
 * How a frame reached us; `import`: it was stored elsewhere before, and its time is believed however long
 * ago. The numbers are in the files: add at the end, never renumber.
 */
export const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'http', 'relay', 'import'] as const
export type Transport = (typeof TRANSPORTS)[number]

/** A frame as intake hands it over. The spool copies the bytes before `append` returns. */
export interface IncomingFrame {
  readonly receivedUs: number
  readonly transport: Transport
  readonly peerIp: string
  readonly peerPort: number
  readonly bytes: Buffer
}

/**
 * `frame`: a HEP frame that passed the checks.
 * `quarantined`: one that did not, kept for people to look at, with the reason before it in its bytes:
 * `readQuarantined` takes them apart. Only frames count in the ledger.
 */
export type RecordKind = 'frame' | 'quarantined'

export interface SpoolRecord extends IncomingFrame {
  readonly kind: RecordKind
}

/** A place in a lane: everything before it has been passed. */
export interface Cursor {
  /** Number in the file's name, rising from 1. */
  readonly file: number
  /** Byte offset of the next batch in that file. */
  readonly offset: number
  /** Frames of this lane before this place, since the lane was made. */
  readonly records: number
}
