// From the configuration to what every reader of the spool filters by. Scripts are read here, once, so that
// all readers run the same ones.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Config } from '#config'
import type { FilterOptions, ScriptFile } from '#filter'
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
  try {
    return readdirSync(folder)
      .filter((name) => ENDINGS.includes(extname(name)) && !name.endsWith('.d.ts'))
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
