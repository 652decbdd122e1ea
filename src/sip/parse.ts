// SIP text to SipMessage, in one pass and with one object made per message: every stored message goes
// through here. The head is decoded once as Latin-1; lines are found with indexOf, which is native;
// only the first char of each line decides whether it is worth a look. Fields are substrings, so they
// share the head's memory.
//
//   INVITE sip:bob@b SIP/2.0        start line: request or response
//   Via: ...;branch=z9              first one wins, of every header
//   f: <sip:alice@a>                compact names, any case, blanks before ':'
//      ;tag=1                       folded: belongs to the line above
//                                   blank line (CRLF or LF): the body begins
//
// Nothing here throws, whatever the bytes. Without a start line, Call-ID or CSeq number a message
// cannot be placed in any call: `malformed`. Any other damage costs only the field it is in.
import { isAscii } from 'node:buffer'
import { clearFound, decodeFound, found, readAddress, readUri } from './address.ts'
import { headStart, headText } from './head.ts'
import type { MalformedSip, SipMessage } from './message.ts'
import { readStartLine, startLine } from './start-line.ts'
import { readBranch } from './via.ts'
import { cutCallId, cutField, decodeField, unfold } from './wire-text.ts'

/** 'SIP/2.0 200 ' is the shortest start of anything useful. */
const MESSAGE_BYTES_MIN = 12
const COLON = 58
const CSEQ_MAX = 0xffff_ffff

// Where the values of the headers we want begin (even) and end (odd); start -1 = not there.
const VIA = 0
const FROM = 2
const TO = 4
const CALL_ID = 6
const CSEQ = 8
const AGENT = 10
const SERVER = 12
const OTHER = 14 // a place to write the ends of headers nobody wants
const spans = new Int32Array(16)
let isFolded = false
let mayJoin = false

/** Reads one SIP message; what is not SIP comes back as `malformed` with the place of the mistake. */
export function parseSip(payload: Buffer): SipMessage | MalformedSip {
  const start = headStart(payload)
  if (payload.length - start < MESSAGE_BYTES_MIN) return malformed('too_short', payload.length)
  const head = headText(payload, start)
  const lineEnd = head.indexOf('\n')
  if (!readStartLine(head, lineEnd < 0 ? head.length : lineEnd)) {
    return malformed('no_start_line', start)
  }
  const bodyAt = start + findHeaders(head, lineEnd)
  if (spans[CALL_ID]! < 0) return malformed('no_call_id', bodyAt)
  return buildMessage(head, bodyAt, isAscii(payload))
}

function malformed(reason: MalformedSip['reason'], offset: number): MalformedSip {
  return { kind: 'malformed', reason, offset }
}

/** Walks the lines, fills `spans`, and returns where the body begins. */
function findHeaders(head: string, startLineEnd: number): number {
  spans.fill(-1)
  isFolded = false
  mayJoin = false
  if (startLineEnd < 0) return head.length
  let last = OTHER
  let at = startLineEnd + 1
  while (at < head.length) {
    const lf = head.indexOf('\n', at)
    const end = lf < 0 ? head.length : lf
    const first = head.charCodeAt(at)
    if (first === 32 || first === 9) {
      if (spans[last]! >= 0) isFolded = true
    } else {
      if (end === at || (first === 13 && end === at + 1)) return end + 1
      last = claimLine(head, at, first)
    }
    spans[last + 1] = end
    at = end + 1
  }
  return head.length
}

/** Decides which header a line is and notes where its value begins; returns its place in `spans`. */
function claimLine(head: string, at: number, first: number): number {
  switch (first | 0x20) {
    case 118: // v
      return claim(VIA, valueAt(head, at, 'via', true))
    case 102: // f
      return claim(FROM, valueAt(head, at, 'from', true))
    case 116: // t
      return claim(TO, valueAt(head, at, 'to', true))
    case 105: // i, which has no long name of its own letter
      return claim(CALL_ID, valueAt(head, at, 'i', true))
    case 99: // c
      return (head.charCodeAt(at + 1) | 0x20) === 115
        ? claim(CSEQ, valueAt(head, at, 'cseq', false))
        : claim(CALL_ID, valueAt(head, at, 'call-id', false))
    case 117: // u
      return claim(AGENT, valueAt(head, at, 'user-agent', false))
    case 115: // s
      if ((head.charCodeAt(at + 2) | 0x20) === 115) mayJoin = true // Session-ID
      return claim(SERVER, valueAt(head, at, 'server', false))
    case 112: // P-Charging-Vector
    case 114: // Replaces, Refer-To and its compact r
    case 120: // X-CID, X-Call-ID
      if (!mayJoin) mayJoin = isJoinHeader(head, at)
      return OTHER
    default:
      return OTHER
  }
}

/** Cheap and too generous: correlation.ts reads the full name. */
function isJoinHeader(head: string, at: number): boolean {
  const second = head.charCodeAt(at + 1)
  if (second === 45) return (head.charCodeAt(at + 2) | 0x20) === 99 // p-c, x-c
  const third = head.charCodeAt(at + 2) | 0x20
  return third === 112 || third === 102 || second === COLON || isBlank(second) // rep, ref, r:
}

function claim(place: number, value: number): number {
  if (value < 0 || spans[place]! >= 0) return OTHER
  spans[place] = value
  return place
}

/** Offset behind 'name:' or, where `isCompact`, behind its first letter and ':'; else -1. */
function valueAt(head: string, at: number, name: string, isCompact: boolean): number {
  let behind = at + name.length
  for (let i = 1; i < name.length; i += 1) {
    if ((head.charCodeAt(at + i) | 0x20) === name.charCodeAt(i)) continue
    if (!isCompact || i > 1) return -1
    behind = at + 1
    break
  }
  while (isBlank(head.charCodeAt(behind))) behind += 1
  if (head.charCodeAt(behind) !== COLON) return -1
  behind += 1
  while (isBlank(head.charCodeAt(behind))) behind += 1
  return behind
}

function isBlank(char: number): boolean {
  return char === 32 || char === 9
}

function buildMessage(head: string, bodyAt: number, ascii: boolean): SipMessage | MalformedSip {
  const { status } = startLine
  const cseqText = textOf(head, CSEQ)
  const cseqMethodAt = readCseq(cseqText)
  if (cseqMethodAt < 0) return malformed('no_cseq', bodyAt)
  const callId = cutCallId(text(textOf(head, CALL_ID), ascii))
  const cseqMethod = cseqText.slice(cseqMethodAt) || startLine.method
  const branch = spans[VIA]! < 0 ? '' : readBranch(head, spans[VIA]!, spans[VIA + 1]!)
  const agent = agentOf(head, status === 0)
  const userAgent = cutField(text(agent, ascii))
  readParty(head, FROM, ascii)
  const { user: fromUser, domain: fromDomain, tag: fromTag } = found
  readParty(head, TO, ascii)
  const { user: toUser, domain: toDomain, tag: toTag } = found
  if (status > 0) {
    return {
      kind: 'response',
      status,
      reason: startLine.reason,
      callId,
      cseq,
      cseqMethod,
      fromUser,
      fromDomain,
      fromTag,
      toUser,
      toDomain,
      toTag,
      branch,
      userAgent,
      bodyAt,
      mayJoin,
    }
  }
  readUri(head, startLine.uriStart, startLine.uriEnd)
  if (!ascii) decodeFound()
  return {
    kind: 'request',
    method: startLine.method,
    ruriUser: found.user,
    ruriDomain: found.domain,
    callId,
    cseq,
    cseqMethod,
    fromUser,
    fromDomain,
    fromTag,
    toUser,
    toDomain,
    toTag,
    branch,
    userAgent,
    bodyAt,
    mayJoin,
  }
}

let cseq = 0

/** Reads the number into `cseq` and returns where the method begins; -1 without a number. */
function readCseq(value: string): number {
  let at = 0
  let number = 0
  for (let digit = value.charCodeAt(at) - 48; digit >= 0 && digit <= 9; ) {
    number = Math.min(number * 10 + digit, CSEQ_MAX) // RFC 4475 sends 36893488147419103232
    at += 1
    digit = value.charCodeAt(at) - 48
  }
  if (at === 0) return -1
  cseq = number
  while (isBlank(value.charCodeAt(at))) at += 1
  return at
}

/** User-Agent; in a response Server is the usual name, and each stands in for the other. */
function agentOf(head: string, isRequest: boolean): string {
  const place = isRequest || spans[SERVER]! < 0 ? AGENT : SERVER
  return textOf(head, place)
}

function text(value: string, ascii: boolean): string {
  return ascii ? value : decodeField(value)
}

/** A header's value on one line and trimmed; '' when the header is missing. */
function textOf(head: string, place: number): string {
  const start = spans[place]!
  if (start < 0) return ''
  const end = trimmedEnd(head, start, spans[place + 1]!)
  const value = head.slice(start, end)
  return isFolded ? unfold(value).trim() : value
}

function trimmedEnd(head: string, start: number, lineEnd: number): number {
  let end = lineEnd
  while (end > start && head.charCodeAt(end - 1) <= 32) end -= 1
  return end
}

function readParty(head: string, place: number, ascii: boolean): void {
  const start = spans[place]!
  if (isFolded) {
    const value = textOf(head, place)
    readAddress(value, 0, value.length)
  } else if (start >= 0) readAddress(head, start, trimmedEnd(head, start, spans[place + 1]!))
  else clearFound()
  if (!ascii) decodeFound()
}
