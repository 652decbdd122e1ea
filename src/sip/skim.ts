// The quick look at a SIP message that the store takes for every message: enough to know its call
// and what it means for it. Nothing is decoded and no object is made; the result stands in
// `sipSkim` until the next call.
//
// It reads in place, bytes[from, to) of a chunk of the spool, and says true only to messages as they
// nearly all are:
//
//   INVITE sip:bob@b SIP/2.0       a method we know, single blanks; or  SIP/2.0 200 OK
//   Call-ID: a84b4c76e66710        ASCII, not over-long
//   CSeq: 314159 INVITE            a method we know
//                                  no wanted header folded, and the head ends soon with a blank line
//
// To everything else it says false, and the caller asks parseSip, which knows all of it. Where it says
// true it agrees with parseSip field by field: a property test holds that.
import {
  AGENT,
  CALL_ID,
  CSEQ,
  FROM,
  findHeaders,
  LENGTH,
  lineEndOf,
  SERVER,
  spans,
  TO,
  walk,
} from './find-headers.ts'
import { CALL_ID_CHARS_MAX, letters } from './wire-text.ts'

/** What the last `skimSip` found; one object reused. `status` 0 means a request. */
export const sipSkim = {
  status: 0,
  method: '',
  cseq: 0,
  cseqMethod: '',
  /** Where the Call-ID lies in the buffer. */
  callIdAt: 0,
  callIdEnd: 0,
  /** Offset of the body from the beginning of the message. */
  bodyAt: 0,
  /** What Content-Length says; -1 when nothing does. */
  bodyBytes: -1,
  mayJoin: false,
  mayReport: false,
  /** Where what `readParties` reads lies in the buffer; -1 or nothing between = not there. */
  uriAt: 0,
  uriEnd: 0,
  fromAt: 0,
  fromEnd: 0,
  toAt: 0,
  toEnd: 0,
  agentAt: 0,
  agentEnd: 0,
}

const METHODS = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK'],
  ...['SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'INFO', 'REFER', 'MESSAGE', 'UPDATE'],
  'KDMQ', // between Kamailios
]
const METHOD_CHARS = METHODS.map((method) => Buffer.from(method))
/** By three letters, as `letters` gives them: no two methods share them. */
const methodByLetters = new Map(METHOD_CHARS.map((chars, i) => [letters(chars, 0), i]))

const SPACE = 32
const LESS = 60
const SLASH = 47
const SIP = 0x736970
/** 'SIP/2.0 200 ' is the shortest start of anything useful. */
const MESSAGE_BYTES_MIN = 12
const CSEQ_DIGITS_MAX = 9
/** `readParties` has room for values of this size. */
export const HEAD_BYTES_MAX = 16_384

/** Reads bytes[from, to) into `sipSkim`; false: ask parseSip. */
export function skimSip(bytes: Buffer, from: number, to: number): boolean {
  if (to - from < MESSAGE_BYTES_MIN) return false
  const lineEnd = lineEndOf(bytes, from, to)
  if (lineEnd === to || !skimStartLine(bytes, from, lineEnd)) return false
  const bodyAt = findHeaders(bytes, lineEnd + 1, to)
  if (bodyAt < 0 || bodyAt - from > HEAD_BYTES_MAX || walk.isFolded) return false
  sipSkim.bodyAt = bodyAt - from
  sipSkim.mayJoin = walk.mayJoin
  sipSkim.mayReport = walk.mayReport
  if (!skimCseq(bytes) || !skimCallId(bytes)) return false
  skimLength(bytes)
  skimParties()
  return true
}

function skimStartLine(bytes: Buffer, from: number, lineEnd: number): boolean {
  let end = lineEnd
  while (end > from && bytes[end - 1]! <= SPACE) end -= 1
  return isVersionAt(bytes, from) ? skimStatus(bytes, from, end) : skimRequestLine(bytes, from, end)
}

/** 'SIP/2.0' exactly. */
function isVersionAt(bytes: Buffer, at: number): boolean {
  return (
    letters(bytes, at) === SIP &&
    bytes[at + 3] === SLASH &&
    bytes[at + 4] === 50 &&
    bytes[at + 5] === 46 &&
    bytes[at + 6] === 48
  )
}

function skimStatus(bytes: Buffer, from: number, end: number): boolean {
  const at = from + 8
  if (end < at + 3 || bytes[at - 1] !== SPACE || (end > at + 3 && bytes[at + 3] !== SPACE))
    return false
  const [a, b, c] = [bytes[at]! - 48, bytes[at + 1]! - 48, bytes[at + 2]! - 48]
  if (a < 1 || a > 6 || b < 0 || b > 9 || c < 0 || c > 9) return false
  sipSkim.status = a * 100 + b * 10 + c
  sipSkim.method = ''
  sipSkim.uriAt = -1
  return true
}

/** METHOD SP something SP SIP/2.0, where something neither begins with a blank nor with '<'. */
function skimRequestLine(bytes: Buffer, from: number, end: number): boolean {
  sipSkim.status = 0
  sipSkim.method = methodAt(bytes, from, end)
  const uriAt = from + sipSkim.method.length + 1
  const version = end - 7
  if (sipSkim.method === '' || bytes[uriAt - 1] !== SPACE || version <= uriAt) return false
  sipSkim.uriAt = uriAt
  sipSkim.uriEnd = version - 1
  while (bytes[sipSkim.uriEnd - 1]! <= SPACE) sipSkim.uriEnd -= 1
  const first = bytes[uriAt]!
  return (
    first > SPACE && first !== LESS && bytes[version - 1] === SPACE && isVersionAt(bytes, version)
  )
}

/** The known method that stands there and ends with a blank, the line or the value; '' for any other. */
function methodAt(bytes: Buffer, at: number, end: number): string {
  const place = methodByLetters.get(letters(bytes, at))
  if (place === undefined) return ''
  const chars = METHOD_CHARS[place]!
  const stop = at + chars.length
  if (stop > end || (stop < end && bytes[stop] !== SPACE)) return ''
  for (let i = 0; i < chars.length; i += 1) if (bytes[at + i] !== chars[i]) return ''
  return METHODS[place]!
}

function skimCseq(bytes: Buffer): boolean {
  let at = spans[CSEQ]!
  if (at < 0) return false
  const digitsMax = at + CSEQ_DIGITS_MAX
  const start = at
  let cseq = 0
  for (; isDigit(bytes[at]!); at += 1) cseq = cseq * 10 + bytes[at]! - 48
  if (at === start || at > digitsMax || bytes[at] !== SPACE) return false
  const end = trimmedEnd(bytes, at, spans[CSEQ + 1]!)
  sipSkim.cseq = cseq
  sipSkim.cseqMethod = methodAt(bytes, at + 1, end)
  return sipSkim.cseqMethod.length === end - at - 1 && end > at + 1
}

function skimCallId(bytes: Buffer): boolean {
  const at = spans[CALL_ID]!
  if (at < 0) return false
  const end = trimmedEnd(bytes, at, spans[CALL_ID + 1]!)
  if (end === at || end - at > CALL_ID_CHARS_MAX) return false
  for (let i = at; i < end; i += 1) if (bytes[i]! === 0 || bytes[i]! > 127) return false
  sipSkim.callIdAt = at
  sipSkim.callIdEnd = end
  return true
}

function skimLength(bytes: Buffer): void {
  let at = spans[LENGTH]!
  sipSkim.bodyBytes = at >= 0 && isDigit(bytes[at]!) ? 0 : -1
  for (; at >= 0 && isDigit(bytes[at]!); at += 1) {
    sipSkim.bodyBytes = sipSkim.bodyBytes * 10 + bytes[at]! - 48
  }
}

function skimParties(): void {
  const agent = sipSkim.status === 0 || spans[SERVER]! < 0 ? AGENT : SERVER
  sipSkim.fromAt = spans[FROM]!
  sipSkim.fromEnd = spans[FROM + 1]!
  sipSkim.toAt = spans[TO]!
  sipSkim.toEnd = spans[TO + 1]!
  sipSkim.agentAt = spans[agent]!
  sipSkim.agentEnd = spans[agent + 1]!
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

function trimmedEnd(bytes: Buffer, start: number, lineEnd: number): number {
  let end = lineEnd
  while (end > start && bytes[end - 1]! <= SPACE) end -= 1
  return end
}
