// SIPp, playing the phones: one run of a scenario of this folder, or one waiting for calls.
import { join } from 'node:path'

export interface SippOptions {
  /** Without `.xml`. */
  readonly scenario: string
  /** HOST:PORT of this phone. */
  readonly local: string
  /** Where it calls; without it, it waits for calls. */
  readonly remote?: string
  /** User part of the request URI where the scenario leaves it open. */
  readonly service?: string
  /** Calls, one after the other. @default 1 */
  readonly calls?: number
  readonly directory: string
}

const WAIT_MS_MAX = 15_000
let mediaPort = 20_000

/** Plays the scenario to its end; rejects with what SIPp said when it went otherwise. */
export async function runSipp(options: SippOptions): Promise<void> {
  const child = spawnSipp(options)
  const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS_MAX)
  const said = await new Response(child.stdout).text()
  clearTimeout(timer)
  if ((await child.exited) !== 0)
    throw new Error(`sipp ${options.scenario}: exit ${child.exitCode}\n${said.slice(-3000)}`)
}

/** A phone that answers as its scenario says until it is disposed of. */
export function answeringSipp(options: Omit<SippOptions, 'remote'>): AsyncDisposable {
  const child = spawnSipp(options)
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

function spawnSipp({ scenario, local, remote, service, calls = 1, directory }: SippOptions) {
  const [host, port] = local.split(':') as [string, string]
  mediaPort += 10
  const words = [
    ...['sipp', '-sf', join(import.meta.dir, `${scenario}.xml`), '-i', host, '-p', port],
    ...['-mp', String(mediaPort), '-nostdin', '-recv_timeout', '10000'],
    ...(service ? ['-s', service] : []),
    ...(remote ? [remote, '-m', String(calls), '-l', '1'] : []),
  ]
  return Bun.spawn(words, { cwd: directory, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
}
