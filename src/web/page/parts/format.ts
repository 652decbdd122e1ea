// Times and durations for reading. The exact value is always in the title of what shows them.

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat(undefined, { day: '2-digit', month: 'short' })

/** '08:00:00' in the reader's time zone. */
export const showClock = (at: string): string => clock.format(new Date(at))

/** '20 Nov', or '' for today. */
export const showDay = (at: string, now = new Date()): string => {
  const date = new Date(at)
  return date.toDateString() === now.toDateString() ? '' : day.format(date)
}

/** The six digits behind the second. */
export const microsOf = (at: string): string => (/\.(\d+)Z$/.exec(at)?.[1] ?? '').padEnd(6, '0')

/** '812 ms', '4.2 s', '1:10', '2:03:04'. */
export function showSpan(ms: number | null): string {
  if (ms === null) return ''
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`
}

/** '1 234 567' with thin spaces: a comma is a decimal point to half of the readers. */
export const showCount = (n: number): string => n.toLocaleString('en').replaceAll(',', '\u2009')

/** Control characters as their signs; everything else as it is. */
export const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    .replaceAll(/[\u0000-\u0008\u000b-\u001f]/g, (char) =>
      String.fromCharCode(0x2400 + char.charCodeAt(0)),
    )

/** '0.4 s', '42 s', '5 min', '3 h', '2 days': how long, roughly. */
export function spanOf(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** '812 B', '1.4 GiB' */
export function showBytes(bytes: number): string {
  const step = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`
}
