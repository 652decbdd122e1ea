// `calliope policy`: a scaling policy, in every form in which it is used.
import { existsSync, readFileSync } from 'node:fs'
import { kinds, parseFlags, setting, UsageError } from '#config'
import {
  describePolicy,
  fromHelm,
  fromPlan,
  type Json,
  type Policy,
  type PolicyReading,
  PRESETS,
  parsePolicy,
  toHelm,
  toTerraform,
} from '#fleet'
import { type Command, CommandError } from './command.ts'

const FORMS = ['sentence', 'json', 'terraform', 'helm-hpa', 'helm-keda'] as const
const FLAGS = {
  as: setting(
    kinds.choice(...FORMS),
    'sentence',
    'sentence, json, terraform (tfvars), helm-hpa or helm-keda (values)',
  ),
  'from-plan': setting(kinds.text, '', "read it from a plan's or state's JSON; - = standard input"),
  'from-helm': setting(
    kinds.text,
    '',
    'read it from rendered manifests (YAML); - = standard input',
  ),
}
const FILE_BYTES_MAX = 64 * 2 ** 20

/** `calliope policy NAME|FILE`: prints it; with --from-plan or --from-helm, what is deployed. */
export const policy: Command = {
  summary:
    'show a scaling policy as a sentence, Terraform variables or Helm values (docs/scaling.md)',
  usage: 'policy [NAME|FILE] [--as FORM] | policy --from-plan FILE | policy --from-helm FILE',
  example: 'calliope policy calliope --as terraform > scaling.auto.tfvars.json',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    const sources = [...positionals, flags['from-plan'], flags['from-helm']].filter(Boolean)
    if (sources.length > 1)
      throw new UsageError([{ where: sources[1]!, message: 'one policy at a time' }])
    if (sources.length === 0) return print(presetList())
    const { policy, differences } = await readPolicy(flags, positionals)
    for (const difference of differences) process.stderr.write(`calliope: ${difference}\n`)
    return print(await show(policy, flags.as))
  },
}

/** A policy from a plan, from manifests, by name or from a file. */
export async function readPolicy(
  flags: { readonly 'from-plan': string; readonly 'from-helm': string },
  [name = '']: readonly string[],
): Promise<PolicyReading> {
  if (flags['from-plan']) return fromPlan(await planIn(flags['from-plan']))
  if (flags['from-helm']) return fromHelm(await manifestsIn(flags['from-helm']))
  return { policy: loadPolicy(name), differences: [] }
}

/** A preset by name, or a policy in a TOML or JSON file. Throws UsageError naming every problem. */
export function loadPolicy(nameOrFile: string): Policy {
  const preset = Object.hasOwn(PRESETS, nameOrFile) ? PRESETS[nameOrFile] : undefined
  if (preset !== undefined) return preset
  if (!existsSync(nameOrFile))
    throw new UsageError([
      {
        where: nameOrFile,
        message: `neither a file nor one of ${Object.keys(PRESETS).join(', ')}`,
      },
    ])
  const parsed = parsePolicy(parseText(nameOrFile, readFileSync(nameOrFile, 'utf8')))
  if (parsed.kind === 'policy') return parsed.policy
  throw new UsageError(
    parsed.problems.map(({ where, message }) => ({ where: `${nameOrFile}: ${where}`, message })),
  )
}

function parseText(file: string, text: string): unknown {
  try {
    return /\.json$/i.test(file) || text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : Bun.TOML.parse(text)
  } catch (error) {
    throw new UsageError([
      { where: file, message: `neither TOML nor JSON: ${(error as Error).message}` },
    ])
  }
}

async function planIn(file: string): Promise<Json> {
  const text = await contentOf(file)
  try {
    return JSON.parse(text) as Json
  } catch {
    // `terraform test -json -verbose` prints a message a line; one of them holds the plan.
    const line = text.split('\n').findLast((each) => /"test_(plan|state)"/.test(each))
    if (line !== undefined) return JSON.parse(line) as Json
    throw new CommandError(`${file} is not JSON: give what 'terraform show -json plan.out' prints`)
  }
}

async function manifestsIn(file: string): Promise<Json[]> {
  const text = await contentOf(file)
  try {
    const documents = Bun.YAML.parse(text) as Json | Json[]
    const list = Array.isArray(documents) ? documents : [documents]
    // kubectl prints several objects as one of kind List.
    return list.flatMap((one) => (one as { items?: Json[] } | null)?.items ?? [one])
  } catch (error) {
    throw new CommandError(`${file} is not YAML: ${(error as Error).message}`)
  }
}

async function contentOf(file: string): Promise<string> {
  const source = file === '-' ? Bun.stdin : Bun.file(file)
  if (file !== '-' && !existsSync(file)) throw new CommandError(`${file} does not exist`)
  if (source.size > FILE_BYTES_MAX && file !== '-')
    throw new CommandError(`${file} has ${source.size} bytes, ${FILE_BYTES_MAX} are read at most`)
  return source.text()
}

async function show(policy: Policy, form: (typeof FORMS)[number]): Promise<string> {
  switch (form) {
    case 'sentence':
      return describePolicy(policy)
    case 'json':
      return JSON.stringify(policy, null, 2)
    case 'terraform':
      return JSON.stringify({ scaling: toTerraform(policy) }, null, 2)
    case 'helm-hpa':
    case 'helm-keda': {
      const { stringify } = await import('yaml')
      const values = toHelm(policy, form === 'helm-hpa' ? 'hpa' : 'keda')
      return stringify(values, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()
    }
  }
}

const presetList = (): string =>
  `${Object.values(PRESETS).map(describePolicy).join('\n\n')}\n\nPrint one with: calliope policy NAME --as terraform`

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}
