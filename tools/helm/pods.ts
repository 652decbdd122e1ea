// Pods as the rules see them: the one thing that Deployments, StatefulSets, DaemonSets and hooks share.
import type { Manifest } from './render-chart.ts'

export interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly {
    readonly name: string
    readonly containerPort: number
    readonly protocol?: string
  }[]
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string }
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly hostPath?: unknown
  }[]
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
}

export interface Pod {
  /** "Deployment sip-calliope-capture" */
  readonly of: string
  readonly manifest: Manifest
  readonly labels: Readonly<Record<string, string>>
  readonly spec: PodSpec
  /** Volumes that a StatefulSet makes. */
  readonly claims: readonly string[]
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet']

/** Every kind of pod there is among the manifests. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const of = `${manifest.kind} ${manifest.metadata.name}`
    if (manifest.kind === 'Pod') {
      const labels = manifest.metadata.labels ?? {}
      return [{ of, manifest, labels, spec: manifest.spec as PodSpec, claims: [] }]
    }
    if (!WORKLOADS.includes(manifest.kind)) return []
    const { template, volumeClaimTemplates = [] } = manifest.spec
    const claims = (volumeClaimTemplates as Manifest[]).map(({ metadata }) => metadata.name)
    return [{ of, manifest, labels: template.metadata.labels, spec: template.spec, claims }]
  })
}

/** The pods a selector picks; an empty one picks none here. */
export const selected = (
  pods: readonly Pod[],
  selector: Readonly<Record<string, string>> = {},
): Pod[] =>
  pods.filter(({ labels }) => {
    const wanted = Object.entries(selector)
    return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
  })
