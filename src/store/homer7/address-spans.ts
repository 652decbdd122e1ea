// The parts of From, To, Contact, P-Asserted-Identity and the Request-URI that homer7 keeps, as places in
// the message: nothing is copied to find them.
//
//   "Bob <b>" <sips:+4989;ext=1:pw@[2001:db8::1]:5061;user=phone> ;tag=88
//                   └user┘          └──host──┘                        └tag
//
// As sent, unlike in the calls layout: no lower case, no escapes read. Where heplify-server's rows hold
// damage (a password in the user, half an IPv6 address, 'Contact: sip:bob' as a user), these hold the value.

/** What the last reading found; one object reused. Nothing between = not there. */
export const place = { userAt: 0, userEnd: 0, hostAt: 0, hostEnd: 0, tagAt: 0, tagEnd: 0 }

const SPACE = 32
const QUOTE = 34
const COMMA = 44
const COLON = 58
const SEMICOLON = 59
const LESS = 60
const EQUALS = 61
const GREATER = 62
const QUESTION = 63
const AT = 64
const BRACKET = 91
const BACKSLASH = 92

/** Reads a value such as From's, bytes[from, to), into `place`. */
export function placeAddress(bytes: Buffer, from: number, to: number): void {
  const open = findOpen(bytes, from, to)
  const start = open < 0 ? from : open + 1
  let end = start
  while (end < to && !endsUri(bytes[end]!, open >= 0)) end += 1
  placeUri(bytes, start, end)
  placeTag(bytes, end, to)
}

// Without <>, parameters belong to the header and not to the URI (RFC 3261 §20).
function endsUri(byte: number, isBracketed: boolean): boolean {
  if (isBracketed) return byte === GREATER
  return byte === SEMICOLON || byte === COMMA || byte <= SPACE
}

/** Offset of the '<' that opens the URI, behind a quoted name that may hold one; -1 when there is none. */
function findOpen(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at]
    if (byte === LESS) return at
    if (byte === QUOTE) at = Math.max(at, closingQuote(bytes, at, to))
  }
  return -1
}

function closingQuote(bytes: Buffer, from: number, to: number): number {
  for (let at = from + 1; at < to; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at
  }
  return -1
}

/** Reads the URI bytes[from, to) into `place`. */
export function placeUri(bytes: Buffer, from: number, to: number): void {
  clear()
  const colon = schemeEnd(bytes, from, to)
  const start = colon < 0 ? from : colon + 1
  let at = start
  let userEnd = -1
  while (at < to && bytes[at] !== AT) {
    if (userEnd < 0 && (bytes[at] === SEMICOLON || bytes[at] === COLON)) userEnd = at
    at += 1
  }
  if (at < to) {
    place.userAt = start
    place.userEnd = userEnd < 0 ? at : userEnd
    placeHost(bytes, at + 1, to)
  } else if (colon < 0 || isSip(bytes, from, colon)) placeHost(bytes, start, to)
  else {
    // tel:+49-89;phone-context=… and urn:service:sos are all user.
    place.userAt = start
    place.userEnd = start
    while (place.userEnd < to && bytes[place.userEnd] !== SEMICOLON) place.userEnd += 1
  }
}

function clear(): void {
  place.userAt = place.userEnd = 0
  place.hostAt = place.hostEnd = 0
  place.tagAt = place.tagEnd = 0
}

/** Offset of the ':' behind a scheme; -1 when there is none ('10.0.0.1:5060' has none). */
function schemeEnd(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at]!
    if (byte === COLON) return at > from && !isPort(bytes, at + 1, to) ? at : -1
    const letter = byte | 0x20
    const isLetter = letter >= 97 && letter <= 122
    if (!isLetter && (at === from || !(byte >= 43 && byte <= 57 && byte !== 44 && byte !== 47)))
      return -1
  }
  return -1
}

/** Digits up to the end or to a parameter. */
function isPort(bytes: Buffer, from: number, to: number): boolean {
  let at = from
  while (at < to && bytes[at]! >= 48 && bytes[at]! <= 57) at += 1
  return at > from && at - from <= 5 && (at === to || bytes[at] === SEMICOLON)
}

function isSip(bytes: Buffer, from: number, colon: number): boolean {
  const letters = colon - from
  return (
    (letters === 3 || letters === 4) &&
    (bytes[from]! | 0x20) === 115 &&
    (bytes[from + 2]! | 0x20) === 112
  )
}

function placeHost(bytes: Buffer, from: number, to: number): void {
  const isIpv6 = bytes[from] === BRACKET
  place.hostAt = isIpv6 ? from + 1 : from
  let end = place.hostAt
  while (end < to && !(isIpv6 ? bytes[end] === 93 : endsHost(bytes[end]!))) end += 1
  place.hostEnd = end
}

function endsHost(byte: number): boolean {
  return (
    byte === COLON || byte === SEMICOLON || byte === QUESTION || byte === GREATER || byte <= SPACE
  )
}

/** Finds ';tag=' behind a URI. */
function placeTag(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    if (bytes[at] === QUOTE) at = Math.max(at, closingQuote(bytes, at, to))
    if (bytes[at] !== SEMICOLON) continue
    let name = at + 1
    while (name < to && bytes[name]! <= SPACE) name += 1
    if (!isTag(bytes, name) || bytes[name + 3] !== EQUALS || name + 4 > to) continue
    place.tagAt = name + 4
    place.tagEnd = place.tagAt
    while (place.tagEnd < to && !endsWord(bytes[place.tagEnd]!)) place.tagEnd += 1
    return
  }
}

const isTag = (bytes: Buffer, at: number): boolean =>
  (bytes[at]! | 0x20) === 116 && (bytes[at + 1]! | 0x20) === 97 && (bytes[at + 2]! | 0x20) === 103

const endsWord = (byte: number): boolean =>
  byte === SEMICOLON || byte === COMMA || byte === GREATER || byte === QUOTE || byte <= SPACE
