// Where a benchmark's figures go: the terminal, and its own part of docs/benchmarks.md.
//
//   <!-- bench:pipeline -->
//   …  written anew by every run; what stands between other marks is left alone
//   <!-- /bench:pipeline -->
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'

const PAGE = join(import.meta.dir, '../docs/benchmarks.md')
const HEAD = `# Benchmarks

Written by \`npm run bench -- NAME\`; each part by its own run. Loader, Calliope and PostgreSQL share the machine
named in each part. "None lost" is counted, not sampled: sent = stored.

The load average says what else the machine had to do before a run: on two cores, anything above 0.5 means that others took part of them,
and that rates are lower bounds. A peer's highest rate lies between its last step without loss and the next one; so does ours.
`

export type Row = readonly (string | number)[]

/** A table as GitHub and people's eyes read it. */
export function table(head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i]!.length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(all[0]!), rule, ...all.slice(1).map(line)].join('\n')
}

const PROGRESS_MS = 1_000
/** Before the run: what else the machine had to do. */
const loadBefore = loadavg()[0]!.toFixed(1)
let progressAt = 0

/** Overwrites itself in a terminal, so that a long run shows that it lives; in a log a line a second. */
export function progress(text: string): void {
  if (!process.stderr.isTTY && performance.now() - progressAt < PROGRESS_MS) return
  progressAt = performance.now()
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
}

export const count = (n: number): string => Math.round(n).toLocaleString('en-US')
export const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

/** The p-th of some values, 0 to 1; NaN of none. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN
}

function machine(): string {
  const git = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD'], { cwd: import.meta.dir })
  const revision = git.stdout.toString().trim() || 'unknown revision'
  const model = cpus()[0]?.model.trim() || 'unknown CPU'
  const gib = (totalmem() / 2 ** 30).toFixed(0)
  return (
    `${cpus().length} × ${model}, ${gib} GiB, Linux ${release()}; Bun ${Bun.version}; ` +
    `Calliope ${revision}; load average before the run ${loadBefore}; ${new Date().toISOString().slice(0, 16)}Z`
  )
}

/** Prints a part and, unless it is only a trial, writes it into the page. */
export function publish(name: string, body: string, { isTrial }: { isTrial: boolean }): void {
  const text = `## ${name}\n\n${body}\n\n${machine()}\n`
  process.stderr.write('\n')
  process.stdout.write(`${text}\n`)
  if (isTrial) return
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const part = `${open}\n${text}${close}\n`
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : HEAD
  const [from, to] = [page.indexOf(open), page.indexOf(close)]
  const isThere = from >= 0 && to > from
  const next = isThere
    ? page.slice(0, from) + part + page.slice(to + close.length + 1)
    : `${page.trimEnd()}\n\n${part}`
  writeFileSync(PAGE, next)
}
