// Runs `calliope WORDS…` as a user does and gives back what it printed and how it ended.
import { join } from 'node:path'

const main = join(import.meta.dir, '..', 'src', 'main.ts')

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What is run instead of `bun src/main.ts`. */
  readonly program?: readonly string[]
}

/** Starts a command; the caller waits for it or ends it. */
export const startCommand = (
  words: readonly string[],
  { env = {}, cwd, program = [process.execPath, main] }: RunOptions = {},
) =>
  Bun.spawn([...program, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })

/** Runs a command to its end. */
export async function run(words: readonly string[], options?: RunOptions): Promise<Ended> {
  const child = startCommand(words, options)
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code: await child.exited, out, err }
}
