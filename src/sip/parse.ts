// SIP text to SipMessage, in one pass and with one object made per message: every stored message goes
// through here. The head is decoded once as Latin-1; lines are found with indexOf, which is native;
// the first byte of a line mostly decides whether it is worth a look. Fields are substrings, so they
// share the head's memory.
//
//   INVITE sip:bob@b SIP/2.0        start line: request or response
//   Via: ...;branch=z9              first one wins, of every header
//   f: <sip:alice@a>                compact names, any case, blanks before ':'
//      ;tag=1                       folded: then the head is unfolded and read once more
//                                   blank line (CRLF or LF): the body begins
//
// Nothing here throws, whatever the bytes. Without a start line, Call-ID or CSeq number a message
// cannot be placed in any call: `malformed`. Any other damage costs only the field it is in.
import { isAscii } from 'node:buffer'
import { clearFound, decodeFound, found, readAddress, readUri } from './address.ts'
import {
  AGENT,
  CALL_ID,
  CSEQ,
  FROM,
  findHeaders,
  SERVER,
  spans,
  TO,
  VIA,
  walk,
} from './find-headers.ts'
import { headStart, headText } from './head.ts'
import type { MalformedSip, SipMessage } from './message.ts'
import { METHOD_CHARS_MAX, readStartLine, startLine } from './start-line.ts'
import { readBranch } from './via.ts'
import { cutCallId, cutField, decodeField, unfold } from './wire-text.ts'

/** 'SIP/2.0 200 ' is the shortest start of anything useful. */
const MESSAGE_BYTES_MIN = 12
const CSEQ_MAX = 0xffff_ffff

/** Reads one SIP message; what is not SIP comes back as `malformed` with the place of the mistake. */
export function parseSip(payload: Buffer): SipMessage | MalformedSip {
  const start = headStart(payload)
  if (payload.length - start < MESSAGE_BYTES_MIN) return malformed('too_short', payload.length)
  const head = headText(payload, start)
  const lineEnd = head.indexOf('\n', 0) // with a start it is twice as quick in this engine
  const bytes = start === 0 ? payload : payload.subarray(start)
  if (!readStartLine(bytes, head, lineEnd < 0 ? head.length : lineEnd)) {
    return malformed('no_start_line', start)
  }
  const bodyAt = start + findBody(bytes, head, lineEnd)
  if (spans[CALL_ID]! < 0) return malformed('no_call_id', bodyAt)
  if (!walk.isFolded) return buildMessage(bytes, head, bodyAt, isPlain(payload, head))
  const flat = head.slice(0, lineEnd + 1) + unfold(head.slice(lineEnd + 1, bodyAt - start))
  const flatBytes = Buffer.from(flat, 'latin1')
  findBody(flatBytes, flat, lineEnd)
  return buildMessage(flatBytes, flat, bodyAt, isPlain(payload, head))
}

/** Fills `spans` and returns where the body begins: behind everything when the head never ends. */
function findBody(bytes: Buffer, head: string, lineEnd: number): number {
  const end = head.length
  const bodyAt = findHeaders(bytes, lineEnd < 0 ? end : lineEnd + 1, end)
  return bodyAt < 0 ? end : bodyAt
}

/** Nearly every message: what stands there is what was meant, see wire-text.ts. */
function isPlain(payload: Buffer, head: string): boolean {
  return isAscii(payload) && head.indexOf('\0', 0) < 0
}

function malformed(reason: MalformedSip['reason'], offset: number): MalformedSip {
  return { kind: 'malformed', reason, offset }
}

function buildMessage(
  bytes: Buffer,
  head: string,
  bodyAt: number,
  plain: boolean,
): SipMessage | MalformedSip {
  const callId = cutCallId(fieldOf(bytes, head, CALL_ID, plain))
  if (callId === '') return malformed('no_call_id', bodyAt)
  const sentMethod = readCseq(bytes, head)
  if (sentMethod === undefined) return malformed('no_cseq', bodyAt)
  const { status } = startLine
  const method = textOf(startLine.method, plain)
  const cseqMethod = textOf(sentMethod, plain)
  const branch = textOf(readBranch(bytes, head, spans[VIA]!, spans[VIA + 1]!), plain)
  const userAgent = cutField(fieldOf(bytes, head, agentPlace(status), plain))
  readParty(bytes, head, FROM, plain)
  const { user: fromUser, domain: fromDomain, tag: fromTag } = found
  readParty(bytes, head, TO, plain)
  const { user: toUser, domain: toDomain, tag: toTag } = found
  const { mayJoin, mayReport } = walk
  if (status > 0) {
    const reason = textOf(startLine.reason, plain)
    return {
      kind: 'response',
      status,
      reason,
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
      mayReport,
    }
  }
  readUri(bytes, head, startLine.uriStart, startLine.uriEnd)
  if (!plain) decodeFound()
  return {
    kind: 'request',
    method,
    ruriUser: found.user,
    ruriDomain: found.domain,
    callId,
    cseq,
    cseqMethod: cseqMethod === '' ? method : cseqMethod,
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
    mayReport,
  }
}

function textOf(field: string, plain: boolean): string {
  return plain ? field : decodeField(field)
}

let cseq = 0

/** Reads the number into `cseq` and returns the method; undefined without a number. */
function readCseq(bytes: Buffer, head: string): string | undefined {
  const start = spans[CSEQ]!
  if (start < 0) return undefined
  let at = start
  for (cseq = 0; isDigit(bytes[at]!); at += 1) {
    cseq = Math.min(cseq * 10 + bytes[at]! - 48, CSEQ_MAX) // RFC 4475 sends 36893488147419103232
  }
  if (at === start) return undefined
  const end = trimmedEnd(bytes, at, spans[CSEQ + 1]!)
  while (at < end && bytes[at]! <= 32) at += 1
  return head.slice(at, Math.min(end, at + METHOD_CHARS_MAX))
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

/** User-Agent; in a response Server is the usual name, and each stands in for the other. */
function agentPlace(status: number): number {
  return status === 0 || spans[SERVER]! < 0 ? AGENT : SERVER
}

/** A header's value, trimmed; '' when the header is missing. */
function fieldOf(bytes: Buffer, head: string, place: number, plain: boolean): string {
  const start = spans[place]!
  if (start < 0) return ''
  return textOf(head.slice(start, trimmedEnd(bytes, start, spans[place + 1]!)), plain)
}

function trimmedEnd(bytes: Buffer, start: number, lineEnd: number): number {
  let end = lineEnd
  while (end > start && bytes[end - 1]! <= 32) end -= 1
  return end
}

function readParty(bytes: Buffer, head: string, place: number, plain: boolean): void {
  const start = spans[place]!
  if (start < 0) clearFound()
  else readAddress(bytes, head, start, trimmedEnd(bytes, start, spans[place + 1]!))
  if (!plain) decodeFound()
}
