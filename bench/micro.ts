// The small benchmarks of single steps (decode, sip, spool, store) are scripts of their own that
// print lines; here they are run one after another and their lines go into the page. A line
// `figures {…}` is for the targets and not printed.
import { join } from 'node:path'
import type { BenchOptions } from './options.ts'
import { progress, publish } from './report.ts'
import type { Figures } from './targets.ts'

const FIGURES = /^figures (\{.*\})\n?/gm

/** Runs a script of this folder in a process of its own, so that none inherits a warm engine. */
export async function runScript(
  script: string,
  args: readonly string[],
  { isQuick }: BenchOptions,
): Promise<{ text: string; figures: Figures }> {
  progress(`${script} ${args.join(' ')}`)
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), ...args], {
    stdout: 'pipe',
    stderr: 'inherit',
    env: { ...process.env, ...(isQuick ? { CALLIOPE_BENCH_QUICK: '1' } : {}) },
  })
  const said = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`bench/${script} failed: ${said}`)
  const found = [...said.matchAll(FIGURES)].map(([, json]) => JSON.parse(json!) as Figures)
  return { text: said.replaceAll(FIGURES, '').trim(), figures: Object.assign({}, ...found) }
}

/** A benchmark made of such scripts. */
export function micro(name: string, scripts: readonly string[]) {
  return async (options: BenchOptions): Promise<void> => {
    const parts: string[] = []
    const figures: Figures[] = []
    for (const script of scripts) {
      const run = await runScript(script, [], options)
      parts.push(`\`\`\`\n${run.text}\n\`\`\``)
      figures.push(run.figures)
    }
    publish(name, parts.join('\n\n'), options, Object.assign({}, ...figures))
  }
}
