// IP addresses as text. Making the text costs more than decoding the rest of a frame, and
// a platform has few addresses, so the last texts are kept in two small tables.
//
//   slot = hash(address): key[slot] is the address, text[slot] its text
//
// Each address has one slot and the newcomer replaces what was there: bounded without bookkeeping,
// and a flood of invented addresses costs no more than having no table.
import { u16, u32 } from './chunks.ts'

const SLOT_BITS = 12
const SLOTS = 1 << SLOT_BITS
const HASH = 0x9e3779b1 // 2^32 / golden ratio: spreads neighbouring addresses over the table

const keys4 = new Uint32Array(SLOTS)
const texts4 = new Array<string>(SLOTS).fill('0.0.0.0')
const keys6 = new Uint32Array(SLOTS * 4)
const texts6 = new Array<string>(SLOTS).fill('::')

/** Text of the four bytes at `at`. */
export function ipv4Text(bytes: Buffer, at: number): string {
  const key = u32(bytes, at)
  const slot = Math.imul(key, HASH) >>> (32 - SLOT_BITS)
  if (keys4[slot] === key) return texts4[slot]!
  keys4[slot] = key
  texts4[slot] = dotted(key)
  return texts4[slot]
}

/** Text of the sixteen bytes at `at`, as RFC 5952 writes it. */
export function ipv6Text(bytes: Buffer, at: number): string {
  const a = u32(bytes, at)
  const b = u32(bytes, at + 4)
  const c = u32(bytes, at + 8)
  const d = u32(bytes, at + 12)
  const mixed = Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d
  const slot = Math.imul(mixed, HASH) >>> (32 - SLOT_BITS)
  const key = slot * 4
  const known = keys6[key] === a && keys6[key + 1] === b
  if (known && keys6[key + 2] === c && keys6[key + 3] === d) return texts6[slot]!
  keys6[key] = a
  keys6[key + 1] = b
  keys6[key + 2] = c
  keys6[key + 3] = d
  texts6[slot] = groupsText(bytes, at)
  return texts6[slot]
}

const dotted = (key: number): string =>
  `${key >>> 24}.${(key >>> 16) & 255}.${(key >>> 8) & 255}.${key & 255}`

function groupsText(bytes: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(bytes, at + 2 * i))
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  if (mapped) return `::ffff:${dotted(u32(bytes, at + 12))}`
  const { from, count } = longestZeros(groups)
  const hex = groups.map((group) => group.toString(16))
  if (count < 2) return hex.join(':') // RFC 5952 §4.2.2: a single zero group stays
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + count).join(':')}`
}

/** The longest run of zero groups, the first of equals (RFC 5952 §4.2.3). */
function longestZeros(groups: readonly number[]): { from: number; count: number } {
  let longest = { from: 0, count: 0 }
  for (let from = 0; from < 8; from++) {
    let to = from
    while (groups[to] === 0) to++
    if (to - from > longest.count) longest = { from, count: to - from }
    from = to
  }
  return longest
}
