// Where the headers lie that a homer7 row is made of. One walk over the lines of the head; a line is
// passed over by its first letter, else the name before the colon decides. Nothing is copied: the
// spans point into the payload, and whoever writes a field cuts it from there.
//
//   INVITE sip:bob@b SIP/2.0        start line
//   From: <sip:alice@a>;tag=1       slot 0: [at, end)
//   Via: …                          of several the last counts, as in heplify-server
//   Via: …                          (but From, To, Call-ID, CSeq and P-Asserted-Identity: the first)
//
// Unlike there, names count in any case and folded values are whole.
import { CONTACT, CUSTOM, fullNames } from './header-slots.ts'

/** Slots below keep the first header of their name, those from here on the last. */
const LAST_FROM = CONTACT

const LF = 10
const CR = 13
const TAB = 9
const SPACE = 32
const COLON = 58
const NAME_BYTES_MAX = 128
const indexOfByte = Uint8Array.prototype.indexOf

/** Finds the wanted headers of a message; one for each list of custom headers. */
export class SipSpans {
  /** Where each slot's value begins (even) and ends (odd); -1 = not there. */
  readonly slots: Int32Array
  /** The payload they point into. */
  bytes: Buffer = Buffer.alloc(0)
  /** 0 = a request, or no SIP at all. */
  status = 0
  /** Of the request; both 0 when there is none. */
  methodAt = 0
  methodEnd = 0
  uriAt = 0
  uriEnd = 0
  isSip = false
  readonly #slotByHash = new Map<number, readonly [name: Buffer, slot: number][]>()
  #letters = 0

  constructor(customHeaders: readonly string[] = []) {
    this.slots = new Int32Array((CUSTOM + customHeaders.length) * 2)
    for (const [name, slot] of fullNames(customHeaders)) {
      const bytes = Buffer.from(name)
      const hash = hashOf(bytes, 0, bytes.length)
      this.#slotByHash.set(hash, [...(this.#slotByHash.get(hash) ?? []), [bytes, slot]])
      this.#letters |= 1 << (bytes[0]! & 31)
    }
  }

  has(slot: number): boolean {
    return this.slots[slot * 2]! >= 0
  }

  /** Walks over the head of the message bytes[from, to). */
  find(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes
    this.slots.fill(-1)
    let start = from
    while (start < to && (bytes[start] === CR || bytes[start] === LF)) start += 1
    const lineEnd = lineEndOf(bytes, start, to)
    this.#readStartLine(bytes, start, lineEnd)
    if (this.isSip) this.#walk(bytes, lineEnd + 1, to)
  }

  #walk(bytes: Buffer, from: number, to: number): void {
    const { slots } = this
    let last = -1
    for (let at = from; at < to; ) {
      const lineEnd = lineEndOf(bytes, at, to)
      const first = bytes[at]!
      if (first === SPACE || first === TAB) {
        if (last >= 0) slots[last * 2 + 1] = trimmedEnd(bytes, slots[last * 2]!, lineEnd)
      } else if (lineEnd === at || (first === CR && lineEnd === at + 1)) return
      else last = (this.#letters & (1 << (first & 31))) === 0 ? -1 : this.#claim(bytes, at, lineEnd)
      at = lineEnd + 1
    }
  }

  /** Notes the value when the line is a wanted header; its slot, or -1. */
  #claim(bytes: Buffer, at: number, lineEnd: number): number {
    let hash = 0
    let end = at
    const stop = Math.min(lineEnd, at + NAME_BYTES_MAX)
    for (; end < stop; end += 1) {
      const byte = bytes[end]!
      if (byte === COLON || byte === SPACE || byte === TAB) break
      hash = (Math.imul(hash, 31) + (byte | 0x20)) | 0
    }
    const slot = this.#slotOf(bytes, at, end, hash)
    if (slot < 0) return -1
    const colon = skipBlanks(bytes, end, lineEnd)
    if (bytes[colon] !== COLON || colon >= lineEnd) return -1
    if (slot < LAST_FROM && this.has(slot)) return -1
    const value = skipBlanks(bytes, colon + 1, lineEnd)
    this.slots[slot * 2] = value
    this.slots[slot * 2 + 1] = trimmedEnd(bytes, value, lineEnd)
    return slot
  }

  #slotOf(bytes: Buffer, at: number, end: number, hash: number): number {
    const candidates = this.#slotByHash.get(hash)
    if (candidates === undefined) return -1
    for (const [name, slot] of candidates) if (isNamed(bytes, at, end, name)) return slot
    return -1
  }

  #readStartLine(bytes: Buffer, from: number, lineEnd: number): void {
    this.status = 0
    this.methodAt = this.methodEnd = this.uriAt = this.uriEnd = 0
    const end = trimmedEnd(bytes, from, lineEnd)
    const firstEnd = wordEnd(bytes, from, end)
    const second = skipBlanks(bytes, firstEnd, end)
    if (isVersionAt(bytes, from, end)) {
      const text = bytes.toString('latin1', second, wordEnd(bytes, second, end))
      this.isSip = /^[1-6]\d\d$/.test(text)
      if (this.isSip) this.status = Number(text)
      return
    }
    let version = end
    while (version > second && bytes[version - 1]! > SPACE) version -= 1
    this.isSip = version > second && isVersionAt(bytes, version, end)
    if (!this.isSip) return
    this.methodAt = from
    this.methodEnd = firstEnd
    this.uriAt = second
    this.uriEnd = trimmedEnd(bytes, second, version)
  }
}

/** 'SIP/' in any case. */
function isVersionAt(bytes: Buffer, at: number, end: number): boolean {
  return (
    end - at > 4 &&
    (bytes[at]! | 0x20) === 115 &&
    (bytes[at + 1]! | 0x20) === 105 &&
    (bytes[at + 2]! | 0x20) === 112 &&
    bytes[at + 3] === 47
  )
}

function isNamed(bytes: Buffer, at: number, end: number, name: Buffer): boolean {
  if (end - at !== name.length) return false
  for (let i = 0; i < name.length; i += 1)
    if ((bytes[at + i]! | 0x20) !== (name[i]! | 0x20)) return false
  return true
}

function hashOf(name: Buffer, at: number, end: number): number {
  let hash = 0
  for (let i = at; i < end; i += 1) hash = (Math.imul(hash, 31) + (name[i]! | 0x20)) | 0
  return hash
}

function lineEndOf(bytes: Buffer, at: number, to: number): number {
  const lf = indexOfByte.call(bytes, LF, at)
  return lf < 0 || lf > to ? to : lf
}

function wordEnd(bytes: Buffer, at: number, end: number): number {
  let stop = at
  while (stop < end && bytes[stop]! > SPACE) stop += 1
  return stop
}

function skipBlanks(bytes: Buffer, at: number, end: number): number {
  let start = at
  while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start += 1
  return start
}

function trimmedEnd(bytes: Buffer, at: number, lineEnd: number): number {
  let end = lineEnd
  while (end > at && bytes[end - 1]! <= SPACE) end -= 1
  return end
}
