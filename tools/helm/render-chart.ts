// The chart, rendered by the real helm: what `helm install` would send to the cluster, as objects.
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { kubernetesTools } from './kubernetes-tools.ts'

export const CHART = join(import.meta.dir, '../../deploy/helm/calliope')

/** One Kubernetes object as YAML gave it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own; check-shape.ts knows them
  readonly spec?: any
  readonly data?: Readonly<Record<string, string>>
}

export type ChartValues = Readonly<Record<string, unknown>>

/** Enough for a release that renders; merged under the values of `renderChart`. */
export const LEAST_VALUES = { secrets: { existingSecret: 'calliope' } } satisfies ChartValues

/** Raised with helm's own words. */
export class ChartError extends Error {}

/** Runs helm with the chart and `values` on its standard input; throws ChartError. */
export async function helm(words: readonly string[], values: ChartValues): Promise<string> {
  const tools = await kubernetesTools()
  if (!tools) throw new ChartError('helm runs here on Linux on x64 only')
  const child = Bun.spawn([tools.helm, ...words, '--values', '-'], {
    ...{ stdin: new Blob([JSON.stringify(values)]), stdout: 'pipe', stderr: 'pipe' },
    // No plugin, repository or cluster of whoever runs this.
    env: { ...process.env, HELM_NO_PLUGINS: '1', HELM_CACHE_HOME: '/tmp', KUBECONFIG: '/dev/null' },
  })
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new ChartError(`${err}${out}`.trim())
  return out
}

/** The manifests of a release `sip` in the namespace `voice`, hooks too; throws ChartError with helm's words. */
export async function renderChart(values: ChartValues = LEAST_VALUES): Promise<Manifest[]> {
  const text = await helm(['template', 'sip', CHART, '--namespace', 'voice'], values)
  return parseManifests(text)
}

/** YAML as Kubernetes reads it, 1.1: 0440 is octal, and off is no text. */
export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    if (document.errors.length > 0) throw new ChartError(String(document.errors[0]))
    return (document.toJS() as Manifest | null) ?? []
  })

/** The one object of a kind, and of a name's end where there are several. */
export function manifestOf(manifests: readonly Manifest[], kind: string, nameEnd = ''): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && manifest.metadata.name.endsWith(nameEnd),
  )
  if (found.length !== 1)
    throw new ChartError(`${found.length} manifests are ${kind} …${nameEnd}, not one`)
  return found[0]!
}
