// The nodes as ECS knows them: every running task of some services, by its private address.
import type { Task } from '@aws-sdk/client-ecs'
import { AwsClients, type AwsOptions, describeTasks, listTasks } from '../events/aws-clients.ts'
import type { InventoryNode } from './inventory.ts'

export interface EcsInventoryOptions extends AwsOptions {
  readonly cluster: string
  readonly services: readonly string[]
  /** Where each node serves HTTP. */
  readonly port: number
}

/** Asks ECS for the running tasks of the services. */
export async function ecsInventory(
  options: EcsInventoryOptions,
): Promise<readonly InventoryNode[]> {
  const { cluster, services, port } = options
  const aws = new AwsClients(options)
  const found: InventoryNode[] = []
  for (const service of services) {
    const arns = await listTasks(aws, { cluster, serviceName: service })
    for (const task of await describeTasks(aws, cluster, arns))
      found.push(...taskNode(task, cluster, service, port))
  }
  return found
}

// A task that has no address yet, or does not run yet, is not there for anybody who watches.
function taskNode(task: Task, cluster: string, service: string, port: number): InventoryNode[] {
  const address = task.containers
    ?.flatMap(({ networkInterfaces }) => networkInterfaces ?? [])
    .find(({ privateIpv4Address }) => privateIpv4Address)?.privateIpv4Address
  if (address === undefined || task.lastStatus !== 'RUNNING') return []
  const name = task.taskArn?.split('/').at(-1) ?? address
  const labels = {
    cluster,
    service,
    task_definition: task.taskDefinitionArn?.split('/').at(-1) ?? '',
    capacity_provider: task.capacityProviderName ?? task.launchType ?? '',
    ...(task.availabilityZone ? { zone: task.availabilityZone } : {}),
  }
  return [{ name, address, port, labels }]
}
