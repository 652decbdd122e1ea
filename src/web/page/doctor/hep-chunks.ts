// A quarantined frame read as far as it makes sense, for people: what each stretch of bytes is. It
// follows the rules of src/hep (docs/hep.md), but keeps going where that stops with one fault.

/** A stretch of the frame. */
export interface FramePart {
  readonly at: number
  readonly bytes: number
  readonly name: string
  /** For people; '' where there is nothing to say. */
  readonly value: string
}

type Kind = 'u8' | 'u16' | 'u32' | 'ip' | 'text' | 'key' | 'bytes'

const CHUNKS: Readonly<Record<number, readonly [string, Kind]>> = {
  1: ['IP family', 'u8'],
  2: ['IP protocol', 'u8'],
  3: ['source IPv4', 'ip'],
  4: ['destination IPv4', 'ip'],
  5: ['source IPv6', 'ip'],
  6: ['destination IPv6', 'ip'],
  7: ['source port', 'u16'],
  8: ['destination port', 'u16'],
  9: ['seconds', 'u32'],
  10: ['microseconds', 'u32'],
  11: ['protocol type', 'u8'],
  12: ['capture id', 'u32'],
  13: ['keep-alive', 'u16'],
  14: ['key', 'key'],
  15: ['payload', 'text'],
  16: ['compressed payload', 'bytes'],
  17: ['correlation id', 'text'],
  18: ['VLAN', 'u16'],
  19: ['node name', 'text'],
}

const HEAD_BYTES = 6
const TEXT_BYTES_SHOWN = 80
const PARTS_MAX = 128

/** The parts of a frame up to where it cannot be read on. */
export function readParts(frame: Uint8Array): readonly FramePart[] {
  const start = textOf(frame.subarray(0, 4))
  if (start === 'HEP3') return readVersion3(frame)
  if (frame[0] === 1 || frame[0] === 2) return readOld(frame, frame[0])
  const shown = Math.min(frame.length, TEXT_BYTES_SHOWN)
  return frame.length === 0
    ? []
    : [{ at: 0, bytes: shown, name: 'no HEP', value: textOf(frame.subarray(0, shown)) }]
}

function readVersion3(frame: Uint8Array): readonly FramePart[] {
  const parts: FramePart[] = [{ at: 0, bytes: 4, name: 'magic', value: 'HEP3' }]
  if (frame.length < HEAD_BYTES) return parts
  const total = u16(frame, 4)
  parts.push({ at: 4, bytes: 2, name: 'length', value: `${total} of ${frame.length} bytes` })
  for (let at = HEAD_BYTES; at + HEAD_BYTES <= frame.length && parts.length < PARTS_MAX; ) {
    const bytes = u16(frame, at + 4)
    const part = chunkAt(frame, at, bytes)
    parts.push(part)
    if (bytes < HEAD_BYTES || at + bytes > frame.length) break
    at += bytes
  }
  return parts
}

function chunkAt(frame: Uint8Array, at: number, bytes: number): FramePart {
  const vendor = u16(frame, at)
  const type = u16(frame, at + 2)
  const [known, kind] = CHUNKS[type] ?? ['', 'bytes']
  const name = vendor === 0 ? `${type} ${known}`.trim() : `${type} of vendor ${vendor}`
  const end = Math.min(frame.length, at + Math.max(bytes, HEAD_BYTES))
  const body = frame.subarray(at + HEAD_BYTES, end)
  const says = at + bytes > frame.length || bytes < HEAD_BYTES ? `says ${bytes} bytes ` : ''
  return {
    at,
    bytes: end - at,
    name,
    value: (says + bodyText(vendor === 0 ? kind : 'bytes', body)).trim(),
  }
}

function bodyText(kind: Kind, body: Uint8Array): string {
  switch (kind) {
    case 'u8':
      return body.length === 1 ? String(body[0]) : hexOf(body)
    case 'u16':
      return body.length === 2 ? String(u16(body, 0)) : hexOf(body)
    case 'u32':
      return body.length === 4 ? String(u16(body, 0) * 65_536 + u16(body, 2)) : hexOf(body)
    case 'ip':
      return body.length === 4 ? body.join('.') : hexOf(body)
    case 'text':
      return textOf(body.subarray(0, TEXT_BYTES_SHOWN))
    case 'key':
      return '(blanked)'
    case 'bytes':
      return hexOf(body)
  }
}

function readOld(frame: Uint8Array, version: number): readonly FramePart[] {
  const isWide = frame[2] === 10
  const address = isWide ? 16 : 4
  const fields: readonly (readonly [string, number, (bytes: Uint8Array) => string])[] = [
    ['version', 1, () => String(version)],
    ['header length', 1, ([n]) => `${n}, expected ${isWide ? 40 : 16}`],
    ['IP family', 1, ([n]) => String(n)],
    ['IP protocol', 1, ([n]) => String(n)],
    ['source port', 2, (bytes) => String(u16(bytes, 0))],
    ['destination port', 2, (bytes) => String(u16(bytes, 0))],
    ['source', address, (bytes) => bodyText('ip', bytes)],
    ['destination', address, (bytes) => bodyText('ip', bytes)],
    ...(version === 2 ? ([['time and capture id', 12, hexOf]] as const) : []),
    ['payload', frame.length, (bytes) => textOf(bytes.subarray(0, TEXT_BYTES_SHOWN))],
  ]
  const parts: FramePart[] = []
  let at = 0
  for (const [name, bytes, show] of fields) {
    if (at >= frame.length) break
    const body = frame.subarray(at, at + bytes)
    parts.push({ at, bytes: body.length, name, value: show(body) })
    at += bytes
  }
  return parts
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!

const HEX_BYTES_SHOWN = 16
const hexOf = (bytes: Uint8Array): string =>
  [...bytes.subarray(0, HEX_BYTES_SHOWN)].map((n) => n.toString(16).padStart(2, '0')).join(' ') +
  (bytes.length > HEX_BYTES_SHOWN ? ' …' : '')

/** Printable ASCII as it is, line ends as signs, the rest as dots. */
const textOf = (bytes: Uint8Array): string =>
  [...bytes]
    .map((n) =>
      n === 13 ? '' : n === 10 ? '⏎' : n >= 32 && n < 127 ? String.fromCharCode(n) : '·',
    )
    .join('')
