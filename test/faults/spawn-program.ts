// The program as a process and nothing more, for tests of what it does before it is ready, or
// instead: what it says, how it exits, and how long that takes.
import { join } from 'node:path'
import type { Subprocess } from 'bun'

const main = join(import.meta.dir, '..', '..', 'src', 'main.ts')

/** What a program said and how it went. */
export interface Ended {
  readonly code: number
  readonly stderr: string
  readonly tookMs: number
}

export interface Spawned {
  readonly process: Subprocess
  /** Resolves when it has ended by itself; kills it and rejects after `waitMs`. */
  ended(waitMs?: number): Promise<Ended>
}

/** Starts `calliope …words` on free ports, unless the words name others. */
export function spawnProgram(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Spawned {
  const startedMs = performance.now()
  const [command, ...flags] = words
  const free = ['--http', '127.0.0.1:0', '--hep-udp', '127.0.0.1:0', '--hep-tcp', '127.0.0.1:0']
  const child = Bun.spawn([process.execPath, main, command!, ...free, ...flags], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    env: { ...process.env, ...env },
  })
  const said = new Response(child.stderr).text()
  return {
    process: child,
    ended: async (waitMs = 20_000) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), waitMs)
      const code = await child.exited
      clearTimeout(timer)
      const stderr = await said
      if (child.signalCode === 'SIGKILL') throw new Error(`still running; it said:\n${stderr}`)
      return { code, stderr, tookMs: performance.now() - startedMs }
    },
  }
}
