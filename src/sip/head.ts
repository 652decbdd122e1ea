// Where the head of a message (start line and headers) lies in the payload.

/** No head is read further than this; what follows counts as body. */
export const HEAD_BYTES_MAX = 65_535

/** Offset of the start line: keepalives and sloppy senders put line breaks first (RFC 3261 §7.5). */
export function headStart(payload: Buffer): number {
  let at = 0
  while (payload[at] === 13 || payload[at] === 10) at += 1
  return at
}

/** The head as Latin-1, so offsets stay true; may reach into the body of an LF-only message. */
export function headText(payload: Buffer, start: number): string {
  const blank = payload.indexOf('\r\n\r\n', start, 'latin1')
  const end = blank < 0 ? payload.length : blank + 4
  return payload.toString('latin1', start, Math.min(end, start + HEAD_BYTES_MAX))
}
