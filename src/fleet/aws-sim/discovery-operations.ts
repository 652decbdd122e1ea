// Cloud Map: the members of a service, as DiscoverInstances lists them. A namespace and service of the
// same names as an ECS cluster and service list its running tasks by themselves; others are put in.
// The SDK calls the host `data-…` for this operation: a client with an endpoint of its own, like ours,
// has to be made with `disableHostPrefix: true`.
import type { EcsWorld } from './ecs-world.ts'
import { AwsFault } from './fault.ts'
import type { Json, OperationTable } from './operations.ts'

export interface DiscoveredInstance {
  readonly id: string
  readonly ipv4: string
  readonly port: number
  readonly healthy: boolean
}

/** What tests put in: `namespace/service` to instances. */
export type DiscoveryTable = Map<string, readonly DiscoveredInstance[]>

interface DiscoverInput {
  readonly NamespaceName: string
  readonly ServiceName: string
  readonly MaxResults?: number
  readonly HealthStatus?: 'HEALTHY' | 'UNHEALTHY' | 'ALL' | 'HEALTHY_OR_ELSE_ALL'
}

const HEP_PORT = 9060

export const discoveryOperations = (world: EcsWorld, table: DiscoveryTable): OperationTable => {
  let revision = 0
  return {
    service: 'discovery',
    operations: {
      DiscoverInstances: (input: DiscoverInput) => ({
        Instances: chooseHealthy(members(world, table, input), input.HealthStatus)
          .slice(0, input.MaxResults ?? 100)
          .map((instance) => instanceView(input, instance)),
        InstancesRevision: ++revision,
      }),
    },
  }
}

function members(
  world: EcsWorld,
  table: DiscoveryTable,
  { NamespaceName, ServiceName }: DiscoverInput,
): readonly DiscoveredInstance[] {
  const given = table.get(`${NamespaceName}/${ServiceName}`)
  if (given) return given
  const service = world.service(NamespaceName, ServiceName)
  if (!service) throw new AwsFault('ServiceNotFound', `No service ${ServiceName}.`)
  return world
    .tasksOf(service)
    .filter(({ lastStatus }) => lastStatus === 'RUNNING')
    .map((task) => ({
      id: task.arn.split('/').at(-1)!,
      ipv4: task.address,
      port: HEP_PORT,
      healthy: task.desiredStatus === 'RUNNING',
    }))
}

function chooseHealthy(
  instances: readonly DiscoveredInstance[],
  status: DiscoverInput['HealthStatus'] = 'HEALTHY',
): readonly DiscoveredInstance[] {
  if (status === 'ALL') return instances
  const chosen = instances.filter(({ healthy }) => healthy === (status !== 'UNHEALTHY'))
  return status === 'HEALTHY_OR_ELSE_ALL' && chosen.length === 0 ? instances : chosen
}

const instanceView = (
  { NamespaceName, ServiceName }: DiscoverInput,
  { id, ipv4, port, healthy }: DiscoveredInstance,
): Json => ({
  InstanceId: id,
  NamespaceName,
  ServiceName,
  HealthStatus: healthy ? 'HEALTHY' : 'UNHEALTHY',
  Attributes: { AWS_INSTANCE_IPV4: ipv4, AWS_INSTANCE_PORT: String(port) },
})
