// Short texts that come again and again, such as the names of agents' nodes: kept in a small table, so
// that the same bytes give the same string and nothing is decoded twice. As in ip-text.ts each text
// has one slot and the newcomer replaces what was there. Only ASCII is compared byte by byte.
const SLOTS = 64
const CHARS_MAX = 64

const texts = new Array<string>(SLOTS).fill('')

/** UTF-8 text of bytes[from, to). */
export function recentText(bytes: Buffer, from: number, to: number): string {
  if (from === to) return ''
  const slot = ((to - from) * 31 + bytes[to - 1]! + bytes[from]! * 7) & (SLOTS - 1)
  const known = texts[slot]!
  if (isText(bytes, from, to, known)) return known
  const text = bytes.toString('utf8', from, to)
  if (to - from <= CHARS_MAX) texts[slot] = text
  return text
}

/** True when the bytes are this ASCII text; a text with other characters is never recognised. */
export function isText(bytes: Buffer, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i)
    if (char !== bytes[from + i] || char > 127) return false
  }
  return true
}
