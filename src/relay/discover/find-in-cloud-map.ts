// Nodes in AWS Cloud Map, where ECS registers its tasks (service discovery). Only healthy ones, as Cloud
// Map sees it; when it knows of none, all it has: better to ask a node that may be ill.
//
// The SDK is imported when it is needed: nobody else pays for it.
import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery'
import type { Origin } from '../destination.ts'

type CloudMap = Extract<Origin, { kind: 'cloudmap' }>

const INSTANCES_MAX = 1_000
const clients = new Map<string, ServiceDiscoveryClient>()

export async function findInCloudMap(origin: CloudMap): Promise<{ host: string; port: number }[]> {
  const { DiscoverInstancesCommand } = await import('@aws-sdk/client-servicediscovery')
  const client = await clientFor(origin)
  const { Instances = [] } = await client.send(
    new DiscoverInstancesCommand({
      NamespaceName: origin.namespace,
      ServiceName: origin.service,
      HealthStatus: 'HEALTHY_OR_ELSE_ALL',
      MaxResults: INSTANCES_MAX,
    }),
  )
  return Instances.flatMap(({ Attributes = {} }) => {
    const host = Attributes.AWS_INSTANCE_IPV4 ?? Attributes.AWS_INSTANCE_IPV6
    // The port is asked for: Cloud Map knows that of one container port only, which may be another.
    return host ? [{ host, port: origin.port }] : []
  })
}

async function clientFor({ region, endpoint }: CloudMap): Promise<ServiceDiscoveryClient> {
  const key = `${region} ${endpoint}`
  const known = clients.get(key)
  if (known) return known
  const { ServiceDiscoveryClient } = await import('@aws-sdk/client-servicediscovery')
  const made = new ServiceDiscoveryClient({
    ...(region ? { region } : {}),
    // The SDK would ask the host data-…, which an endpoint of one's own does not have.
    ...(endpoint ? { endpoint, disableHostPrefix: true } : {}),
  })
  clients.set(key, made)
  return made
}
