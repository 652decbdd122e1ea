// The check every frame passes before it is kept: cheap, without an object for a good frame, and
// exactly as strict as decodeHep, so that nothing is spooled that cannot be read back.
import { CHUNKS_MAX, FIXED_BYTES, HEAD_BYTES, magicAt, u16 } from './chunks.ts'
import { chunkFault, lengthFault, malformed, noPayload, notHep, tooManyChunks } from './fault.ts'
import { checkOld } from './hep-v1v2.ts'
import { inflatePayload, isFault, isGzip, oversized, unwrapHep } from './inflate.ts'
import { FRAME_BYTES_MAX, type MalformedHep } from './packet.ts'

/**
 * The fault of a frame, or undefined when decodeHep will read it.
 * Of a gzip'd frame the offset counts in the inflated one.
 */
export function checkHep(frame: Buffer): MalformedHep | undefined {
  if (magicAt(frame, 0)) return checkV3(frame)
  if (!isGzip(frame)) return checkPlain(frame)
  const plain = unwrapHep(frame)
  return isFault(plain) ? plain : checkPlain(plain)
}

/** As checkHep for a frame that is not gzip: gzip within gzip is not HEP. */
export function checkPlain(frame: Buffer): MalformedHep | undefined {
  if (frame.length > FRAME_BYTES_MAX) return oversized(frame)
  if (magicAt(frame, 0)) return checkV3(frame)
  if (frame[0] === 1 || frame[0] === 2) return checkOld(frame)
  return notHep(frame)
}

function checkV3(frame: Buffer): MalformedHep | undefined {
  if (frame.length > FRAME_BYTES_MAX) return oversized(frame)
  if (frame.length < HEAD_BYTES || frame.length !== u16(frame, 4)) return lengthFault(frame)
  return checkChunks(frame, frame.length) ?? checkPayload(frame)
}

/**
 * Walks the chunks of a frame that says it has `total` bytes, of which the first ones are here:
 * the first fault among them, or undefined. Never takes more than CHUNKS_MAX steps.
 */
export function checkChunks(frame: Buffer, total: number): MalformedHep | undefined {
  const readable = frame.length - HEAD_BYTES
  let at = HEAD_BYTES
  for (let count = 0; at < total; count++) {
    if (at > readable && frame.length < total) return undefined // its header has not come yet
    if (count === CHUNKS_MAX) return tooManyChunks(at)
    if (!chunkHolds(frame, at, total)) return chunkFault(frame, at, total)
    at += u16(frame, at + 4)
  }
  return undefined
}

function chunkHolds(frame: Buffer, at: number, total: number): boolean {
  const bytes = u16(frame, at + 4)
  if (total - at < HEAD_BYTES || bytes < HEAD_BYTES || bytes > total - at) return false
  if (frame[at] !== 0 || frame[at + 1] !== 0) return !magicAt(frame, at)
  const type = u16(frame, at + 2)
  const fixed = type < FIXED_BYTES.length ? FIXED_BYTES[type]! : 0
  return fixed === 0 || fixed === bytes
}

/**
 * True when the chunk lengths alone can be true, as far as the frame of `total` bytes is here; of
 * a whole frame, that they add up: then the next frame begins where this one says.
 */
export function lengthsHold(frame: Buffer, total: number): boolean {
  let at = HEAD_BYTES
  for (let count = 0; at < total; count++) {
    if (at + HEAD_BYTES > frame.length) return frame.length < total
    const bytes = u16(frame, at + 4)
    if (count === CHUNKS_MAX || bytes < HEAD_BYTES || bytes > total - at) return false
    if (magicAt(frame, at)) return false
    at += bytes
  }
  return true
}

// Second walk, over sound chunks: is there a payload? Chunk 15, or 16 if that inflates to something.
function checkPayload(frame: Buffer): MalformedHep | undefined {
  let compressedAt = 0
  for (let at = HEAD_BYTES; at < frame.length; at += u16(frame, at + 4)) {
    if (frame[at] !== 0 || frame[at + 1] !== 0 || u16(frame, at + 4) === HEAD_BYTES) continue
    const type = u16(frame, at + 2)
    if (type === 15) return undefined
    if (type === 16) compressedAt = at
  }
  if (compressedAt === 0) return noPayload(frame.length)
  const bodyAt = compressedAt + HEAD_BYTES
  const end = compressedAt + u16(frame, compressedAt + 4)
  const payload = inflatePayload(frame.subarray(bodyAt, end), bodyAt)
  if (isFault(payload)) return payload
  return payload.length > 0
    ? undefined
    : malformed('no_payload', bodyAt, 'The compressed payload in chunk 16 inflates to nothing.')
}
