// Calls as lines for a terminal: one call a line, columns that stay in place while rows stream in.
import type { CallRow } from '#contract'

interface Column {
  readonly title: string
  readonly width: number
  readonly text: (call: CallRow) => string
  readonly right?: boolean
}

const COLUMNS: readonly Column[] = [
  {
    title: 'started (UTC)',
    width: 23,
    text: ({ startedAt }) => startedAt.replace('T', ' ').slice(0, 23),
  },
  { title: 'from', width: 18, text: ({ from }) => from },
  { title: 'to', width: 18, text: ({ to }) => to },
  { title: 'method', width: 9, text: ({ method }) => method },
  { title: 'st', width: 3, text: ({ status }) => String(status ?? '') },
  { title: 'outcome', width: 11, text: ({ outcome }) => outcome },
  { title: 'setup', width: 7, text: ({ setupMs }) => showMs(setupMs), right: true },
  { title: 'length', width: 8, text: ({ durationMs }) => showMs(durationMs), right: true },
  {
    title: 'msgs',
    width: 4,
    text: ({ messageCount, partial }) => `${messageCount}${partial ? '+' : ''}`,
    right: true,
  },
]

/** The heading over callLine's columns. */
export const callHeading = (): string =>
  [...COLUMNS.map(({ title, width, right }) => pad(title, width, right)), 'call id'].join('  ')

/** One call on one line; the Call-ID comes last and whole, so that it can be copied. */
export const callLine = (call: CallRow): string =>
  [
    ...COLUMNS.map(({ text, width, right }) => pad(printable(text(call)), width, right)),
    printable(call.callId),
  ].join('  ')

function pad(text: string, width: number, right = false): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text
  return right ? cut.padStart(width) : cut.padEnd(width)
}

/** What came from the wire must not steer the terminal: control characters become '·'. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '·')

function showMs(ms: number | null): string {
  if (ms === null) return ''
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)}m${String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')}s`
}
