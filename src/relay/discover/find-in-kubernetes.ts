// Nodes in Kubernetes: the ready endpoints of a service, from its EndpointSlices, asked of the cluster's
// API with the pod's own service account, which needs get and list on endpointslices. A pod that is
// shutting down is not ready any more and therefore leaves at once.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Origin } from '../destination.ts'

/** How the cluster's API is reached; in a pod the defaults are right. */
export interface ClusterAccess {
  /** @default https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT */
  readonly url?: string
  /** Directory with `token` and `ca.crt`. @default where Kubernetes mounts it */
  readonly account?: string
}

/** The parts of an EndpointSlice (discovery.k8s.io/v1) that are looked at. */
interface EndpointSlice {
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[]
  readonly endpoints?: readonly {
    readonly addresses?: readonly string[]
    readonly conditions?: { readonly ready?: boolean }
  }[]
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const ASK_MS_MAX = 5_000

export async function findInKubernetes(
  { service, namespace, port }: Extract<Origin, { kind: 'k8s' }>,
  { url = clusterUrl(), account = ACCOUNT }: ClusterAccess = {},
): Promise<{ host: string; port: number }[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`)
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
  // Read each time: Kubernetes changes the token while the pod runs.
  const read = (name: string) => readFileSync(join(account, name), 'utf8').trim()
  const response = await fetch(`${url}${slices}?labelSelector=${selector}`, {
    headers: { authorization: `Bearer ${read('token')}`, accept: 'application/json' },
    signal: AbortSignal.timeout(ASK_MS_MAX),
    ...(url.startsWith('https:') ? { tls: { ca: read('ca.crt') } } : {}),
  })
  if (!response.ok) throw new Error(`${url}${slices} answered ${response.status}`)
  const { items = [] } = (await response.json()) as { items?: readonly EndpointSlice[] }
  return items.flatMap((slice) => nodesOf(slice, port))
}

function nodesOf({ ports = [], endpoints = [] }: EndpointSlice, wanted: string) {
  const named = wanted === '' ? ports[0] : ports.find(({ name }) => name === wanted)
  const port = /^\d+$/.test(wanted) ? Number(wanted) : named?.port
  if (port === undefined) return []
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses = [] }) => addresses.slice(0, 1).map((host) => ({ host, port })))
}

function clusterUrl(): string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  if (!host) throw new Error('KUBERNETES_SERVICE_HOST is not set: is this a pod?')
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}
