// From the configuration to what every reader of the spool filters by. Scripts are read here, once, so that
// all readers run the same ones.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Config } from '#config'
import {
  type FilterOptions,
  isForeignScript,
  openFilter,
  rewriteNotes,
  type ScriptFile,
} from '#filter'
import { log } from '#log'
import { CommandError } from './command.ts'

const SCRIPT_BYTES_MAX = 1024 * 1024
const ENDINGS = ['.ts', '.js', '.mjs']

const made = new WeakMap<Config, FilterOptions>()

/** What the operator wants done to packets; of one configuration always the same. */
export function filterOptions(config: Config): FilterOptions {
  const known = made.get(config)
  if (known !== undefined) return known
  const options = readOptions(config)
  made.set(config, options)
  return options
}

/** Opens the filter and closes it: what is wrong in it is told here, once, and not by one thread after another. */
export async function checkFilter(options: FilterOptions): Promise<void> {
  try {
    const tried = await openFilter(options)
    tried.close()
  } catch (error) {
    throw new CommandError(`filter: ${(error as Error).message}`)
  }
}

/** Names the scripts for heplify-server that lie there, which are not run, and what they call. */
export function tellForeignScripts(folder: string): void {
  for (const { name, text } of foreignScripts(folder)) {
    const rewrite = rewriteNotes(name, text).map(
      ({ line, call, how }) => `line ${line} ${call}: ${how}`,
    )
    log.warn(
      { script: join(folder, name), rewrite },
      'a script for heplify-server is not run; write it in TypeScript (docs/scripts.md)',
    )
  }
}

/** Those of a folder. */
export const foreignScripts = (folder: string): ScriptFile[] =>
  folder === '' ? [] : filesOf(folder, isForeignScript)

function readOptions(config: Config): FilterOptions {
  const folder = config['filter.scripts']
  return {
    discardMethods: config['store.discard_methods'],
    censorMethods: config['store.censor_methods'],
    dedupMs: config['filter.dedup'],
    alegIds: config['filter.aleg_ids'],
    forceAlegId: config['filter.aleg_force'] === 'on',
    ...(folder === '' ? {} : { scripts: scriptOptions(config, folder) }),
  }
}

function scriptOptions(config: Config, folder: string) {
  return {
    files: readScripts(folder),
    protocolTypes: config['filter.script_types'],
    lokiLabels: config['filter.loki_labels'],
    runMsMax: config['filter.script_time'],
    memoryBytesMax: config['filter.script_memory'],
  }
}

/** The scripts of a folder, in the order of their names. */
export function readScripts(folder: string): ScriptFile[] {
  return filesOf(folder, (name) => ENDINGS.includes(extname(name)) && !name.endsWith('.d.ts'))
}

function filesOf(folder: string, isWanted: (name: string) => boolean): ScriptFile[] {
  try {
    return readdirSync(folder)
      .filter(isWanted)
      .sort()
      .map((name) => readScript(join(folder, name), name))
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`filter.scripts: ${folder} cannot be read: ${(error as Error).message}`)
  }
}

/** One script; `name` is what errors call it. */
export function readScript(path: string, name = path): ScriptFile {
  const text = readFileSync(path, 'utf8')
  if (text.length <= SCRIPT_BYTES_MAX) return { name, text }
  throw new CommandError(`filter.scripts: ${path} is longer than ${SCRIPT_BYTES_MAX} characters`)
}
