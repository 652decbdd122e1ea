// What a container engine runs to learn whether its container is well: the image has no shell and no
// curl. Quiet and quick; it reads no configuration file and touches no database.
import { setTimeout as sleep } from 'node:timers/promises'
import { kinds, parseFlags, setting } from '#config'
import { type Command, flagsOnly } from './command.ts'
import { SERVER_FLAGS } from './server-flags.ts'

const ANSWER_MS_MAX = 3_000
const PAUSE_MS = 500

const FLAGS = {
  url: SERVER_FLAGS.url,
  ready: setting(
    kinds.flag,
    false,
    'ask whether work may be sent there, not only whether it lives',
  ),
  wait: setting(kinds.duration(0, 3_600_000), 0, 'ask again until it is well, so long at most'),
}

/** `calliope health`; exit 0 when the server answers that it is well, else 1. */
export const health: Command = {
  summary: 'ask a running node whether it is well, for container health checks',
  usage: 'health [--ready] [--wait TIME] [--url URL]',
  example: 'calliope health --ready --url http://127.0.0.1:9080',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    flagsOnly('health', positionals)
    const url = new URL(flags.ready ? '/readyz' : '/healthz', flags.url)
    const deadline = Date.now() + flags.wait
    let trouble = await troubleOf(url)
    while (trouble !== undefined && Date.now() < deadline) {
      await sleep(PAUSE_MS)
      trouble = await troubleOf(url)
    }
    if (trouble === undefined) return 0
    process.stderr.write(`calliope: ${url.href}: ${trouble}\n`)
    return 1
  },
}

/** Undefined when all is well. */
async function troubleOf(url: URL): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    if (response.ok) return undefined
    const { missing } = (await response.json().catch(() => ({}))) as { missing?: string[] }
    return `${response.status}${missing ? `: ${missing.join('; ')}` : ''}`
  } catch (error) {
    return (error as Error).message
  }
}
