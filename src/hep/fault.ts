// The sentences people read in the quarantine: what was expected at a byte and what stood there.
// Nothing here is on the hot path. A frame's bytes are quoted only where no key can stand.
import type { RejectReason } from '#ledger'
import { CHUNKS_MAX, FIXED_BYTES, HEAD_BYTES, u16 } from './chunks.ts'
import type { MalformedHep } from './packet.ts'

export const malformed = (reason: RejectReason, offset: number, detail: string): MalformedHep => ({
  kind: 'malformed',
  reason,
  offset,
  detail,
})

/** Names what stands where HEP should: most often another protocol sent to this port. */
export const notHep = (frame: Buffer): MalformedHep =>
  malformed('not_hep', 0, `Expected 'HEP3', HEP version 1 or 2, or gzip; ${whatStands(frame)}.`)

/** As notHep, for a stream, where only HEP3 says how long it is. */
export function notHepInStream(bytes: Buffer): MalformedHep {
  const old = (bytes[0] === 1 || bytes[0] === 2) && (bytes[1] === 16 || bytes[1] === 40)
  const found = old
    ? `these look like HEP version ${bytes[0]}, which has no length and so cannot be told apart ` +
      'on a stream: send it over UDP, or switch the agent to version 3'
    : bytes[0] === 0x1f && bytes[1] === 0x8b
      ? "this is gzip, which has no length on a stream: send gzip'd frames over UDP or WebSocket"
      : whatStands(bytes)
  return malformed('not_hep', 0, `Expected 'HEP3' at the start of a frame; ${found}.`)
}

function whatStands(bytes: Buffer): string {
  if (bytes.length === 0) return 'the frame is empty'
  if (bytes.every((byte) => byte === 0 || byte === 13 || byte === 10)) return 'this is a keep-alive'
  if (bytes[0] === 0x16 && bytes[1] === 3) return 'this is TLS: the port expects plain HEP'
  const start = bytes.toString('latin1', 0, 64)
  if (/^(GET|POST|PUT|HEAD|OPTIONS) \S+ HTTP\//.test(start)) return 'this is an HTTP request'
  if (/^SIP\/2\.0 \d|^[A-Z]+ (sips?|tel):/.test(start))
    return 'this is SIP itself: mirror it as HEP instead of sending it here'
  return `the frame begins with ${bytes.subarray(0, 4).toString('hex')} (hex)`
}

/** The frame's bytes and its length field disagree. */
export function lengthFault(frame: Buffer): MalformedHep {
  if (frame.length < HEAD_BYTES)
    return malformed('truncated', frame.length, `A HEP3 frame ends after ${frame.length} bytes.`)
  const total = u16(frame, 4)
  const sizes = `the length field says ${total} bytes, ${frame.length} came`
  return frame.length < total
    ? malformed('truncated', frame.length, `The frame is cut short: ${sizes}.`)
    : malformed('length_mismatch', 4, `The frame is longer than it says: ${sizes}.`)
}

export const noPayload = (offset: number): MalformedHep =>
  malformed('no_payload', offset, 'The frame carries no payload, so there is nothing to store.')

export const tooManyChunks = (at: number): MalformedHep =>
  malformed('bad_chunk', at, `The frame has more than ${CHUNKS_MAX} chunks.`)

/** Says which rule the chunk at `at` breaks; the caller has found that one is broken. */
export function chunkFault(frame: Buffer, at: number, total: number): MalformedHep {
  const left = total - at
  if (left < HEAD_BYTES)
    return malformed('bad_chunk', at, `A chunk header takes 6 bytes, only ${left} are left.`)
  const vendor = u16(frame, at)
  const type = u16(frame, at + 2)
  const bytes = u16(frame, at + 4)
  const name = vendor === 0 ? `Chunk ${type}` : `Chunk ${type} of vendor ${vendor}`
  if (vendor === 0x4845 && type === 0x5033)
    return malformed('bad_chunk', at, 'Another frame begins here: the length field is too large.')
  if (bytes < HEAD_BYTES)
    return malformed('bad_chunk', at + 4, `${name} says it has ${bytes} bytes, fewer than 6.`)
  if (bytes > left)
    return malformed('bad_chunk', at + 4, `${name} says it has ${bytes} bytes, ${left} are left.`)
  const detail = `${name} has ${bytes} bytes, its type always has ${FIXED_BYTES[type]}.`
  return malformed('bad_chunk', at + 4, detail)
}
