// The first line of a SIP message, read leniently: blanks may be doubled or trail, the Request-URI
// may hold blanks or stand in <>, the version may be one we have never heard of. It must end in
// SIP/digit for a request or begin with SIP/… and three digits for a response: that is what tells SIP
// from HTTP, RTSP and noise.
import { cutField, decodeField } from './wire-text.ts'

/** What the last `readStartLine` found; one object reused. `status` 0 means a request. */
export const startLine = { status: 0, method: '', reason: '', uriStart: 0, uriEnd: 0 }

/** No known method is longer than 9 chars; the longest torture test has 44. */
export const METHOD_CHARS_MAX = 64

/** Reads the line that ends at `lineEnd` into `startLine`; false when it is none of SIP's. */
export function readStartLine(head: string, lineEnd: number): boolean {
  let end = lineEnd
  while (end > 0 && head.charCodeAt(end - 1) <= 32) end -= 1
  return isVersionAt(head, 0) ? readStatusLine(head, end) : readRequestLine(head, end)
}

/** 'SIP/' in any case, then a digit. */
function isVersionAt(head: string, at: number): boolean {
  const digit = head.charCodeAt(at + 4)
  return (
    (head.charCodeAt(at) | 0x20) === 115 &&
    (head.charCodeAt(at + 1) | 0x20) === 105 &&
    (head.charCodeAt(at + 2) | 0x20) === 112 &&
    head.charCodeAt(at + 3) === 47 &&
    digit >= 48 &&
    digit <= 57
  )
}

function readStatusLine(head: string, end: number): boolean {
  const at = skipBlanks(head, wordEnd(head, 0, end), end)
  const codeEnd = wordEnd(head, at, end)
  const status = Number(head.slice(at, codeEnd))
  if (codeEnd - at !== 3 || !(status >= 100 && status <= 699)) return false
  startLine.status = status
  startLine.method = ''
  startLine.reason = cutField(decodeField(head.slice(skipBlanks(head, codeEnd, end), end)))
  return true
}

function readRequestLine(head: string, end: number): boolean {
  const methodEnd = wordEnd(head, 0, end)
  const version = head.lastIndexOf(' ', end - 1) + 1
  const isRequest = methodEnd > 0 && version > methodEnd && isVersionAt(head, version)
  if (!isRequest || version + 4 >= end) return false
  startLine.status = 0
  startLine.method = head.slice(0, Math.min(methodEnd, METHOD_CHARS_MAX))
  startLine.uriStart = skipBlanks(head, methodEnd, version)
  startLine.uriEnd = trimEnd(head, startLine.uriStart, version)
  if (head.charCodeAt(startLine.uriStart) === 60) unwrapUri(head)
  return true
}

/** A Request-URI in <> is wrong and seen all the same (RFC 4475 §3.1.2.7). */
function unwrapUri(head: string): void {
  startLine.uriStart += 1
  const close = head.indexOf('>', startLine.uriStart)
  if (close > 0 && close < startLine.uriEnd) startLine.uriEnd = close
}

function wordEnd(head: string, start: number, end: number): number {
  let at = start
  while (at < end && head.charCodeAt(at) > 32) at += 1
  return at
}

function skipBlanks(head: string, start: number, end: number): number {
  let at = start
  while (at < end && head.charCodeAt(at) <= 32) at += 1
  return at
}

function trimEnd(head: string, start: number, end: number): number {
  let at = end
  while (at > start && head.charCodeAt(at - 1) <= 32) at -= 1
  return at
}
