// Text as PostgreSQL takes it into varchar and jsonb: UTF-8 without NUL. What is neither is left out, byte
// by byte, as heplify-server does, so that its rows and ours hold the same. Binary bodies (ISUP in SIP)
// lose bytes by that; the calls layout and the spool keep them whole.
import { isUtf8 } from 'node:buffer'

/** Whether bytes[from, to) can be stored as they are. */
export function isClean(bytes: Buffer, from: number, to: number): boolean {
  const nul = bytes.indexOf(0, from)
  return (nul < 0 || nul >= to) && isUtf8(bytes.subarray(from, to))
}

/** A copy of bytes[from, to) without what cannot be stored. */
export function cleaned(bytes: Buffer, from: number, to: number): Buffer {
  const kept = Buffer.allocUnsafe(to - from)
  let length = 0
  for (let at = from; at < to; ) {
    const count = sequenceAt(bytes, at, to)
    if (count > 0) {
      bytes.copy(kept, length, at, at + count)
      length += count
    }
    at += Math.max(1, count)
  }
  return kept.subarray(0, length)
}

/** Length of the character that begins there; 0 for NUL and for bytes that begin none. */
function sequenceAt(bytes: Buffer, at: number, to: number): number {
  const first = bytes[at]!
  if (first < 0x80) return first === 0 ? 0 : 1
  const count = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (count === 0 || at + count > to) return 0
  return isUtf8(bytes.subarray(at, at + count)) ? count : 0
}

/** The end of bytes[from, to) when it may have so many bytes at most, not within a character. */
export function cutEnd(bytes: Buffer, from: number, to: number, bytesMax: number): number {
  if (to - from <= bytesMax) return to
  let end = from + bytesMax
  while (end > from && (bytes[end]! & 0xc0) === 0x80) end -= 1
  return end
}
