// Compression, in the two places agents use it: a whole frame as gzip (heplify's payload_zip), or
// the payload in chunk 16 (zlib or gzip). Both inflate into at most FRAME_BYTES_MAX bytes, so
// a small frame cannot cost much memory or time.
import { gunzipSync, inflateSync } from 'node:zlib'
import { malformed } from './fault.ts'
import { FRAME_BYTES_MAX, type MalformedHep } from './packet.ts'

const BOUND = { maxOutputLength: FRAME_BYTES_MAX }

export const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The frame itself: inflated when it came as gzip, else the same buffer untouched. */
export function unwrapHep(frame: Buffer): Buffer | MalformedHep {
  if (!isGzip(frame)) return frame
  if (frame.length > FRAME_BYTES_MAX) return oversized(frame)
  try {
    return gunzipSync(frame, BOUND)
  } catch (error) {
    return badCompression('The frame is gzip', 0, error)
  }
}

/** The payload in chunk 16; `offset` is where its body stands in the frame. */
export function inflatePayload(body: Buffer, offset: number): Buffer | MalformedHep {
  try {
    return isGzip(body) ? gunzipSync(body, BOUND) : inflateSync(body, BOUND)
  } catch (error) {
    return badCompression('Chunk 16 is compressed data', offset, error)
  }
}

export const isFault = (value: Buffer | MalformedHep): value is MalformedHep => 'kind' in value

export const oversized = ({ length }: Buffer): MalformedHep =>
  malformed(
    'oversized',
    FRAME_BYTES_MAX,
    `The frame has ${length} bytes, a HEP frame at most ${FRAME_BYTES_MAX}.`,
  )

function badCompression(what: string, offset: number, error: unknown): MalformedHep {
  const why =
    (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
      ? `would inflate to more than ${FRAME_BYTES_MAX} bytes`
      : `does not inflate: ${error instanceof Error ? error.message : String(error)}`
  return malformed('bad_compression', offset, `${what} that ${why}.`)
}
