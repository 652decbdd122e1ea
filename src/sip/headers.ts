// Headers read from the bytes on demand. parseSip keeps only what every search needs; whoever wants
// more (a message view, configured custom headers, correlation) asks here and pays for it.

import { headStart, headText } from './head.ts'
import { compactNameOf, fullNameOf } from './header-names.ts'
import { decodeField, unfold } from './wire-text.ts'

/** More header lines than this are not read: no SIP stack takes as many. */
export const HEADERS_MAX = 512
/** A header value is cut here when read by `customHeaders`. */
export const HEADER_VALUE_CHARS_MAX = 1_024

/** One header line, unfolded. */
export interface SipHeader {
  /** The full name where a compact one was sent: 'Via' for 'v'. Otherwise as sent. */
  readonly name: string
  readonly value: string
  /** The name as it stood in the message. */
  readonly sentName: string
}

/** All headers in order, unfolded, compact names spelled out; lines without a colon are skipped. */
export function readHeaders(payload: Buffer): readonly SipHeader[] {
  const headers: SipHeader[] = []
  forEachHeader(payload, ANY_LETTER, (sentName, value) => {
    headers.push({ name: fullNameOf(sentName), value: value(), sentName })
    return true
  })
  return headers
}

/** The value of the first header of that name (any case, compact form too); undefined when absent. */
export function headerValue(payload: Buffer, name: string): string | undefined {
  const wanted = fullNameOf(name).toLowerCase()
  let found: string | undefined
  forEachHeader(payload, lettersOf(wanted), (sentName, value) => {
    if (fullNameOf(sentName).toLowerCase() !== wanted) return true
    found = value()
    return false
  })
  return found
}

/** The configured headers that are there: lower-case name to the first value, cut and without NUL. */
export function customHeaders(
  payload: Buffer,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  if (names.length === 0) return headers
  const { byName, letters } = wantedOf(names)
  let missing = byName.size
  forEachHeader(payload, letters, (sentName, value) => {
    const name = byName.get(fullNameOf(sentName).toLowerCase())
    if (name === undefined || Object.hasOwn(headers, name)) return true
    headers[name] = value().slice(0, HEADER_VALUE_CHARS_MAX)
    missing -= 1
    return missing > 0
  })
  return headers
}

/** Calls back for every header of these names (any case, compact forms too), in order, with the name as configured. */
export function visitHeaders(
  payload: Buffer,
  names: readonly string[],
  visit: (lowerName: string, value: string) => void,
): void {
  if (names.length === 0) return
  const { byName, letters } = wantedOf(names)
  forEachHeader(payload, letters, (sentName, value) => {
    const name = byName.get(fullNameOf(sentName).toLowerCase())
    if (name !== undefined) visit(name, value())
    return true
  })
}

interface WantedNames {
  /** Full lower-case name to the configured one, so that `f` may be configured for From. */
  readonly byName: ReadonlyMap<string, string>
  readonly letters: number
}
const wantedCache = new WeakMap<readonly string[], WantedNames>()

/** Configured once, asked for with every message. */
function wantedOf(names: readonly string[]): WantedNames {
  const known = wantedCache.get(names)
  if (known !== undefined) return known
  const byName = new Map(names.map((name) => [fullNameOf(name).toLowerCase(), name.toLowerCase()]))
  const letters = [...byName.keys()].reduce((bits, name) => bits | lettersOf(name), 0)
  const wanted = { byName, letters }
  wantedCache.set(names, wanted)
  return wanted
}

const ANY_LETTER = -1

/** One bit for each first letter the header may have: most lines are passed over by it. */
function lettersOf(lowerName: string): number {
  return (
    letterBit(lowerName.charCodeAt(0)) |
    letterBit((compactNameOf(lowerName) ?? lowerName).charCodeAt(0))
  )
}

function letterBit(char: number): number {
  return 1 << (char & 31)
}

type Visit = (sentName: string, value: () => string) => boolean

/** Calls back for each header that begins with one of the letters, until that returns false. */
function forEachHeader(payload: Buffer, letters: number, visit: Visit): void {
  const head = headText(payload, headStart(payload))
  let at = lineEndOf(head, 0) + 1
  for (let lines = 0; at < head.length && lines < HEADERS_MAX; lines += 1) {
    let end = lineEndOf(head, at)
    if (isBlankLine(head, at, end)) return
    while (isIndented(head, end + 1)) end = lineEndOf(head, end + 1)
    const colon = (letters & letterBit(head.charCodeAt(at))) === 0 ? -1 : head.indexOf(':', at)
    if (colon >= 0 && colon < end) {
      const name = head.slice(at, colon).trim()
      const value = () => decodeField(unfold(head.slice(colon + 1, end)).trim())
      if (name !== '' && !visit(name, value)) return
    }
    at = end + 1
  }
}

function lineEndOf(head: string, at: number): number {
  const lf = head.indexOf('\n', at)
  return lf < 0 ? head.length : lf
}

function isBlankLine(head: string, at: number, end: number): boolean {
  return end === at || (end === at + 1 && head.charCodeAt(at) === 13)
}

function isIndented(head: string, at: number): boolean {
  const char = head.charCodeAt(at)
  return char === 32 || char === 9
}
