// From, To and the Request-URI taken apart into what people search by: a user and a domain, and the
// tag. Reads whatever is there, never refuses: display names may hold quotes, '<' and ';', hosts may
// be IPv6 with or without brackets, the URI may be sip:, sips:, tel:, urn: or something unheard of.
//
//   "Bob \"<;\" B" <sips:+4989;ext=1:pw@[2001:db8::1]:5061;user=phone?h=v> ;tag=88
//                        └user┘          └─domain──┘                           └tag
//
// What becomes of the parts:
//   user    without password and user parameters; %41 read as A where that is printable UTF-8;
//           tel: without visual separators. urn:service:sos -> 'service:sos'.
//   domain  lower case, without port and brackets; of tel: the phone-context, if it is a domain.
import { cutField, decodeField } from './wire-text.ts'

/** What the last `readAddress` or `readUri` found; one object reused, copied out by the caller. */
export const found = { user: '', domain: '', tag: '' }

const TAB = 9
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const COLON = 58
const SEMICOLON = 59
const LESS = 60
const GREATER = 62
const QUESTION = 63
const AT = 64
const BACKSLASH = 92

/** Reads a From or To value between two offsets into `found`. */
export function readAddress(text: string, start: number, end: number): void {
  const open = text.charCodeAt(start) === LESS ? start : findOpen(text, start, end)
  if (open < 0) {
    readBareAddress(text, start, end)
    return
  }
  let close = text.indexOf('>', open)
  if (close < 0 || close >= end) close = end // '>' forgotten: the URI ends with the line
  readUri(text, open + 1, close)
  found.tag = readTag(text, close + 1, end)
}

/** Offset of the '<' that opens the URI, skipping a quoted display name; -1 when there is none. */
function findOpen(text: string, start: number, end: number): number {
  const from = text.charCodeAt(start) === QUOTE ? skipQuoted(text, start, end) : start
  const open = text.indexOf('<', from)
  return open < 0 || open >= end ? -1 : open
}

/** Offset behind a quoted string; one that never closes is not taken for one. */
function skipQuoted(text: string, start: number, end: number): number {
  for (let at = start + 1; at < end; at += 1) {
    const char = text.charCodeAt(at)
    if (char === BACKSLASH) at += 1
    else if (char === QUOTE) return at + 1
  }
  return start + 1
}

// Without <>, parameters belong to the header, not to the URI (RFC 3261 §20).
function readBareAddress(text: string, start: number, end: number): void {
  let uriEnd = start
  while (uriEnd < end && !endsBareUri(text.charCodeAt(uriEnd))) uriEnd += 1
  readUri(text, start, uriEnd)
  found.tag = readTag(text, uriEnd, end)
}

function endsBareUri(char: number): boolean {
  return char === SEMICOLON || char === COMMA || char === SPACE || char === TAB
}

/** Reads a URI between two offsets into `found.user` and `found.domain`. */
export function readUri(text: string, start: number, end: number): void {
  let from = start
  while (from < end && text.charCodeAt(from) <= SPACE) from += 1
  const opaqueAt = schemeEnd(text, from, end)
  if (opaqueAt > 0) from = opaqueAt
  const at = text.indexOf('@', from)
  if (at >= 0 && at < end) {
    found.user = readUser(text, from, at)
    found.domain = readHost(text, at + 1, end)
  } else readUserless(text, start, from, end)
}

/** Offset behind 'scheme:', or -1. 'host:5060' is no scheme: digits follow its colon. */
function schemeEnd(text: string, start: number, end: number): number {
  if (text.startsWith('sip:', start)) return start + 4 // nearly always
  for (let at = start; at < end; at += 1) {
    const char = text.charCodeAt(at)
    if (char === COLON) {
      const next = text.charCodeAt(at + 1)
      const looksLikePort = next >= 48 && next <= 57 && !isKnownScheme(text, start, at)
      return at === start || looksLikePort ? -1 : at + 1
    }
    const letter = char | 0x20
    const isLetter = letter >= 97 && letter <= 122
    if (!isLetter && (at === start || !isSchemeTail(char))) return -1
  }
  return -1
}

function isKnownScheme(text: string, start: number, end: number): boolean {
  return /^(sips?|tel)$/i.test(text.slice(start, end))
}

function isSchemeTail(char: number): boolean {
  return (char >= 48 && char <= 57) || char === 43 || char === 45 || char === 46
}

function readUser(text: string, start: number, end: number): string {
  let stop = start
  while (stop < end) {
    const char = text.charCodeAt(stop)
    if (char === SEMICOLON || char === COLON) break
    stop += 1
  }
  return cleanUser(text.slice(start, stop))
}

function cleanUser(raw: string): string {
  return cutField(raw.includes('%') ? unescapeUser(raw) : raw)
}

function unescapeUser(raw: string): string {
  try {
    const text = decodeURIComponent(raw)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escaped NUL or CR stays escaped
    return /[\0-\x1f\x7f]/.test(text) ? raw : text
  } catch {
    return raw
  }
}

function readHost(text: string, start: number, end: number): string {
  let stop = start
  if (text[start] === '[') {
    const close = text.indexOf(']', start)
    if (close > 0 && close < end) return cutField(text.slice(start + 1, close).toLowerCase())
  }
  while (stop < end && !endsHost(text.charCodeAt(stop))) stop += 1
  // Two colons and no bracket: an IPv6 address somebody forgot to bracket (RFC 5118 §4.1).
  const bare = text.charCodeAt(stop) === COLON ? bareIpv6(text, start, end) : undefined
  return bare ?? cutField(text.slice(start, stop).toLowerCase())
}

function endsHost(char: number): boolean {
  return (
    char === COLON ||
    char === SEMICOLON ||
    char === QUESTION ||
    char === AT ||
    char === GREATER ||
    char <= SPACE
  )
}

function bareIpv6(text: string, start: number, end: number): string | undefined {
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*/i.exec(text.slice(start, end))?.[0].toLowerCase()
}

function readUserless(text: string, start: number, opaqueAt: number, end: number): void {
  const scheme = text.slice(start, opaqueAt).trim().toLowerCase()
  if (scheme === 'sip:' || scheme === 'sips:' || scheme === '') {
    found.user = ''
    found.domain = readHost(text, opaqueAt, end)
  } else if (scheme === 'tel:') readTel(text.slice(opaqueAt, end))
  else if (text.startsWith('//', opaqueAt)) {
    found.user = ''
    found.domain = readHost(text, opaqueAt + 2, end).replace(/\/.*/, '')
  } else {
    found.user = cutField(text.slice(opaqueAt, end).trim())
    found.domain = ''
  }
}

function readTel(number: string): void {
  const [digits = '', ...parameters] = number.split(';')
  found.user = cleanUser(digits.replace(/[-.()\s]/g, '')) // visual separators, RFC 3966 §5.1.1
  const context = parameters.find((p) => /^phone-context=/i.test(p))?.slice(14) ?? ''
  found.domain = context.startsWith('+') ? '' : cutField(context.toLowerCase())
}

/** The tag parameter behind a URI; quoted parameter values may hold ';tag=' and are skipped. */
function readTag(text: string, start: number, end: number): string {
  // The usual case first: the tag follows at once.
  if (text.startsWith(';tag=', start)) return readToken(text, start + 5, end)
  for (let at = start; at < end; at += 1) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = skipQuoted(text, at, end) - 1
    else if (char === SEMICOLON) {
      const value = tagValueAt(text, at + 1, end)
      if (value > 0) return readToken(text, value, end)
    }
  }
  return ''
}

/** Offset behind 'tag=' (any case, blanks around the '='), or -1 when another parameter stands there. */
function tagValueAt(text: string, start: number, end: number): number {
  const match = /^[ \t]*tag[ \t]*=[ \t]*/i.exec(text.slice(start, Math.min(end, start + 64)))
  return match === null ? -1 : start + match[0].length
}

function readToken(text: string, start: number, end: number): string {
  let stop = start
  while (stop < end && !endsBareUri(text.charCodeAt(stop))) stop += 1
  return cutField(text.slice(start, stop))
}

export function clearFound(): void {
  found.user = ''
  found.domain = ''
  found.tag = ''
}

/** `found` again with bytes >= 0x80 read as UTF-8; only messages that have such bytes pay for it. */
export function decodeFound(): void {
  found.user = decodeField(found.user)
  found.domain = decodeField(found.domain)
  found.tag = decodeField(found.tag)
}
