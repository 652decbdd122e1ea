// Flags of a command beside those of the configuration: taken out of the words before these are read, so
// that calliope.toml, the environment and references to secrets count as everywhere.
import {
  type FlagTable,
  flagOf,
  loadConfig,
  type ParsedFlags,
  parseFlags,
  type Setting,
} from '#config'
import { flagsOnly } from './command.ts'

/** The command's own flags, and the configuration from the others. Throws UsageError. */
export async function readOwnFlags<Table extends FlagTable>(
  command: string,
  argv: readonly string[],
  table: Table,
) {
  const { own, rest } = split(argv, table)
  const { flags }: { flags: ParsedFlags<Table> } = parseFlags(own, table)
  const { config, positionals } = await loadConfig(rest)
  flagsOnly(command, positionals)
  return { flags, config }
}

function split(argv: readonly string[], table: FlagTable) {
  const known = new Map(
    Object.entries(table).map(([key, entry]) => [
      `--${flagOf(key, entry as Setting<unknown>)}`,
      entry,
    ]),
  )
  const [own, rest]: [string[], string[]] = [[], []]
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    const entry = known.get(word.split('=')[0]!)
    const target = entry ? own : rest
    target.push(word)
    const takesNext = entry && entry.kind.placeholder !== '' && !word.includes('=')
    if (takesNext && argv[i + 1] !== undefined) target.push(argv[++i]!)
  }
  return { own, rest }
}
