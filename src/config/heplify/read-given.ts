// What was given for heplify-server: its file, HEPLIFYSERVER_* and its flags, each over the one before.
// Its flags are Go's: `-hepaddr X`, `-hepaddr=X`, the same with two dashes, switches without a value.
//
//   heplify-server.toml < HEPLIFYSERVER_* < -flags   (< calliope.toml < CALLIOPE_* < --flags)
import { existsSync, readFileSync } from 'node:fs'
import { nearest, type Problem } from '../flags.ts'
import type { Environment } from '../secrets.ts'
import { HEPLIFY_KEYS, keyNamed, LOWER_CASE_NAMES } from './keys.ts'
import type { HeplifyGiven } from './translate.ts'

export interface HeplifyInput {
  readonly given: ReadonlyMap<string, HeplifyGiven>
  /** The words that are none of its flags. */
  readonly argv: readonly string[]
  readonly problems: readonly Problem[]
  /** Whether anything was given at all; if not, nothing of this applies. */
  readonly isOn: boolean
}

const PREFIX = 'HEPLIFYSERVER_'
const FILE = './heplify-server.toml'
const FILE_FLAG = '--heplify-config'

// Kubernetes sets these beside a service of that name.
const SET_BY_OTHERS = /^(SERVICE_(HOST|PORT)(_.*)?|PORT(_.*)?)$/

/** Reads everything that heplify-server would, and takes its flags out of `argv`. */
export function readHeplify(argv: readonly string[], env: Environment): HeplifyInput {
  const flags = takeFlags(argv)
  const environment = readEnvironment(env)
  const isMeant = flags.given.size + environment.size > 0
  const file =
    flags.given.get('Config') ?? fileOf('CALLIOPE_HEPLIFY_CONFIG', env) ?? environment.get('config')
  const problems: Problem[] = [...flags.problems]
  const here = isMeant && existsSync(FILE) ? { raw: FILE, origin: 'as there' } : undefined
  const named = file ?? here
  const inFile = named ? readFile(String(named.raw), named.origin, problems) : []
  const given = new Map<string, HeplifyGiven>()
  const layers = [
    ...inFile,
    ...environment,
    ...flags.given,
    ...(named ? [['Config', named] as const] : []),
  ]
  for (const [name, entry] of layers) given.set(keyNamed(name) ?? name, entry)
  return { given, argv: flags.rest, problems, isOn: isMeant || named !== undefined }
}

const fileOf = (name: string, env: Environment): HeplifyGiven | undefined =>
  env[name] ? { raw: env[name], origin: name } : undefined

function readEnvironment(env: Environment): Map<string, HeplifyGiven> {
  const found = Object.entries(env).filter(
    ([name, raw]) =>
      // Set to nothing is not set, there as here.
      name.startsWith(PREFIX) && raw && !SET_BY_OTHERS.test(name.slice(PREFIX.length)),
  )
  return new Map(
    found.map(([origin, raw]) => [origin.slice(PREFIX.length).toLowerCase(), { raw, origin }]),
  )
}

function readFile(
  file: string,
  origin: string,
  problems: Problem[],
): readonly (readonly [string, HeplifyGiven])[] {
  if (!existsSync(file)) {
    problems.push({ where: `${origin} ${file}`, message: 'no such file' })
    return []
  }
  try {
    const keys = Bun.TOML.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    return Object.entries(keys)
      .filter(([key]) => keyNamed(key) !== 'Config')
      .map(([key, raw]) => [key, { raw, origin: `${file}: ${key}` }])
  } catch (error) {
    problems.push({ where: file, message: `cannot be read: ${(error as Error).message}` })
    return []
  }
}

interface Taken {
  readonly given: Map<string, HeplifyGiven>
  readonly rest: string[]
  readonly problems: Problem[]
}

function takeFlags(argv: readonly string[]): Taken {
  const taken: Taken = { given: new Map(), rest: [], problems: [] }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--') {
      taken.rest.push(...argv.slice(i))
      break
    }
    const key = keyOfFlag(word)
    if (key === undefined) {
      keepWord(word, argv[i - 1], taken)
      continue
    }
    const at = word.indexOf('=')
    const origin = at < 0 ? word : word.slice(0, at)
    const isSwitch = HEPLIFY_KEYS[key]!.value.placeholder === ''
    const raw = at >= 0 ? word.slice(at + 1) : isSwitch ? 'true' : argv[++i]
    if (raw === undefined) taken.problems.push({ where: origin, message: 'needs a value' })
    else taken.given.set(key, { raw, origin })
  }
  return taken
}

/** `--config` is ours; every other name of theirs has no dash in it, and none of ours is like that. */
function keyOfFlag(word: string): string | undefined {
  const [, dashes = '', name = ''] = /^(--?)([a-z0-9-]+)(=|$)/.exec(word) ?? []
  if (dashes + name === FILE_FLAG) return 'Config'
  if (dashes === '--' && name === 'config') return undefined
  return LOWER_CASE_NAMES.includes(name) ? keyNamed(name) : undefined
}

// A word with one dash can only be theirs, unless it is the value of the flag before it.
function keepWord(word: string, before: string | undefined, { rest, problems }: Taken): void {
  const name = /^-([a-z][a-z0-9]{2,})(=|$)/i.exec(word)?.[1]?.toLowerCase()
  const near = name === undefined ? undefined : nearest(name, LOWER_CASE_NAMES)
  const isValue = before?.startsWith('--') === true && !before.includes('=')
  if (near === undefined || isValue) rest.push(word)
  else
    problems.push({
      where: word.split('=')[0]!,
      message: `no such flag; did you mean -${near}?`,
    })
}
