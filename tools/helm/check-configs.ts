// Whether the program takes what the chart gives it: every rendered calliope.toml goes through the real
// `calliope check-config`, with files where the pod would have its secrets, and every word and variable
// of a container is one the program knows.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseDestinations } from '../../src/relay/destination.ts'
import { run } from '../../test/commands.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { type Container, podsOf } from './pods.ts'
import type { Manifest } from './render-chart.ts'

const SECRETS = '/run/secrets/calliope'
const SECRET_TEXTS: Readonly<Record<string, string>> = {
  'database-url': 'postgres://calliope:secret@db.example/calliope?sslmode=verify-full',
}

/** Writes a pod's calliope.toml and its secrets below `directory`, and returns the file's name. */
export async function writeConfig(
  toml: string,
  directory: string,
  secrets: Readonly<Record<string, string>> = SECRET_TEXTS,
): Promise<string> {
  const place = join(directory, 'secrets')
  mkdirSync(place, { recursive: true })
  for (const [, name] of toml.matchAll(/\$\{secret:file:\/run\/secrets\/calliope\/([\w.-]+)\}/g))
    await Bun.write(join(place, name!), secrets[name!] ?? `the ${name}`)
  const file = join(directory, 'calliope.toml')
  await Bun.write(file, toml.replaceAll(`${SECRETS}/`, `${place}/`))
  return file
}

/** What the program says against the manifests' containers and configurations, a sentence each. */
export async function checkConfigs(manifests: readonly Manifest[]): Promise<string[]> {
  const problems: string[] = []
  for (const { of, spec } of podsOf(manifests)) {
    const name = spec.volumes?.find((volume) => volume.name === 'config')?.configMap?.name
    const config = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name,
    )
    for (const container of spec.containers) {
      if (name && !config) problems.push(`${of}: no ConfigMap ${name}`)
      problems.push(...(await complaints(of, container, config?.data?.['calliope.toml'])))
    }
  }
  return problems
}

const helps = new Map<string, ReturnType<typeof run>>()

function helpOf(command: string): ReturnType<typeof run> {
  const known = helps.get(command) ?? run([command, '--help'])
  helps.set(command, known)
  return known
}

async function complaints(of: string, container: Container, toml?: string): Promise<string[]> {
  const [command = '', ...flags] = container.args ?? []
  const env = Object.fromEntries(
    (container.env ?? []).map(({ name, value = 'pod' }) => [name, value]),
  )
  const help = await helpOf(command)
  const known = new Set([...help.out.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag))
  const unknown = flags.filter((word) => word.startsWith('--') && !known.has(word))
  const problems = unknown.map((flag) => `${of}: calliope ${command} has no ${flag}`)
  if (help.code !== 0) problems.push(`${of}: there is no calliope ${command}`)
  if (toml === undefined) return problems
  using directory = temporaryDirectory()
  const file = await writeConfig(toml, directory.path)
  const { code, err } = await run(['check-config', '--config', file], { env })
  if (code !== 0) problems.push(`${of}: ${err.trim()}`)
  return command === 'relay' ? [...problems, ...badDestinations(of, toml)] : problems
}

// What only `calliope relay` itself looks at.
function badDestinations(of: string, toml: string): string[] {
  const { relay } = Bun.TOML.parse(toml) as { relay?: { to?: string[] } }
  try {
    return parseDestinations(relay?.to ?? []).length > 0 ? [] : [`${of}: it carries nowhere`]
  } catch (error) {
    return [`${of}: ${(error as Error).message}`]
  }
}
