// The topmost Via's branch. It names the transaction: the same branch on a request, its responses,
// its ACK (to a failure) and its CANCEL.
import { cutField, letters, quotedEnd } from './wire-text.ts'

const QUOTE = 34
const COMMA = 44
const SEMICOLON = 59
const EQUALS = 61
const BRA = 0x627261
const NCH = 0x6e6368

/** Branch of the first of the Vias in a value between two offsets; '' when it has none. */
export function readBranch(bytes: Buffer, text: string, start: number, end: number): string {
  if (start < 0) return '' // no Via at all
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte > SEMICOLON) continue
    if (byte === SEMICOLON) {
      const name = letters(bytes, at + 1)
      if (name === BRA && letters(bytes, at + 4) === NCH && bytes[at + 7] === EQUALS) {
        return cutField(text.slice(at + 8, branchEnd(bytes, at + 8, end)))
      }
      // A blank behind ';', or some other name that begins like ours: look closely.
      if (name === BRA || bytes[at + 1]! <= 32) return readOddBranch(bytes, text, start, end)
    } else if (byte === QUOTE) return readOddBranch(bytes, text, start, end)
    else if (byte === COMMA) return '' // the second Via begins
  }
  return ''
}

function branchEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== SEMICOLON && bytes[at] !== COMMA && bytes[at]! > 32) at += 1
  return at
}

/** Blanks around ';' and '=', quoted strings: rare, so a regular expression over what is unquoted. */
function readOddBranch(bytes: Buffer, text: string, start: number, end: number): string {
  let first = ''
  for (let at = start; at < end && bytes[at] !== COMMA; at += 1) {
    if (bytes[at] !== QUOTE) {
      first += text[at]
      continue
    }
    const close = quotedEnd(bytes, at, end)
    if (close < 0) break
    at = close
  }
  return cutField(/;\s*branch\s*=\s*([^\s;]*)/i.exec(first)?.[1] ?? '')
}
