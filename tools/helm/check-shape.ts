// Whether manifests are what Kubernetes takes, in two ways that see different things: the models' own
// validators know which fields must be there and of what type, and nothing of fields they do not know;
// the TypeScript compiler, over the same manifests as literals, finds those.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from './render-chart.ts'

const root = join(import.meta.dir, '../..')

interface Model {
  readonly module: string
  /** The type is `IKind` in models, and the kind itself in operator-kinds.ts. */
  readonly type: string
}

function modelOf({ apiVersion, kind }: Manifest): Model {
  if (/^(monitoring\.coreos\.com|external-secrets\.io)\//.test(apiVersion))
    return { module: join(import.meta.dir, 'operator-kinds.ts'), type: kind }
  const models = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'
  return { module: `${models}/${apiVersion}`, type: `I${kind}` }
}

const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`

/** What the models' validators say, a line each. */
export async function invalidFields(manifests: readonly Manifest[]): Promise<string[]> {
  const problems: string[] = []
  for (const manifest of manifests) {
    const { module } = modelOf(manifest)
    if (module.startsWith('/')) continue // no validator, the compiler only
    const kinds = (await import(module)) as Record<string, new (data: unknown) => Validated>
    const Kind = kinds[manifest.kind]
    if (!Kind) problems.push(`${nameOf(manifest)}: ${module} has no such kind`)
    else problems.push(...complaint(manifest, new Kind(manifest)))
  }
  return problems
}

interface Validated {
  validate(): void
}

function complaint(manifest: Manifest, validated: Validated): string[] {
  try {
    validated.validate()
    return []
  } catch (error) {
    return [`${nameOf(manifest)}: ${(error as Error).message}`]
  }
}

/** What the compiler says, a line each: unknown fields, wrong types. One run for any number of them. */
export async function unknownFields(manifests: readonly Manifest[]): Promise<string[]> {
  const directory = join(root, 'node_modules/.cache/calliope-manifests', crypto.randomUUID())
  mkdirSync(directory, { recursive: true })
  try {
    await Bun.write(join(directory, 'manifests.ts'), asSource(manifests))
    await Bun.write(join(directory, 'tsconfig.json'), JSON.stringify(COMPILER))
    const tsc = Bun.spawn([join(root, 'node_modules/.bin/tsc'), '-p', directory], {
      ...{ stdout: 'pipe', stderr: 'ignore' },
    })
    const out = await new Response(tsc.stdout).text()
    await tsc.exited
    return out.split('\n').filter((line) => line.includes('error TS'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const COMPILER = {
  compilerOptions: {
    ...{ target: 'esnext', module: 'preserve', moduleResolution: 'bundler', strict: true },
    ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, types: [] },
  },
  include: ['manifests.ts'],
}

// One constant a manifest: where it is wrong, the compiler names the line and the field.
function asSource(manifests: readonly Manifest[]): string {
  const lines = manifests.map((manifest, n) => {
    const { module, type } = modelOf(manifest)
    return `import type { ${type} as T${n} } from ${JSON.stringify(module)}
export const m${n} = ${JSON.stringify(manifest)} satisfies T${n} // ${nameOf(manifest)}`
  })
  return lines.join('\n')
}
