// Frames on their way from a relay to a Calliope: each with what the relay saw of its arrival, so that
// the agent's address and the moment it was received survive the extra hop. The body of POST /hep with
// the type CARRIED_TYPE; all integers big-endian:
//
//    0    4   5     7           15  16
//   ┌────┬───┬─────┬───────────┬───┬──────┬──────────────┐
//   │ n  │ t │port │receivedUs │ p │ peer │ n bytes: HEP │   and again, to the end of the body
//   └────┴───┴─────┴───────────┴───┴──────┴──────────────┘
//    u32  u8  u16   f64         u8   p bytes of text
//
// t numbers the transport as the spool's TRANSPORTS do. A head that cannot be true ends the walk: nothing
// behind it can be found. What the head says is the relay's word; who takes it decides how far.
import { FRAME_BYTES_MAX } from './packet.ts'

/** The Content-Type of a body of carried frames. */
export const CARRIED_TYPE = 'application/vnd.calliope.frames'

const HEAD_BYTES = 16
const PEER_BYTES_MAX = 255

/** How a frame arrived, as the relay saw it. */
export interface Arrival {
  /** Number of the transport in the spool's list. */
  readonly transport: number
  readonly peerIp: string
  readonly peerPort: number
  readonly receivedUs: number
}

/** Bytes that `writeCarried` may need for a frame, its peer's address being ASCII. */
export const carriedBytes = (frameBytes: number, { peerIp }: Arrival): number =>
  HEAD_BYTES + Math.min(peerIp.length, PEER_BYTES_MAX) + frameBytes

/** Writes frame[from, to) with its arrival into `target` and returns the offset behind it. */
export function writeCarried(
  target: Buffer,
  at: number,
  arrival: Arrival,
  frame: Buffer,
  from = 0,
  to = frame.length,
): number {
  const { transport, peerIp, peerPort, receivedUs } = arrival
  target.writeUInt32BE(to - from, at)
  target[at + 4] = transport
  target.writeUInt16BE(peerPort & 0xffff, at + 5)
  target.writeDoubleBE(receivedUs, at + 7)
  const body = at + HEAD_BYTES
  const peerBytes = target.write(peerIp, body, Math.min(peerIp.length, PEER_BYTES_MAX), 'latin1')
  target[at + 15] = peerBytes
  return body + peerBytes + frame.copy(target, body + peerBytes, from, to)
}

/** Walks a body of carried frames; the fields are those of the frame at hand. */
export class CarriedWalk implements Arrival {
  transport = 0
  peerIp = ''
  peerPort = 0
  receivedUs = 0
  /** The frame at hand, a view into the body. */
  frame: Buffer = Buffer.alloc(0)
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  /** Goes to the next frame; false at the end, or where no frame can be. */
  next(): boolean {
    const body = this.#body
    const at = this.#at
    if (at + HEAD_BYTES > body.length) return false
    const bytes = body.readUInt32BE(at)
    const peerAt = at + HEAD_BYTES
    const frameAt = peerAt + body[at + 15]!
    if (bytes === 0 || bytes > FRAME_BYTES_MAX || frameAt + bytes > body.length) return false
    this.transport = body[at + 4]!
    this.peerPort = body.readUInt16BE(at + 5)
    this.receivedUs = body.readDoubleBE(at + 7)
    this.peerIp = body.toString('latin1', peerAt, frameAt)
    this.frame = body.subarray(frameAt, frameAt + bytes)
    this.#at = frameAt + bytes
    return true
  }

  /** Bytes that were not walked: 0 at the end of a sound body. */
  get left(): number {
    return this.#body.length - this.#at
  }
}
