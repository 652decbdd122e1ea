// A report as one file: HTML with its style and graphs inside, no script, nothing fetched. Dark or light as
// the reader's system is. Made to be mailed, kept with a change, and printed.
import { escapeHtml } from './chart.ts'

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2024; --faint: #5d646c; --grid: #e2e5e9; --mark: #b35309; --bad: #c62f36;
  --c0: #2563c9; --c1: #14823c; --c2: #8a4fd0; --c3: #b8730a; --c4: #0e8590; --c5: #b83a86 }
@media (prefers-color-scheme: dark) { :root { --ground: #111418; --ink: #e8eaed; --faint: #9ba2ab; --grid: #2a2f36; --mark: #e8954a; --bad: #f2686d;
  --c0: #6aa5ff; --c1: #4cc16f; --c2: #b992ff; --c3: #e3b04b; --c4: #4cc3cf; --c5: #ee84c0 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px 16px 64px; max-width: 1040px; background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, sans-serif }
h1 { font-size: 22px; margin: 0 0 4px } h2 { font-size: 16px; margin: 32px 0 4px } p { margin: 4px 0 12px; color: var(--faint) }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 12px 0 }
th, td { padding: 4px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid) }
th { color: var(--faint); font-weight: 600 } th:first-child, td:first-child, .words td { text-align: left } .words th { text-align: left } .words td { white-space: normal; vertical-align: top }
td.bad { color: var(--bad) } svg { display: block; width: 100%; height: auto; margin: 8px 0 }
svg text { font: 11px system-ui, sans-serif; fill: var(--faint) } svg .name { font-size: 12px; font-weight: 600; fill: var(--ink) }
.grid { stroke: var(--grid); fill: none } .mark { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 2 3; fill: none; opacity: .7 }
.line { fill: none; stroke-width: 1.7; stroke-linejoin: round } .area { stroke: none; opacity: .22 }
${['0', '1', '2', '3', '4', '5'].map((c) => `.line.c${c} { stroke: var(--c${c}) } .area.c${c}, .dot.c${c} { fill: var(--c${c}) }`).join('\n')}
.line.cbad { stroke: var(--bad) } .area.cbad { fill: var(--bad); opacity: .45 }
details { margin: 8px 0 } summary { cursor: pointer; color: var(--faint) }`

/** A whole page; `body` is HTML already. */
export const htmlPage = (title: string, body: readonly string[]): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
${body.join('\n')}
</body></html>
`

/** A table; a cell that begins with '!' is shown as bad. `words`: text, not numbers. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: 'numbers' | 'words' = 'numbers',
): string {
  const cells = (row: readonly string[]) =>
    row
      .map((cell) =>
        cell.startsWith('!')
          ? `<td class="bad">${escapeHtml(cell.slice(1))}</td>`
          : `<td>${escapeHtml(cell)}</td>`,
      )
      .join('')
  const titles = head.map((title) => `<th>${escapeHtml(title)}</th>`).join('')
  const lines = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')
  return `<div class="wide"><table class="${kind}"><thead><tr>${titles}</tr></thead>\n<tbody>${lines}</tbody></table></div>`
}

export { escapeHtml } from './chart.ts'
