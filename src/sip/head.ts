// Where the head of a message (start line and headers) lies in the payload.

/** No head is read further than this; what follows counts as body. */
export const HEAD_BYTES_MAX = 65_535
const SHORT_BYTES_MAX = 1_500

/** Offset of the start line: keepalives and sloppy senders put line breaks first (RFC 3261 §7.5). */
export function headStart(payload: Buffer): number {
  let at = 0
  while (payload[at] === 13 || payload[at] === 10) at += 1
  return at
}

/**
 * The head as Latin-1, so offsets stay true. It may reach into the body: that of an LF-only message,
 * and that of a short one, where decoding the body costs less than looking for its beginning.
 */
export function headText(payload: Buffer, start: number): string {
  let end = payload.length
  if (end > SHORT_BYTES_MAX) {
    const blank = payload.indexOf('\r\n\r\n', start, 'latin1')
    if (blank >= 0) end = blank + 4
  }
  return payload.toString('latin1', start, Math.min(end, start + HEAD_BYTES_MAX))
}
