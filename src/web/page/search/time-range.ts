// The time range of a search, as the address has it: an age ('-24h'), a time (RFC 3339), or 'all'.
//
//   from absent    the last 24 hours: enough to find a call of today, little enough to be quick
//   from=all       everything that is stored
//   to absent      until now; the list then goes on growing at the top
import { showClock, showDay } from '../parts/format.ts'

/** What an address without `from` stands for. */
export const DEFAULT_FROM = '-24h'
export const ALL = 'all'

/** To choose from. */
export const PRESETS = [
  ['-5m', 'Last 5 minutes'],
  ['-15m', 'Last 15 minutes'],
  ['-1h', 'Last hour'],
  ['-6h', 'Last 6 hours'],
  [DEFAULT_FROM, 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
  ['-30d', 'Last 30 days'],
  [ALL, 'All time'],
] as const

/** As the address has it; '' = absent. */
export interface TimeRange {
  readonly from: string
  readonly to: string
}

/** Both ends in milliseconds. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** For `from=` and `to=` of the API, which knows no default. */
export const apiRange = ({ from, to }: TimeRange): TimeRange => ({
  from: from === ALL ? '' : from || DEFAULT_FROM,
  to,
})

const UNITS = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 } as const

/** What one end means now; undefined for what only the server can say is wrong. */
function timeMs(text: string, nowMs: number): number | undefined {
  const [, count, unit] = /^-(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? []
  if (unit) return nowMs - Number(count) * UNITS[unit as keyof typeof UNITS]
  const ms = text === 'now' ? nowMs : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** The span a range means now; undefined for all time and for what makes no sense. */
export function spanOf(range: TimeRange, nowMs = Date.now()): Span | undefined {
  const { from, to } = apiRange(range)
  const fromMs = timeMs(from, nowMs)
  const toMs = to === '' ? nowMs : timeMs(to, nowMs)
  return fromMs === undefined || toMs === undefined || toMs <= fromMs ? undefined : { fromMs, toMs }
}

/** Earlier (-1) or later (1) by its own length. What would reach beyond now ends there. */
export function shifted(range: TimeRange, by: -1 | 1, nowMs = Date.now()): TimeRange | undefined {
  const span = spanOf(range, nowMs)
  if (!span) return undefined
  const lengthMs = span.toMs - span.fromMs
  return rangeOf({ fromMs: span.fromMs + by * lengthMs, toMs: span.toMs + by * lengthMs }, nowMs)
}

/** Twice as long round the same middle. */
export function zoomedOut(range: TimeRange, nowMs = Date.now()): TimeRange | undefined {
  const span = spanOf(range, nowMs)
  if (!span) return undefined
  const halfMs = (span.toMs - span.fromMs) / 2
  return rangeOf({ fromMs: span.fromMs - halfMs, toMs: span.toMs + halfMs }, nowMs)
}

/** For the address. An end at now or after it is left open. */
export function rangeOf({ fromMs, toMs }: Span, nowMs = Date.now()): TimeRange {
  const length = toMs - fromMs
  if (toMs < nowMs) return { from: isoSecond(fromMs), to: isoSecond(toMs) }
  return { from: isoSecond(Math.min(fromMs, nowMs - length)), to: '' }
}

const isoSecond = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000', '')

/** A time as somebody types it: with a blank and in the reader's own time zone, or as the API takes it. */
export function typedTime(text: string): string {
  const typed = text.trim()
  if (!/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(typed)) return typed
  const local = new Date(typed.length === 10 ? `${typed}T00:00` : typed.replace(' ', 'T'))
  return Number.isNaN(local.getTime()) ? typed : local.toISOString().replace('.000', '')
}

/** '2026-11-20 08:00:00' in the reader's time zone, for editing. */
export function localTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

const UNIT_NAMES = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' } as const

/** '3 hours' for '-3h'; undefined for what is no age. */
function ageText(text: string): string | undefined {
  const [, count, unit] = /^-(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? []
  if (!unit) return undefined
  return `${count} ${UNIT_NAMES[unit as keyof typeof UNIT_NAMES]}${count === '1' ? '' : 's'}`
}

/** 'Last 24 hours', '20 Nov 08:00:00 – 09:30:00'. */
export function showRange({ from, to }: TimeRange): string {
  const preset = PRESETS.find(([value]) => value === (from || DEFAULT_FROM))
  if (preset && to === '') return preset[1]
  const age = ageText(from)
  if (age && to === '') return `Last ${age}`
  const start = from === ALL ? 'The beginning' : showEnd(from || DEFAULT_FROM)
  return `${start} – ${to === '' ? 'now' : showEnd(to)}`
}

function showEnd(text: string): string {
  const ms = Date.parse(text)
  const age = ageText(text)
  if (age) return `${age} ago`
  if (Number.isNaN(ms)) return text
  const at = new Date(ms).toISOString()
  return `${showDay(at)} ${showClock(at)}`.trim()
}
