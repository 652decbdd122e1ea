// A command of the program, and running one by name: help, exit codes, and what a user sees when
// something is wrong. 0 = done, 1 = it failed, 2 = bad flags or configuration, 3 = packets are left
// in the spool (see node.ts).
import { type FlagTable, flagOf, nearest, type Setting, showValue, UsageError } from '#config'
import { log } from '#log'
import pkg from '../../package.json' with { type: 'json' }
import { endWithReader } from './output-reader.ts'

export const VERSION: string = pkg.version

export interface Command {
  /** One line, shown in the list of commands. */
  readonly summary: string
  /** The words after `calliope`. */
  readonly usage: string
  /** A line a person can copy. */
  readonly example: string
  readonly flags: FlagTable
  /** What the first word after the command's name chooses among, for commands that do several things. */
  readonly actions?: CommandTable
  /** Returns the exit code. */
  run(argv: readonly string[]): Promise<number>
}

export type CommandTable = Readonly<Record<string, Command>>

/** Commands that are loaded when they are asked for. */
export type CommandLoaders = Readonly<Record<string, () => Promise<Command>>>

/** Throws UsageError when there are words that are no flags. */
export function flagsOnly(command: string, positionals: readonly string[]): void {
  const problems = positionals.map((word) => ({
    where: word,
    message: `${command} takes flags only`,
  }))
  if (problems.length > 0) throw new UsageError(problems)
}

/** An operating error with what to do about it; printed without a stack. */
export class CommandError extends Error {}

/** Runs `calliope WORDS…` and returns the exit code. */
export async function runCommand(
  commands: CommandLoaders,
  words: readonly string[],
): Promise<number> {
  endWithReader()
  const [name, ...argv] = words
  if (name === '--version' || name === 'version') return print(`calliope ${VERSION}`)
  if (name === undefined || name === 'help' || name === '--help' || name === '-h')
    return print(await help(commands, argv[0] ?? ''))
  const command = await own(commands, name)?.()
  if (!command) {
    const near = nearest(name, Object.keys(commands))
    return complain(
      `no command '${name}'${near ? `; did you mean '${near}'?` : '.'} See: calliope --help`,
      2,
    )
  }
  if (command.actions) return runAction(name, command, command.actions, argv)
  if (argv.includes('--help') || argv.includes('-h')) return print(commandHelp(command))
  return runGuarded(name, command, argv)
}

// `calliope NAME ACTION …`: an action is a command of its own, with its own flags and help.
async function runAction(
  name: string,
  command: Command,
  actions: CommandTable,
  argv: readonly string[],
): Promise<number> {
  const [word, ...rest] = argv
  const action = word === undefined ? undefined : own(actions, word)
  const asksHelp = argv.includes('--help') || argv.includes('-h')
  if (action)
    return asksHelp ? print(commandHelp(action)) : runGuarded(`${name} ${word}`, action, rest)
  if (asksHelp || word === undefined) return print(actionsHelp(name, command, actions))
  const known = Object.keys(actions).join(', ')
  return complain(`${name} has no '${word}'; give one of ${known}. See: calliope ${name} --help`, 2)
}

/** What the table says, not what every object has: `calliope constructor` is no command. */
const own = <Entry>(table: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

async function runGuarded(
  name: string,
  command: Command,
  argv: readonly string[],
): Promise<number> {
  try {
    return await command.run(argv)
  } catch (error) {
    if (error instanceof UsageError)
      return complain(`${error.message}\nSee: calliope ${name} --help`, 2)
    if (USAGE_CODES.has((error as { code?: string }).code ?? ''))
      return complain(`${withHint(error as Error)}\nSee: calliope ${name} --help`, 2)
    // Errors with a stable code were made for people; anything else is a bug and shows its stack.
    if (error instanceof CommandError || typeof (error as { code?: unknown }).code === 'string')
      return complain(withHint(error as Error & { hint?: string }), 1)
    log.fatal({ err: error }, 'calliope ended on an unexpected error')
    return 1
  }
}

/** What the server says of a query or a time that the user gave: checked there, so that it is checked once. */
const USAGE_CODES = new Set(['bad_parameter', 'bad_query'])

const withHint = ({ message, hint }: Error & { hint?: string }): string =>
  hint ? `${message}\n${hint}` : message

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function complain(text: string, code: number): number {
  process.stderr.write(`calliope: ${text}\n`)
  return code
}

async function help(commands: CommandLoaders, name: string): Promise<string> {
  const command = await own(commands, name)?.()
  return command ? commandHelp(command) : overview(commands)
}

async function overview(commands: CommandLoaders): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = await Promise.all(
    Object.entries(commands).map(
      async ([name, load]) => `  ${name.padEnd(width)}  ${(await load()).summary}`,
    ),
  )
  return `calliope ${VERSION}: captures SIP signalling mirrored as HEP, loses none, finds any call.

  calliope COMMAND [flags]      calliope COMMAND --help

${lines.join('\n')}

Settings: calliope.toml, then CALLIOPE_* in the environment, then flags; the last one given counts.`
}

function actionsHelp(name: string, command: Command, actions: CommandTable): string {
  const width = Math.max(...Object.keys(actions).map((word) => word.length))
  const lines = Object.entries(actions).map(
    ([word, { summary }]) => `  ${word.padEnd(width)}  ${summary}`,
  )
  const more = `Flags of each: calliope ${name} WORD --help`
  return `calliope ${command.usage}\n\n${command.summary}\n\nExample:\n  ${command.example}\n\n${lines.join('\n')}\n\n${more}`
}

function commandHelp({ summary, usage, example, flags }: Command): string {
  const rows = Object.entries(flags).map(([key, setting]) =>
    flagRow(key, setting as Setting<unknown>),
  )
  const width = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)))
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
  return `calliope ${usage}\n\n${summary}\n\nExample:\n  ${example}\n\nFlags:\n${lines.join('\n')}`
}

function flagRow(key: string, setting: Setting<unknown>): [string, string] {
  const { kind, byDefault, help } = setting
  const hasDefault = byDefault !== undefined && byDefault !== '' && byDefault !== false
  const shown = hasDefault ? showValue(key, byDefault, setting) : ''
  return [
    `--${flagOf(key, setting)} ${kind.placeholder}`.trimEnd(),
    `${help}${shown && shown !== '(none)' ? ` [${shown}]` : ''}`,
  ]
}
