import { kinds, parseFlags, setting } from '#config'
import type { CallPage } from '#contract'
import { callHeading, callLine } from './call-table.ts'
import type { Command } from './command.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const FLAGS = {
  from: setting(kinds.text, '', 'begin: RFC 3339, or an age such as -15m, -2h, -7d'),
  to: setting(kinds.text, '', 'end, likewise'),
  limit: setting(kinds.integer(1, 1_000_000), 50, 'calls to show'),
  json: setting(kinds.flag, false, 'one JSON object a line'),
  ...SERVER_FLAGS,
}
const PAGE_MAX = 1000

/** `calliope search QUERY`: calls that match, newest first. */
export const search: Command = {
  summary: 'find calls, newest first (query language: docs/search.md)',
  usage: 'search [QUERY] [--from -2h] [--to …] [--limit N] [--json]',
  example: "calliope search 'from:+4989* status:5xx' --from -2h",
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    const client = clientFor(flags)
    const signal = interruption()
    const show = flags.json ? JSON.stringify : callLine
    let left = flags.limit
    let cursor: string | undefined
    do {
      const page: CallPage = await client.calls(
        {
          q: positionals.join(' '),
          limit: Math.min(left, PAGE_MAX),
          ...(flags.from ? { from: flags.from } : {}),
          ...(flags.to ? { to: flags.to } : {}),
          ...(cursor ? { cursor } : {}),
        },
        signal,
      )
      if (!flags.json && left === flags.limit) process.stdout.write(`${callHeading()}\n`)
      for (const call of page.calls) process.stdout.write(`${show(call)}\n`)
      left -= page.calls.length
      cursor = page.nextCursor ?? undefined
    } while (cursor && left > 0)
    if (cursor && !flags.json)
      process.stderr.write(`There is more: raise --limit or narrow the query.\n`)
    return 0
  },
}
