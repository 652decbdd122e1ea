// Where a benchmark's figures go: the terminal, and its own part of docs/benchmarks.md (page.ts).
import { cpus, loadavg, release, totalmem } from 'node:os'
import { writePart } from './page.ts'
import type { Figures } from './targets.ts'

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

/** For what must not be overlooked: a part of the benchmark that could not be run here. */
export function warn(text: string): void {
  process.stderr.write(`\nNOT MEASURED: ${text}\n`)
}

function machine(): string {
  const git = (...words: string[]) =>
    Bun.spawnSync(['git', ...words], { cwd: import.meta.dir })
      .stdout.toString()
      .trim()
  const revision = git('rev-parse', '--short', 'HEAD') || 'unknown revision'
  const isChanged = git('status', '--porcelain', '--', '../src') !== ''
  const model = cpus()[0]?.model.trim() || 'unknown CPU'
  const gib = (totalmem() / 2 ** 30).toFixed(0)
  return (
    `${cpus().length} × ${model}, ${gib} GiB, Linux ${release()}; Bun ${Bun.version}; ` +
    `Calliope ${revision}${isChanged ? ' with changes' : ''}; ` +
    `load average before the run ${loadBefore}; ${new Date().toISOString().slice(0, 16)}Z`
  )
}

/** Prints a part and, unless it is only a trial, writes it into the page. */
export function publish(
  name: string,
  body: string,
  { isTrial }: { isTrial: boolean },
  figures: Figures = {},
): void {
  const text = `## ${name}\n\n${body}\n\n${machine()}\n`
  process.stderr.write('\n')
  process.stdout.write(`${text}\n`)
  if (!isTrial) writePart(name, text.trimEnd(), figures)
}
