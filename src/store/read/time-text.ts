// Times as text: microseconds since 1970 to RFC 3339 UTC with six digits, and back. A Date holds
// milliseconds only, so the two halves are kept apart and never meet in a fraction: whole seconds go
// through Date, the six digits are integers all the way.
//
// Range: years 0000 to 9999, what RFC 3339 can say. Microseconds are exact integers up to 2^53, that
// is the year 2255; what comes from the wire is clamped long before.

const US_PER_SECOND = 1_000_000
const FIRST_SECOND = -62_167_219_200 // 0000-01-01T00:00:00Z
const LAST_SECOND = 253_402_300_799 // 9999-12-31T23:59:59Z

/** RFC 3339 UTC with microseconds, such as `2026-11-20T08:00:00.000001Z`. */
export function timeText(us: number): string {
  const second = Math.floor(us / US_PER_SECOND)
  if (!Number.isSafeInteger(us) || second < FIRST_SECOND || second > LAST_SECOND) {
    throw new RangeError(`${us} is not a time in microseconds between the years 0 and 9999`)
  }
  const fraction = String(us - second * US_PER_SECOND).padStart(6, '0')
  return `${new Date(second * 1_000).toISOString().slice(0, -5)}.${fraction}Z`
}

const UTC_TEXT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/

/** Microseconds since 1970 of a text as `timeText` writes it; undefined for any other text. */
export function timeUs(text: string): number | undefined {
  const match = UTC_TEXT.exec(text)
  if (match === null) return undefined
  const ms = Date.parse(`${match[1]}.000Z`)
  // Date.parse takes 30 February for 2 March: a time that comes back different was none.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, -5) !== match[1]) return undefined
  const us = ms * 1_000 + Number((match[2] ?? '').padEnd(6, '0'))
  return Number.isSafeInteger(us) ? us : undefined
}
