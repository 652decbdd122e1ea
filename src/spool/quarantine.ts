// A frame that failed a check, as the spool keeps it: [u16 offset][u8 reason][u8 n][n bytes of
// detail][frame]. The reason is a position in REJECT_REASONS, which only grows at its end.
import { REJECT_REASONS, type RejectReason } from '#ledger'
import type { SpoolRecord } from './record.ts'

const DETAIL_BYTES_MAX = 255
const FIXED_BYTES = 4

/** Why a frame was refused; what a decoder says of it fits as it is. */
export interface RefusedFrame {
  readonly reason: RejectReason
  /** Offset of the failing byte in the frame. */
  readonly offset: number
  /** One sentence for a person. */
  readonly detail: string
}

/** A refused frame, read back. */
export interface QuarantinedFrame extends RefusedFrame {
  readonly frame: Buffer
}

/** The bytes that stand before the frame. */
export function quarantineHead({ reason, offset, detail }: RefusedFrame): Buffer {
  const text = Buffer.from(detail).subarray(0, DETAIL_BYTES_MAX)
  const head = Buffer.alloc(FIXED_BYTES + text.length)
  head.writeUInt16LE(Math.min(Math.max(offset, 0), 0xffff), 0)
  head[2] = REJECT_REASONS.indexOf(reason)
  head[3] = text.length
  text.copy(head, FIXED_BYTES)
  return head
}

/** Takes a record of kind `quarantined` apart; `frame` is a view into it. */
export function readQuarantined({ bytes }: SpoolRecord): QuarantinedFrame {
  const begin = FIXED_BYTES + bytes[3]!
  return {
    offset: bytes.readUInt16LE(0),
    reason: REJECT_REASONS[bytes[2]!] ?? 'not_hep',
    detail: bytes.toString('utf8', FIXED_BYTES, begin),
    frame: bytes.subarray(begin),
  }
}
