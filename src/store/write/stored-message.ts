// What the bytes of a segment hold, and the error of bytes that hold nothing of the kind.
import type { TracedMessage } from '#sip'

/** A message as it is stored: what is not read from its payload. */
export type StoredMessage = Omit<TracedMessage, 'sip'>

/** Bytes from the database that are no segment, or not one this version can read. */
export class SegmentError extends Error {
  override name = 'SegmentError'
}
