// Flags of a command that has a table of its own (load, search, tail …), checked like settings are.
import { type FlagTable, type Problem, readFlags, UsageError } from './flags.ts'
import { flagOf, type Setting } from './settings.ts'

type ValueOf<S> = S extends Setting<infer Value> ? Value : never
export type ParsedFlags<Table extends FlagTable> = {
  readonly [Key in keyof Table]: ValueOf<Table[Key]>
}

/** Values of every flag in the table, given or by default. Throws UsageError with every problem. */
export function parseFlags<Table extends FlagTable>(
  argv: readonly string[],
  table: Table,
): { flags: ParsedFlags<Table>; positionals: readonly string[] } {
  const { given, positionals, problems: found } = readFlags(argv, table)
  const problems: Problem[] = [...found]
  const flags: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(table)) {
    const setting = entry as Setting<unknown>
    const raw = given.get(key)
    const parsed = raw === undefined ? { value: setting.byDefault } : setting.kind.parse(raw)
    if ('value' in parsed) flags[key] = parsed.value
    else
      problems.push({
        where: `--${flagOf(key, setting)}`,
        message: `'${raw}' is not allowed; give ${parsed.allowed}`,
      })
  }
  if (problems.length > 0) throw new UsageError(problems)
  return { flags: flags as ParsedFlags<Table>, positionals }
}
