// Text as it came over the wire. SIP is UTF-8 by RFC 3261 §7, but senders also put Latin-1 or plain
// bytes there, and a trace must show what was sent. The rule everywhere in this room:
//
//   bytes -> Latin-1 string (one char per byte, offsets stay true, nothing is lost)
//         -> read again as UTF-8 if, and only if, the field holds bytes >= 0x80 and is valid UTF-8
//
// Fields never hold NUL (PostgreSQL text cannot): it becomes U+FFFD. Every field has a length limit.
import { isUtf8 } from 'node:buffer'

/** A longer Call-ID becomes its beginning, '~' and 16 hex digits of its SHA-256, see `cutCallId`. */
export const CALL_ID_CHARS_MAX = 512
/** Users, domains, tags, branches, user agents and reason phrases are cut here. */
export const FIELD_CHARS_MAX = 256

const HASH_CHARS = 16

/**
 * The Call-ID as it is stored and searched. Cutting alone would make one call of two whose ids
 * differ at the end, so a cut one carries a hash of the whole.
 */
export function cutCallId(callId: string): string {
  if (callId.length <= CALL_ID_CHARS_MAX) return callId
  const hash = new Bun.CryptoHasher('sha256').update(callId).digest('hex').slice(0, HASH_CHARS)
  return `${callId.slice(0, CALL_ID_CHARS_MAX - HASH_CHARS - 1)}~${hash}`
}

export function cutField(text: string): string {
  return text.length <= FIELD_CHARS_MAX ? text : text.slice(0, FIELD_CHARS_MAX)
}

/** Latin-1 text of bytes to what the sender most likely meant. */
export function decodeField(latin1: string): string {
  const clean = latin1.includes('\0') ? latin1.replaceAll('\0', '\ufffd') : latin1
  return hasHighBytes(latin1) ? decodeHighBytes(clean) : clean
}

function decodeHighBytes(latin1: string): string {
  // A replaced NUL or a decoded escape is no longer one byte a char: such text stays as it is.
  if (/[^\0-\xff]/.test(latin1)) return latin1
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1
}

function hasHighBytes(latin1: string): boolean {
  for (let at = 0; at < latin1.length; at += 1) if (latin1.charCodeAt(at) > 127) return true
  return false
}

/** A folded header line as one line: each line break with its indent becomes a space (RFC 3261 §7.3.1). */
export function unfold(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n[ \t]+/g, ' ') : text
}

/** Three letters in lower case as one number, for quick comparing: 'rom' is 0x726f6d. */
export function letters(bytes: Buffer, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]! | 0x202020
}

const QUOTE = 34
const BACKSLASH = 92

/** Offset of the closing quote; -1 where none closes: then quotes are ordinary characters. */
export function quotedEnd(bytes: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at
  }
  return -1
}
