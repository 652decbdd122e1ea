// The small benchmarks of single steps (decode, sip, spool, store) are scripts of their own that
// print lines; here they are run one after another and their lines go into the page.
import { join } from 'node:path'
import type { BenchOptions } from './options.ts'
import { progress, publish } from './report.ts'

/** Runs scripts of this folder in processes of their own, so that none inherits a warm engine. */
export function micro(name: string, scripts: readonly (readonly string[])[]) {
  return async (options: BenchOptions): Promise<void> => {
    const parts: string[] = []
    for (const [script, ...args] of scripts) {
      progress(`${script} ${args.join(' ')}`)
      const child = Bun.spawn([process.execPath, join(import.meta.dir, script!), ...args], {
        stdout: 'pipe',
        stderr: 'inherit',
        env: { ...process.env, ...(options.isQuick ? { CALLIOPE_BENCH_QUICK: '1' } : {}) },
      })
      const said = await new Response(child.stdout).text()
      if ((await child.exited) !== 0) throw new Error(`bench/${script} failed: ${said}`)
      parts.push(`\`\`\`\n${said.trim()}\n\`\`\``)
    }
    publish(name, parts.join('\n\n'), options)
  }
}
