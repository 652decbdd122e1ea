// ECS operations on services: create, describe, update, and the revisions behind them. Refusals are
// worded as ECS words them, because that is what a caller has to understand.
import { arn, nameOf } from './arn.ts'
import type { MonitoringState, SimDeployment, SimService, StrategyItem } from './ecs-state.ts'
import { revisionView, serviceView } from './ecs-views.ts'
import type { EcsWorld } from './ecs-world.ts'
import { AwsFault } from './fault.ts'
import { type Json, type OperationTable, page } from './operations.ts'

interface ServiceInput {
  readonly cluster?: string
  readonly desiredCount?: number
  readonly taskDefinition?: string
  readonly capacityProviderStrategy?: readonly StrategyItem[]
  readonly monitoring?: MonitoringState
  readonly forceNewDeployment?: boolean
}
interface CreateInput extends ServiceInput {
  readonly serviceName: string
  readonly launchType?: 'EC2' | 'FARGATE'
  readonly placementConstraints?: readonly Json[]
}
interface UpdateInput extends ServiceInput {
  readonly service: string
}

const SERVICES_PER_DESCRIBE_MAX = 10

export const serviceOperations = (world: EcsWorld): OperationTable => ({
  service: 'ecs',
  operations: {
    CreateCluster: ({ clusterName = 'default' }: { clusterName?: string }) => {
      world.clusters.add(clusterName)
      return { cluster: clusterView(world, clusterName) }
    },
    DescribeClusters: ({ clusters = ['default'] }: { clusters?: readonly string[] }) => {
      const known = clusters.map(nameOf).filter((name) => world.clusters.has(name))
      return { clusters: known.map((name) => clusterView(world, name)), failures: [] }
    },
    CreateService: (input: CreateInput) => createService(world, input),
    DescribeServices: (input: { cluster?: string; services: readonly string[] }) =>
      describeServices(world, input),
    ListServices: (input: { cluster?: string; nextToken?: string; maxResults?: number }) => {
      const cluster = world.requireCluster(input.cluster)
      const all = [...world.services.values()].filter((service) => service.cluster === cluster)
      const { items, ...next } = page(all, { maxResults: 10, ...input })
      return { serviceArns: items.map((service) => service.arn), ...next }
    },
    UpdateService: (input: UpdateInput) => updateService(world, input),
    DescribeServiceRevisions: (input: { serviceRevisionArns: readonly string[] }) => {
      const all = [...world.services.values()].flatMap((service) =>
        service.deployments.map((deployment) => ({ service, deployment })),
      )
      const wanted = all.filter(({ deployment }) =>
        input.serviceRevisionArns.includes(deployment.revisionArn),
      )
      return { serviceRevisions: wanted.map((one) => revisionView(one.service, one.deployment)) }
    },
  },
})

function clusterView(world: EcsWorld, name: string): Json {
  const instances = world.instancesOf(name)
  const tasks = world.tasks(name).filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
  return {
    clusterArn: arn('ecs', `cluster/${name}`),
    clusterName: name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: instances.length,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    activeServicesCount: [...world.services.values()].filter((s) => s.cluster === name).length,
  }
}

function createService(world: EcsWorld, input: CreateInput): Json {
  const cluster = world.requireCluster(input.cluster)
  const key = `${cluster}/${input.serviceName}`
  if (world.services.has(key))
    throw new AwsFault('InvalidParameterException', 'Creation of service was not idempotent.')
  const service: SimService = {
    arn: arn('ecs', `service/${key}`),
    name: input.serviceName,
    cluster,
    createdAtMs: world.clock.nowMs,
    launchType: input.launchType,
    placementConstraints: input.placementConstraints ?? [],
    status: 'ACTIVE',
    desired: input.desiredCount ?? 0,
    deployments: [],
    events: [],
    steady: false,
    retrying: false,
  }
  const { taskDefinition = 'calliope:1', capacityProviderStrategy = [], monitoring } = input
  deploy(world, service, { taskDefinition, strategy: capacityProviderStrategy, monitoring })
  world.services.set(key, service)
  return { service: serviceView(world, service) }
}

function describeServices(
  world: EcsWorld,
  { cluster, services }: { cluster?: string; services: readonly string[] },
): Json {
  if (services.length > SERVICES_PER_DESCRIBE_MAX)
    throw new AwsFault('InvalidParameterException', 'Services cannot have more than 10 items.')
  const name = world.requireCluster(cluster)
  const found = services.map((service) => ({ service, known: world.service(name, service) }))
  return {
    services: found.flatMap(({ known }) => (known ? [serviceView(world, known)] : [])),
    failures: found
      .filter(({ known }) => !known)
      .map(({ service }) => ({
        arn: arn('ecs', `service/${name}/${nameOf(service)}`),
        reason: 'MISSING',
      })),
  }
}

function updateService(world: EcsWorld, input: UpdateInput): Json {
  const service = world.requireService(world.requireCluster(input.cluster), input.service)
  const current = service.deployments[0]!
  const { desiredCount, capacityProviderStrategy, monitoring } = input
  if (desiredCount !== undefined && desiredCount < 0)
    throw new AwsFault('InvalidParameterException', 'desiredCount cannot be negative.')
  // ECS insists: a new strategy only by replacing every task (decision 0020).
  if (capacityProviderStrategy && !input.forceNewDeployment)
    throw new AwsFault(
      'InvalidParameterException',
      'When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.',
    )
  if (desiredCount !== undefined && desiredCount !== service.desired) {
    service.desired = desiredCount
    service.steady = false
  }
  const changes = input.taskDefinition ?? capacityProviderStrategy ?? monitoring
  if (changes !== undefined || input.forceNewDeployment)
    deploy(world, service, {
      taskDefinition: input.taskDefinition ?? current.taskDefinition,
      strategy: capacityProviderStrategy ?? current.strategy,
      monitoring: monitoring ?? current.monitoring,
    })
  return { service: serviceView(world, service) }
}

type Revision = Pick<SimDeployment, 'taskDefinition' | 'strategy' | 'monitoring'>

function deploy(world: EcsWorld, service: SimService, revision: Revision): void {
  const id = world.nextId()
  const deployment: SimDeployment = {
    id: `ecs-svc/${id.slice(-19)}`,
    revisionArn: arn('ecs', `service-revision/${service.cluster}/${service.name}/${id.slice(-19)}`),
    ...revision,
    taskDefinition: nameOf(revision.taskDefinition),
    createdAtMs: world.clock.nowMs,
    updatedAtMs: world.clock.nowMs,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: 'ECS deployment in progress.',
    failedTasks: 0,
  }
  for (const older of service.deployments) older.status = 'ACTIVE'
  service.deployments.unshift(deployment)
  service.steady = false
  world.act(service, 'INFO', 'SERVICE_DEPLOYMENT_IN_PROGRESS', { deploymentId: deployment.id })
}
