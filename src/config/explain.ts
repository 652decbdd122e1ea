// `calliope check-config`: each setting, its value, and where that value came from. Secrets hidden.
import type { LoadedConfig } from './load-config.ts'
import { SETTINGS, type Setting } from './settings.ts'

/** A table of the effective configuration for people. */
export function explainConfig({ config, origins }: LoadedConfig): string {
  const rows = Object.entries(SETTINGS).map(([key, setting]) => [
    key,
    showValue(key, (config as Record<string, unknown>)[key], setting as Setting<unknown>),
    origins.get(key) ?? 'default',
  ])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map(
      ([key, value, origin]) =>
        `${key!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${origin}`,
    )
    .join('\n')
}

/** A value as a person would write it; secrets hidden. */
export function showValue(key: string, value: unknown, { kind }: Setting<unknown>): string {
  if (key === 'database' || key === 'homer7.database') return hidePassword(String(value))
  if (value === undefined) return 'off'
  if (Array.isArray(value) && value.length === 0) return '(none)'
  if (kind.secret)
    return Array.isArray(value) ? `${value.length} hidden` : value === '' ? '(none)' : '(hidden)'
  if (Array.isArray(value)) return value.join(', ')
  if (value === 0) return '0'
  if (typeof value === 'object' && value !== null && 'port' in value)
    return showAddress(value as { host: string; port: number })
  if (kind.placeholder === 'TIME')
    return showUnits(Number(value), [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1000],
      ['ms', 1],
    ])
  if (kind.placeholder === 'SIZE')
    return showUnits(Number(value), [
      ['GiB', 2 ** 30],
      ['GB', 1e9],
      ['MiB', 2 ** 20],
      ['MB', 1e6],
      ['KiB', 2 ** 10],
      ['B', 1],
    ])
  return value === '' ? '(none)' : String(value)
}

/** `host:port`, with brackets around IPv6. */
export const showAddress = ({ host, port }: { host: string; port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

function showUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const [unit, size] =
    units.find(([, size]) => value >= size && value % size === 0) ?? units.at(-1)!
  return `${value / size}${unit}`
}

/** A database URL without its password, fit for logs and errors. */
export const hidePassword = (url: string): string =>
  url.replace(/(:\/\/[^:@/]*):[^/]*@/, '$1:***@').replace(/([?&]password=)[^&]*/i, '$1***')
