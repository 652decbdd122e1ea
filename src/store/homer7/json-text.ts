// Strings of JSON, written into a growing buffer. Nearly all need no escape, and are copied as they are.
import type { ByteWriter } from '../write/byte-writer.ts'
import { cutEnd } from './clean-text.ts'

/** Of what an index holds: PostgreSQL refuses rows whose entries are longer than 2,704 bytes. */
export const INDEXED_BYTES_MAX = 2_048
/** Of all else: no frame is longer. */
const FIELD_BYTES_MAX = 65_535

const QUOTE = 34
const BACKSLASH = 92
const FIRST_PRINTED = 32

/** Writes bytes[from, to), which are clean UTF-8, as the inside of a JSON string. */
export function writeJsonSpan(
  out: ByteWriter,
  bytes: Buffer,
  from: number,
  to: number,
  bytesMax = FIELD_BYTES_MAX,
): void {
  const end = cutEnd(bytes, from, to, bytesMax)
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte < FIRST_PRINTED || byte === QUOTE || byte === BACKSLASH) {
      out.utf8(escaped(bytes.toString('utf8', from, end)))
      return
    }
  }
  if (end > from) out.part(bytes, from, end)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const SPECIAL = /["\\\0-\x1f\ud800-\udfff]/

/** Writes any string as the inside of a JSON string; NUL, which jsonb cannot hold, is left out. */
export function writeJsonText(out: ByteWriter, text: string, bytesMax = FIELD_BYTES_MAX): void {
  if (text.length <= bytesMax / 3 && !SPECIAL.test(text)) out.utf8(text)
  else out.utf8(escaped(cutText(text, bytesMax)))
}

const cutText = (text: string, bytesMax: number): string => {
  const bytes = Buffer.from(text)
  return bytes.toString('utf8', 0, cutEnd(bytes, 0, bytes.length, bytesMax))
}

const escaped = (text: string): string =>
  JSON.stringify(text.replaceAll('\0', '').toWellFormed()).slice(1, -1)
