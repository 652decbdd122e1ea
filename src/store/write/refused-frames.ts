// Frames that were refused, kept for people to look at: so many of a batch, each cut, without the agent's key.
import { blankAuthKey } from '#hep'
import type { RejectReason } from '#ledger'
import type { SpoolRecord } from '#spool'
import type { Refused } from './trace.ts'

export interface QuarantineRow {
  readonly receivedUs: number
  readonly transport: string
  readonly peer: string
  readonly reason: RejectReason
  readonly detail: string
  readonly offset: number
  readonly frame: Buffer
}

/** One batch keeps no more than this; all are counted. */
const ROWS_MAX = 1_000
const FRAME_BYTES_MAX = 16_384

export class RefusedFrames {
  readonly rows: QuarantineRow[] = []

  /** Keeps a frame, if there is room. */
  keep(
    { receivedUs, transport, peerIp, peerPort }: Omit<SpoolRecord, 'bytes' | 'kind'>,
    { reason, offset, detail }: Pick<Refused, 'reason' | 'offset' | 'detail'>,
    frame: Buffer,
  ): void {
    if (this.rows.length >= ROWS_MAX) return
    this.rows.push({
      ...{ receivedUs, transport, reason, offset, detail },
      peer: peerIp.includes(':') ? `[${peerIp}]:${peerPort}` : `${peerIp}:${peerPort}`,
      frame: Buffer.from(blankAuthKey(frame).subarray(0, FRAME_BYTES_MAX)),
    })
  }
}
