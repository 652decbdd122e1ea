// The first line of a SIP message, read leniently: blanks may be doubled or trail, the Request-URI
// may hold blanks or stand in <>, the version may be one we have never heard of. It must end in
// SIP/digit for a request or begin with SIP/… and three digits for a response: that is what tells SIP
// from HTTP, RTSP and noise.
import { cutField, letters } from './wire-text.ts'

/** What the last `readStartLine` found; one object reused. `status` 0 means a request. */
export const startLine = { status: 0, method: '', reason: '', uriStart: 0, uriEnd: 0 }

const SLASH = 47
const LESS = 60
const SIP = 0x736970

/** No known method is longer than 9 chars; the longest torture test has 44. */
export const METHOD_CHARS_MAX = 64

/** Reads the line that ends at `lineEnd` into `startLine`; false when it is none of SIP's. */
export function readStartLine(bytes: Buffer, head: string, lineEnd: number): boolean {
  let end = lineEnd
  while (end > 0 && bytes[end - 1]! <= 32) end -= 1
  return isVersionAt(bytes, 0)
    ? readStatusLine(bytes, head, end)
    : readRequestLine(bytes, head, end)
}

/** 'SIP/' in any case, then a digit. */
function isVersionAt(bytes: Buffer, at: number): boolean {
  return letters(bytes, at) === SIP && bytes[at + 3] === SLASH && isDigit(bytes[at + 4]!)
}

function readStatusLine(bytes: Buffer, head: string, end: number): boolean {
  const at = skipBlanks(bytes, wordEnd(bytes, 0, end), end)
  const codeEnd = wordEnd(bytes, at, end)
  const status = codeEnd - at === 3 ? threeDigits(bytes, at) : 0
  if (status < 100 || status > 699) return false
  startLine.status = status
  startLine.method = ''
  startLine.reason = cutField(head.slice(skipBlanks(bytes, codeEnd, end), end))
  return true
}

/** 0 when one of the three is no digit. */
function threeDigits(bytes: Buffer, at: number): number {
  let number = 0
  for (let i = at; i < at + 3; i += 1) {
    if (!isDigit(bytes[i]!)) return 0
    number = number * 10 + bytes[i]! - 48
  }
  return number
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

function readRequestLine(bytes: Buffer, head: string, end: number): boolean {
  const methodEnd = wordEnd(bytes, 0, end)
  const version = lastWord(bytes, end)
  if (methodEnd === 0 || version <= methodEnd || !isVersionAt(bytes, version)) return false
  startLine.status = 0
  startLine.method = head.slice(0, Math.min(methodEnd, METHOD_CHARS_MAX))
  startLine.uriStart = skipBlanks(bytes, methodEnd, version)
  startLine.uriEnd = version
  while (bytes[startLine.uriEnd - 1]! <= 32) startLine.uriEnd -= 1
  // A Request-URI in <> is wrong and seen all the same (RFC 4475 §3.1.2.7); '>' ends it.
  if (bytes[startLine.uriStart] === LESS) startLine.uriStart += 1
  return startLine.uriStart < startLine.uriEnd
}

function wordEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at]! > 32) at += 1
  return at
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at]! <= 32) at += 1
  return at
}

function lastWord(bytes: Buffer, end: number): number {
  let at = end
  while (at > 0 && bytes[at - 1]! > 32) at -= 1
  return at
}
