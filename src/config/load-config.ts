// heplify-server's configuration < calliope.toml < environment < flags; then secret references are resolved (all asked at the same time),
// then every value is checked. Nothing starts on a configuration with a problem, and all problems are
// told at once.
import { existsSync, readFileSync } from 'node:fs'
import { clashesOf } from './clashes.ts'
import { type FlagTable, nearest, type Problem, readFlags, UsageError } from './flags.ts'
import { heplifyLayer, type ReportLine, settleLines } from './heplify/index.ts'
import { askSecrets, type Environment, mayChange, SecretError, type Secrets } from './secrets.ts'
import {
  type Config,
  environmentOf,
  flagOf,
  SETTINGS,
  type Setting,
  type SettingKey,
} from './settings.ts'

export interface LoadedConfig {
  readonly config: Config
  /** Where each value came from: 'default', 'calliope.toml', 'CALLIOPE_…' or '--flag'. */
  readonly origins: ReadonlyMap<string, string>
  readonly positionals: readonly string[]
  /**
   * The database's URL with its secrets asked for anew; undefined when none of them can have changed.
   * Rejects with a sentence that holds no secret.
   */
  readonly databaseAgain: (() => Promise<string>) | undefined
  /** The same of homer7's database, when it is another one. */
  readonly homer7Again: (() => Promise<string>) | undefined
  /** What became of each key of heplify-server's; empty when none was given. */
  readonly heplify: readonly ReportLine[]
}

interface Given {
  readonly raw: unknown
  readonly origin: string
}

const ENVIRONMENT_OF_OTHERS = new Set([
  'CALLIOPE_LOG_LEVEL',
  'CALLIOPE_CONFIG',
  'CALLIOPE_HEPLIFY_CONFIG',
  'CALLIOPE_URL',
  'CALLIOPE_POSTGRES_BIN',
])

const CONFIG_FILE: Setting<string> = {
  kind: SETTINGS.data_dir.kind,
  byDefault: 'calliope.toml',
  help: 'the configuration file',
}

const HEPLIFY_FILE: Setting<string> = {
  kind: SETTINGS.data_dir.kind,
  byDefault: '',
  help: "heplify-server's configuration, read first; its own flags (-hepaddr …) count too",
}

/**
 * Kubernetes sets these in every pod beside a service named calliope…, and tests have their own.
 * Refusing them would keep every node from starting.
 */
const SET_BY_OTHERS = /^CALLIOPE_TEST_|_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)/

/** The flags of commands that read the configuration: every setting, and where the file is. */
export const CONFIG_FLAGS: FlagTable = {
  config: CONFIG_FILE,
  heplify_config: HEPLIFY_FILE,
  ...(SETTINGS as FlagTable),
}

/** Reads and checks the configuration. Throws UsageError with every problem found. */
export async function loadConfig(
  argv: readonly string[],
  env: Environment = process.env,
): Promise<LoadedConfig> {
  const heplify = heplifyLayer(argv, env)
  const flags = readFlags(heplify.argv, CONFIG_FLAGS)
  const problems: Problem[] = [...heplify.problems, ...flags.problems]
  const file = flags.given.get('config') ?? env.CALLIOPE_CONFIG
  const given = new Map<string, Given>([
    ...heplify.settings,
    ...readFile(typeof file === 'string' ? file : undefined, problems),
    ...readEnvironment(env, problems),
    ...[...flags.given]
      .filter(([key]) => key !== 'config')
      .map(([key, raw]) => [key, { raw, origin: `--${flagOf(key, settingOf(key))}` }] as const),
  ])
  const texts = [...given.values()].flatMap(({ raw }) => textsIn(raw))
  const config = checkAll(given, await askSecrets(texts, env), problems)
  problems.push(...clashesOf(config))
  if (problems.length > 0) throw new UsageError(problems)
  const origins = new Map(
    Object.keys(SETTINGS).map((key) => [key, given.get(key)?.origin ?? 'default']),
  )
  const databaseAgain = askingAgain('database', given, env)
  const homer7Again = askingAgain('homer7.database', given, env)
  const lines = settleLines(heplify, given)
  const { positionals } = flags
  return { config, origins, positionals, databaseAgain, homer7Again, heplify: lines }
}

function askingAgain(
  key: 'database' | 'homer7.database',
  given: ReadonlyMap<string, Given>,
  env: Environment,
): LoadedConfig['databaseAgain'] {
  const raw = given.get(key)?.raw
  if (typeof raw !== 'string' || !mayChange(raw)) return undefined
  return async () => {
    const parsed = SETTINGS[key].kind.parse((await askSecrets([raw], env)).fill(raw))
    if ('value' in parsed) return parsed.value
    throw new SecretError(`what ${key} refers to now is not allowed; give ${parsed.allowed}`)
  }
}

const textsIn = (raw: unknown): string[] =>
  typeof raw === 'string' ? [raw] : Array.isArray(raw) ? raw.flatMap(textsIn) : []

const settingOf = (key: string): Setting<unknown> => SETTINGS[key as SettingKey] as Setting<unknown>

function checkAll(
  given: ReadonlyMap<string, Given>,
  secrets: Secrets,
  problems: Problem[],
): Config {
  const values: Record<string, unknown> = {}
  for (const key of Object.keys(SETTINGS)) {
    const setting = settingOf(key)
    const from = given.get(key)
    values[key] =
      from === undefined ? setting.byDefault : check(key, setting, from, secrets, problems)
  }
  return values as Config
}

function check(
  key: string,
  setting: Setting<unknown>,
  { raw, origin }: Given,
  secrets: Secrets,
  problems: Problem[],
): unknown {
  const where =
    origin.startsWith('-') || origin.startsWith('CALLIOPE') ? origin : `${origin}: ${key}`
  try {
    const parsed = setting.kind.parse(fillRaw(raw, secrets))
    if ('value' in parsed) return parsed.value
    const shown = setting.kind.secret ? 'the value' : `'${String(raw)}'`
    problems.push({ where, message: `${shown} is not allowed; give ${parsed.allowed}` })
  } catch (error) {
    if (!(error instanceof SecretError)) throw error
    problems.push({ where, message: error.message })
  }
  return setting.byDefault
}

function fillRaw(raw: unknown, secrets: Secrets): unknown {
  if (typeof raw === 'string') return secrets.fill(raw)
  return Array.isArray(raw) ? raw.map((item) => fillRaw(item, secrets)) : raw
}

function readEnvironment(env: Environment, problems: Problem[]): Map<string, Given> {
  const byName = new Map(
    Object.keys(SETTINGS).map((key) => [environmentOf(key, settingOf(key)), key]),
  )
  const given = new Map<string, Given>()
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith('CALLIOPE_') || raw === undefined) continue
    const key = byName.get(name)
    // Compose files write NAME='' and mean "not set"; some shells pass the two quotes along.
    if (key && raw !== '' && raw !== "''") given.set(key, { raw, origin: name })
    else if (!key && !ENVIRONMENT_OF_OTHERS.has(name) && !SET_BY_OTHERS.test(name))
      problems.push(unknownName(name, name, [...byName.keys()]))
  }
  return given
}

function readFile(file: string | undefined, problems: Problem[]): Map<string, Given> {
  const name = file ?? 'calliope.toml'
  if (!existsSync(name)) {
    if (file) problems.push({ where: `--config ${file}`, message: 'no such file' })
    return new Map()
  }
  try {
    return flatten(Bun.TOML.parse(readFileSync(name, 'utf8')) as object, '', name, problems)
  } catch (error) {
    problems.push({ where: name, message: `cannot be read: ${(error as Error).message}` })
    return new Map()
  }
}

function flatten(
  table: object,
  prefix: string,
  file: string,
  problems: Problem[],
): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const [name, raw] of Object.entries(table)) {
    const key = prefix + name
    if (key in SETTINGS) given.set(key, { raw, origin: file })
    else if (raw !== null && typeof raw === 'object' && !Array.isArray(raw))
      for (const [inner, value] of flatten(raw, `${key}.`, file, problems)) given.set(inner, value)
    else problems.push(unknownName(`${file}: ${key}`, key, Object.keys(SETTINGS)))
  }
  return given
}

function unknownName(where: string, name: string, known: readonly string[]): Problem {
  const near = nearest(name, known)
  return {
    where,
    message: near ? `no such setting; did you mean ${near}?` : 'no such setting; see --help',
  }
}
