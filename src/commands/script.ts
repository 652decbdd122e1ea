// `calliope script …`: scripts that packets go through, before they are trusted with them.
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { kinds, parseFlags, setting, UsageError } from '#config'
import {
  isForeignScript,
  openFilter,
  rewriteNotes,
  SCRIPT_TYPES,
  type ScriptFile,
  tryScripts,
} from '#filter'
import { type Command, CommandError } from './command.ts'
import { foreignScripts, readScript, readScripts } from './filter-options.ts'

const CHECK = setting(kinds.duration(1, 1_000), 5, 'time scripts may take for one packet')
const TEST_FLAGS = {
  pcap: setting(kinds.text, '', 'capture with HEP or SIP in it (pcap or pcapng)'),
  types: setting(
    kinds.list(kinds.integer(0, 65_535)),
    [1, 5, 100] as readonly number[],
    'HEP protocol types that go through the scripts',
  ),
  labels: setting(kinds.list(kinds.text), [] as readonly string[], 'labels SetLokiLabel may set'),
  time: CHECK,
  show: setting(kinds.integer(0, 1_000_000), 20, 'packets to show of those that were changed'),
}

const test: Command = {
  summary: 'run scripts over the packets of a capture file, and show what they change',
  usage: 'script test FILE|FOLDER --pcap CAPTURE [--show N]',
  example: 'calliope script test /etc/calliope/scripts --pcap trunk.pcap',
  flags: TEST_FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, TEST_FLAGS)
    const files = scriptsAt(onePath(positionals, 'script test'))
    if (flags.pcap === '')
      throw new UsageError([{ where: '--pcap', message: 'is needed: a capture with packets' }])
    const { lines, failed } = await explained(() =>
      tryScripts(readFile(flags.pcap), {
        scripts: {
          ...{ files, protocolTypes: flags.types, lokiLabels: flags.labels, runMsMax: flags.time },
        },
        packetsShown: flags.show,
      }),
    )
    process.stdout.write(`${lines.join('\n')}\n`)
    return failed > 0 ? 1 : 0
  },
}

const check: Command = {
  summary: 'whether scripts can be read; of Lua and expr files, how to write what they call',
  usage: 'script check FILE|FOLDER',
  example: 'calliope script check /etc/heplify-server/scripts',
  flags: {},
  run: async (argv) => {
    const { positionals } = parseFlags(argv, {})
    const path = onePath(positionals, 'script check')
    for (const { name, text } of foreignAt(path)) {
      const notes = rewriteNotes(name, text)
      process.stdout.write(
        `${name}: for heplify-server, not run here. To write it in TypeScript:\n`,
      )
      for (const { line, call, how } of notes)
        process.stdout.write(`  line ${String(line).padEnd(4)} ${call.padEnd(20)} ${how}\n`)
    }
    const files = isForeignScript(path) ? [] : scriptsAt(path)
    using _ = await explained(() => openFilter({ scripts: { files } }))
    process.stdout.write(`${files.length} scripts can be run\n`)
    return 0
  },
}

const types: Command = {
  summary: 'declarations of the functions scripts find, for an editor',
  usage: 'script types',
  example: 'calliope script types > calliope.d.ts',
  flags: {},
  run: async () => {
    process.stdout.write(SCRIPT_TYPES)
    return 0
  },
}

/** `calliope script test|check|types`. */
export const script: Command = {
  summary: 'try scripts that packets go through, on a capture file (docs/scripts.md)',
  usage: 'script test | check | types',
  example: test.example,
  flags: {},
  actions: { test, check, types },
  run: async () => 2,
}

function onePath(positionals: readonly string[], command: string): string {
  const [path, more] = positionals
  if (path === undefined || more !== undefined)
    throw new UsageError([
      { where: more ?? command, message: 'give one file or folder with scripts' },
    ])
  return path
}

function scriptsAt(path: string): ScriptFile[] {
  return isFolder(path) ? readScripts(path) : [readScript(path, basename(path))]
}

function foreignAt(path: string): ScriptFile[] {
  if (isFolder(path)) return foreignScripts(path)
  return isForeignScript(path) ? [readScript(path, basename(path))] : []
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CommandError(`--pcap ${path} cannot be read: ${(error as Error).message}`)
  }
}

/** What is wrong with a script or a capture is for people, without a stack. */
async function explained<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError((error as Error).message)
  }
}
