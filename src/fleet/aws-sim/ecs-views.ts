// How the simulated ECS shows what it knows: the structures of DescribeServices, DescribeTasks and so
// on. Points in time are seconds, as JSON 1.1 carries them.
import { arn } from './arn.ts'
import {
  isMeantToLive,
  type SimDeployment,
  type SimInstance,
  type SimService,
  type SimTask,
} from './ecs-state.ts'
import type { EcsWorld } from './ecs-world.ts'
import type { Json } from './operations.ts'

const seconds = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs / 1000)

function counts(tasks: readonly SimTask[]) {
  const alive = tasks.filter(isMeantToLive)
  const runningCount = alive.filter(({ lastStatus }) => lastStatus === 'RUNNING').length
  return { runningCount, pendingCount: alive.length - runningCount }
}

export function serviceView(world: EcsWorld, service: SimService): Json {
  const tasks = world.tasksOf(service)
  const primary = service.deployments[0]!
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: arn('ecs', `cluster/${service.cluster}`),
    status: service.status,
    desiredCount: service.desired,
    ...counts(tasks),
    ...(service.launchType ? { launchType: service.launchType } : {}),
    capacityProviderStrategy: primary.strategy,
    taskDefinition: arn('ecs', `task-definition/${primary.taskDefinition}`),
    deployments: service.deployments.map((deployment) =>
      deploymentView(service, tasks, deployment),
    ),
    events: service.events,
    createdAt: seconds(service.createdAtMs),
    currentServiceRevisions: service.deployments.map(({ id, revisionArn }) => {
      const ours = counts(tasks.filter(({ deploymentId }) => deploymentId === id))
      return {
        arn: revisionArn,
        requestedTaskCount: service.desired,
        runningTaskCount: ours.runningCount,
        pendingTaskCount: ours.pendingCount,
      }
    }),
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
  }
}

function deploymentView(service: SimService, tasks: readonly SimTask[], deployment: SimDeployment) {
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: arn('ecs', `task-definition/${deployment.taskDefinition}`),
    desiredCount: service.desired,
    ...counts(tasks.filter(({ deploymentId }) => deploymentId === deployment.id)),
    failedTasks: deployment.failedTasks,
    createdAt: seconds(deployment.createdAtMs),
    updatedAt: seconds(deployment.updatedAtMs),
    capacityProviderStrategy: deployment.strategy,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  }
}

export const revisionView = (service: SimService, deployment: SimDeployment): Json => ({
  serviceRevisionArn: deployment.revisionArn,
  serviceArn: service.arn,
  clusterArn: arn('ecs', `cluster/${service.cluster}`),
  taskDefinition: arn('ecs', `task-definition/${deployment.taskDefinition}`),
  capacityProviderStrategy: deployment.strategy,
  createdAt: seconds(deployment.createdAtMs),
  ...(deployment.monitoring ? { monitoring: deployment.monitoring } : {}),
})

export const taskView = (task: SimTask): Json => ({
  taskArn: task.arn,
  clusterArn: arn('ecs', `cluster/${task.cluster}`),
  taskDefinitionArn: arn('ecs', `task-definition/${task.taskDefinition}`),
  group: `service:${task.service}`,
  startedBy: `ecs-svc/${task.deploymentId}`,
  capacityProviderName: task.provider,
  containerInstanceArn: task.instanceArn,
  launchType: task.instanceArn ? 'EC2' : 'FARGATE',
  lastStatus: task.lastStatus,
  desiredStatus: task.desiredStatus,
  createdAt: seconds(task.createdAtMs),
  startedAt: seconds(task.startedAtMs),
  stoppingAt: seconds(task.stoppingAtMs),
  stoppedAt: seconds(task.stoppedAtMs),
  stopCode: task.stopCode,
  stoppedReason: task.stoppedReason,
  version: task.version,
  containers: [
    {
      name: 'calliope',
      lastStatus: task.lastStatus,
      networkInterfaces: [{ attachmentId: 'eni', privateIpv4Address: task.address }],
    },
  ],
})

export function instanceView(world: EcsWorld, instance: SimInstance): Json {
  const here = world.tasks(instance.cluster).filter((task) => task.instanceArn === instance.arn)
  const { runningCount, pendingCount } = counts(here)
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    status: instance.status,
    agentConnected: instance.agentConnected,
    version: instance.version,
    registeredAt: seconds(instance.registeredAtMs),
    runningTasksCount: runningCount,
    pendingTasksCount: pendingCount,
  }
}
