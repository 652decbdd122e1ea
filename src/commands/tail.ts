import { kinds, parseFlags, setting } from '#config'
import { callHeading, callLine } from './call-table.ts'
import type { Command } from './command.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const FLAGS = {
  json: setting(kinds.flag, false, 'one JSON object a line'),
  ...SERVER_FLAGS,
}

/** `calliope tail QUERY`: calls as they are stored, until Ctrl-C. */
export const tail: Command = {
  summary: 'follow calls as they come in',
  usage: 'tail [QUERY] [--json]',
  example: "calliope tail 'outcome:failed'",
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    const signal = interruption()
    if (!flags.json) process.stdout.write(`${callHeading()}\n`)
    for await (const event of clientFor(flags).tail(positionals.join(' '), signal)) {
      if (event.kind === 'skipped')
        process.stderr.write(`… ${event.count} calls more than can be shown\n`)
      else
        process.stdout.write(`${flags.json ? JSON.stringify(event.call) : callLine(event.call)}\n`)
    }
    return 0
  },
}
