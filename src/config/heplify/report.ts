// The report on a heplify-server's configuration, for people: a table of what became of each key. Also
// the manual's table of all keys, printed from the same list.
import { HEPLIFY_KEYS } from './keys.ts'
import type { ReportLine } from './translate.ts'

const VALUE_CHARS_MAX = 40

/** A table: key, value, what became of it, and how. */
export function showReport(lines: readonly ReportLine[]): string {
  const rows = lines.map(({ key, value, kind, what, origin }) => [
    key,
    cut(origin === 'default' ? `${value} (default)` : value),
    kind,
    what,
  ])
  const table = [['key', 'value', 'here', 'what Calliope does'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)))
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const cut = (text: string): string =>
  text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX - 1)}…` : text

/** '31 honoured, 6 replaced, 3 ignored'. */
export function sumUp(lines: readonly ReportLine[]): string {
  const kinds = ['honoured', 'replaced', 'ignored'] as const
  return kinds
    .map((kind) => `${lines.filter((line) => line.kind === kind).length} ${kind}`)
    .join(', ')
}

/** docs/from-heplify-server.md's table of keys, in Markdown. */
export function heplifyManual(): string {
  const rows = Object.entries(HEPLIFY_KEYS).map(([key, { byDefault, outcome, partOf }]) => {
    const of = partOf === undefined ? '' : ` (with ${partOf})`
    const value = byDefault === '' ? '' : `\`${byDefault}\``
    return `| \`${key}\` | ${value} | ${outcome.kind} | ${outcome.what.replaceAll('|', '\\|')}${of} |`
  })
  return [
    '| key | its default | here | what Calliope does |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
