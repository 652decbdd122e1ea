// JSON as agents write it: numbers as numbers or as text, names in any case, commas too many at the end
// of a list. What cannot be read is undefined; nothing throws.

export type Json = Readonly<Record<string, unknown>>

/** The object a payload holds; undefined for anything else. */
export function readObject(payload: Buffer): Json | undefined {
  if (payload[firstByteAt(payload)] !== OPEN_BRACE) return undefined
  const text = payload.toString('utf8')
  return parsed(text) ?? parsed(text.replace(/,(?=\s*[}\]])/g, '').replace(/\0+\s*$/, ''))
}

const OPEN_BRACE = 123

function firstByteAt(payload: Buffer): number {
  let at = 0
  while (at < payload.length && payload[at]! <= 32) at += 1
  return at
}

function parsed(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function objectOf(value: unknown): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Json) : undefined
}

/** The elements of a list, no more than `max`; none of what is no list. */
export const listOf = (value: unknown, max: number): readonly unknown[] =>
  Array.isArray(value) ? value.slice(0, max) : []

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** A number from `min` to `max`; undefined outside of it. */
export function within(value: unknown, min: number, max: number): number | undefined {
  const number = numberOf(value)
  return number !== undefined && number >= min && number <= max ? number : undefined
}

const TEXT_CHARS_MAX = 1_024

/** Text, or a number as text; '' for the rest. Cut at 1,024 characters. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value.slice(0, TEXT_CHARS_MAX) : ''
}

/** 'ip:port', '[ip]:port'; '' unless there are both. */
export function addressText(ip: string, port: number | undefined): string {
  if (ip === '' || port === undefined || port < 1 || port > 65_535) return ''
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
