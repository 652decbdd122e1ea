// From, To and the Request-URI taken apart into what people search by: a user and a domain, and the
// tag. Reads whatever is there, never refuses: display names may hold quotes, '<' and ';', hosts may
// be IPv6 with or without brackets, the URI may be sip:, sips:, tel:, urn: or something unheard of.
//
//   "Bob \"<;\" B" <sips:+4989;ext=1:pw@[2001:db8::1]:5061;user=phone?h=v> ;tag=88
//                        └user┘          └─domain──┘                           └tag
//
//   user    without password and user parameters; %41 read as A where that gives printable UTF-8
//   domain  lower case, without port and brackets
//   The other schemes are in uri.ts.
//
// A value comes as bytes and as the same bytes in Latin-1: bytes are quicker to look at one by one,
// the string is quicker to cut pieces from.
import { readOtherUri } from './uri.ts'
import { cutField, decodeField, letters, quotedEnd } from './wire-text.ts'

/** What the last `readAddress` or `readUri` found; one object reused, copied out by the caller. */
export const found = { user: '', domain: '', tag: '' }

const TAB = 9
const SPACE = 32
const QUOTE = 34
const PERCENT = 37
const COMMA = 44
const COLON = 58
const SEMICOLON = 59
const LESS = 60
const EQUALS = 61
const GREATER = 62
const AT = 64
const BRACKET = 91
const TAG = 0x746167

/** Reads a From or To value, on one line, between two offsets into `found`. */
export function readAddress(bytes: Buffer, text: string, start: number, end: number): void {
  const open = findOpen(bytes, start, end)
  let at: number
  if (open < 0) {
    // Without <>, parameters belong to the header, not to the URI (RFC 3261 §20).
    at = wordEnd(bytes, start, end)
    readUri(bytes, text, start, at)
  } else {
    const hostEnd = readUri(bytes, text, open + 1, end)
    at = hostEnd
    while (at < end && bytes[at] !== GREATER) at += 1
    if (at === end) at = hostEnd // '>' forgotten: look for the tag all the same
  }
  found.tag = readTag(bytes, text, at, end)
}

/** Offset of the '<' that opens the URI, skipping a quoted display name; -1 when there is none. */
function findOpen(bytes: Buffer, start: number, end: number): number {
  let isQuoting = true
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === LESS) return at
    if (byte === QUOTE && isQuoting) {
      const close = quotedEnd(bytes, at, end)
      if (close < 0) isQuoting = false
      else at = close
    }
  }
  return -1
}

function wordEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && !endsWord(bytes[at]!)) at += 1
  return at
}

function endsWord(byte: number): boolean {
  return byte === SEMICOLON || byte === COMMA || byte === SPACE || byte === TAB
}

/** Reads a URI that ends at `end` or '>' into `found.user` and `found.domain`; returns where it stopped. */
export function readUri(bytes: Buffer, text: string, start: number, end: number): number {
  const from = sipSchemeEnd(bytes, start)
  if (from < 0) return readOther(text, start, end)
  let at = from
  let stop = -1 // where the user ends: at a password or user parameter, else at the '@'
  let isEscaped = false
  for (; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === AT || byte === GREATER) break
    if (byte === PERCENT) isEscaped = true
    else if (stop < 0 && (byte === SEMICOLON || byte === COLON)) stop = at
  }
  if (at === end || bytes[at] === GREATER) {
    found.user = ''
    return readHost(bytes, text, from, at)
  }
  const user = cutField(text.slice(from, stop < 0 ? at : stop))
  found.user = isEscaped ? unescapeUser(user) : user
  return readHost(bytes, text, at + 1, end)
}

function readOther(text: string, start: number, end: number): number {
  const close = text.indexOf('>', start)
  const stop = close < 0 || close > end ? end : close
  readOtherUri(text.slice(start, stop), found)
  return stop
}

/** Offset behind 'sip:' or 'sips:' in any case; -1 for everything else. */
function sipSchemeEnd(bytes: Buffer, start: number): number {
  const isSip =
    (bytes[start]! | 0x20) === 115 &&
    (bytes[start + 1]! | 0x20) === 105 &&
    (bytes[start + 2]! | 0x20) === 112
  if (!isSip) return -1
  if (bytes[start + 3] === COLON) return start + 4
  return (bytes[start + 3]! | 0x20) === 115 && bytes[start + 4] === COLON ? start + 5 : -1
}

/** An escape that gives no text, or a control character such as NUL, stays as it was sent. */
export function unescapeUser(raw: string): string {
  try {
    const text = decodeURIComponent(raw)
    return isPrintable(text) ? text : raw
  } catch {
    return raw
  }
}

function isPrintable(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char < SPACE || char === 127) return false
  }
  return true
}

/** Reads the host into `found.domain` and returns the offset behind it. */
function readHost(bytes: Buffer, text: string, start: number, end: number): number {
  let at = start
  let isUpper = false
  for (; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte >= COLON && byte <= BRACKET) {
      if (byte >= 65 && byte <= 90) isUpper = true
      else if (byte === BRACKET) return readIpv6(text, start + 1, text.indexOf(']', start), end)
      else if (byte !== EQUALS && byte !== LESS) break
    } else if (byte <= SPACE) break
  }
  if (bytes[at] === COLON && at < end) {
    const ipv6End = bareIpv6End(bytes, start, end)
    if (ipv6End > 0) return readIpv6(text, start, ipv6End, end)
  }
  const host = cutField(text.slice(start, at))
  found.domain = isUpper ? host.toLowerCase() : host
  return at
}

function readIpv6(text: string, start: number, close: number, end: number): number {
  const stop = close < 0 || close > end ? end : close
  found.domain = cutField(text.slice(start, stop).toLowerCase())
  return stop
}

/** Two colons and no bracket: an IPv6 address somebody forgot to bracket (RFC 5118 §4.1). */
function bareIpv6End(bytes: Buffer, start: number, end: number): number {
  let colons = 0
  let at = start
  for (; at < end && isIpv6Char(bytes[at]!); at += 1) if (bytes[at] === COLON) colons += 1
  return colons > 1 ? at : -1
}

function isIpv6Char(byte: number): boolean {
  const letter = byte | 0x20
  return (byte >= 46 && byte <= COLON && byte !== 47) || (letter >= 97 && letter <= 102)
}

/** The tag among the parameters behind a URI; quoted values may hold ';tag=' and are skipped. */
function readTag(bytes: Buffer, text: string, start: number, end: number): string {
  let isQuoting = true
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === SEMICOLON) {
      const value = tagValueAt(bytes, at + 1, end)
      if (value > 0) return cutField(text.slice(value, wordEnd(bytes, value, end)))
    } else if (byte === QUOTE && isQuoting) {
      const close = quotedEnd(bytes, at, end)
      if (close < 0) isQuoting = false
      else at = close
    }
  }
  return ''
}

/** Offset behind 'tag=' (any case, blanks around the '='), or -1 when another parameter stands there. */
function tagValueAt(bytes: Buffer, start: number, end: number): number {
  if (letters(bytes, start) === TAG && bytes[start + 3] === EQUALS && bytes[start + 4]! > SPACE) {
    return Math.min(start + 4, end)
  }
  const name = skipBlanks(bytes, start, end)
  if (letters(bytes, name) !== TAG) return -1
  const at = skipBlanks(bytes, name + 3, end)
  return bytes[at] === EQUALS && at < end ? skipBlanks(bytes, at + 1, end) : -1
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1
  return at
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
