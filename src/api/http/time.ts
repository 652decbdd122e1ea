// Times as people type them into `from` and `to`: RFC 3339 with any number of fraction digits
// (microseconds are kept), `now`, or an age such as -15m. Everything becomes microseconds since 1970,
// which a double holds exactly until the year 2255; later years are refused rather than rounded.

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const
const YEAR_MAX = 2200

/** What `parseTime` takes, for error messages and the API's description. */
export const TIME_ALLOWED =
  'an RFC 3339 time such as 2026-11-20T08:00:00Z, or an age such as -90s, -15m, -2h, -7d, or now'

/** Microseconds since 1970, or undefined when `text` is not a time. */
export function parseTime(text: string, nowUs: number): number | undefined {
  if (text === 'now') return nowUs
  return parseAge(text, nowUs) ?? parseRfc3339(text)
}

function parseAge(text: string, nowUs: number): number | undefined {
  const match = /^-(\d{1,9})([smhdw])$/.exec(text)
  if (!match) return undefined
  const seconds = Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS]
  return Math.max(0, nowUs - seconds * 1e6)
}

// A '+' before the zone that nobody percent-encoded arrives as a space: it cannot mean anything else.
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+\- ])(\d\d):(\d\d))$/

function parseRfc3339(text: string): number | undefined {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as SixNumbers
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC rolls 30 February over into March; a date that comes back different was none.
  const said = text.slice(0, 10) + text.slice(11, 19)
  const meant = new Date(ms).toISOString()
  if (meant.slice(0, 10) + meant.slice(11, 19) !== said) return undefined
  const us = ms * 1000 + Number((match[7] ?? '').padEnd(6, '0').slice(0, 6))
  const zoneMinutes = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)
  const utcUs = us - (match[8] === '-' ? -1 : 1) * zoneMinutes * 60e6
  return year <= YEAR_MAX && utcUs >= 0 ? utcUs : undefined
}

type SixNumbers = [number, number, number, number, number, number]

/** RFC 3339 UTC with microseconds, as everywhere in the API. */
export function formatTime(us: number): string {
  const seconds = Math.floor(us / 1e6)
  const fraction = String(Math.floor(us - seconds * 1e6)).padStart(6, '0')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}
