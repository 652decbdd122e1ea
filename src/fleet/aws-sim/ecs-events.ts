// Events as EventBridge delivers them, member for member as the ECS and EC2 guides show them.
import { ACCOUNT, arn, nameOf, REGION } from './arn.ts'
import type { SimInstance, SimService, SimTask } from './ecs-state.ts'
import type { Json } from './operations.ts'

/** One event on the default bus. */
export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Json
}

const clusterArn = (cluster: string): string => arn('ecs', `cluster/${cluster}`)
const text = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : new Date(atMs).toISOString()

function busEvent(
  source: string,
  detailType: string,
  resource: string,
  detail: Json,
  atMs: number,
): BusEvent {
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    time: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    region: REGION,
    resources: [resource],
    detail: JSON.parse(JSON.stringify(detail)) as Json, // drops what is undefined, as the wire does
  }
}

/** A task changed; for an interrupted spot task lastStatus is still RUNNING when this is sent. */
export const taskStateChange = (task: SimTask, atMs: number): BusEvent =>
  busEvent(
    'aws.ecs',
    'ECS Task State Change',
    task.arn,
    {
      clusterArn: clusterArn(task.cluster),
      taskArn: task.arn,
      taskDefinitionArn: arn('ecs', `task-definition/${task.taskDefinition}`),
      containerInstanceArn: task.instanceArn,
      capacityProviderName: task.provider,
      launchType: task.instanceArn ? 'EC2' : 'FARGATE',
      group: `service:${task.service}`,
      startedBy: `ecs-svc/${task.deploymentId}`,
      desiredStatus: task.desiredStatus,
      lastStatus: task.lastStatus,
      createdAt: text(task.createdAtMs),
      startedAt: text(task.startedAtMs),
      stoppingAt: text(task.stoppingAtMs),
      stoppedAt: text(task.stoppedAtMs),
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
      updatedAt: text(atMs),
      version: task.version,
    },
    atMs,
  )

/** The service scheduler says something: steady state, a placement that failed. */
export const serviceAction = (
  service: SimService,
  eventType: 'INFO' | 'WARN' | 'ERROR',
  eventName: string,
  atMs: number,
  more: Json = {},
): BusEvent =>
  busEvent(
    'aws.ecs',
    'ECS Service Action',
    service.arn,
    {
      eventType,
      eventName,
      clusterArn: clusterArn(service.cluster),
      ...more,
      createdAt: text(atMs),
    },
    atMs,
  )

export const instanceStateChange = (
  instance: SimInstance,
  tasks: { running: number; pending: number },
  atMs: number,
): BusEvent =>
  busEvent(
    'aws.ecs',
    'ECS Container Instance State Change',
    instance.arn,
    {
      agentConnected: instance.agentConnected,
      clusterArn: clusterArn(instance.cluster),
      containerInstanceArn: instance.arn,
      ec2InstanceId: instance.ec2InstanceId,
      registeredAt: text(instance.registeredAtMs),
      pendingTasksCount: tasks.pending,
      runningTasksCount: tasks.running,
      status: instance.status,
      version: instance.version,
      updatedAt: text(atMs),
    },
    atMs,
  )

/** Two minutes before a spot machine goes. */
export const spotWarning = (ec2InstanceId: string, atMs: number): BusEvent =>
  busEvent(
    'aws.ec2',
    'EC2 Spot Instance Interruption Warning',
    arn('ec2', `instance/${nameOf(ec2InstanceId)}`),
    { 'instance-id': ec2InstanceId, 'instance-action': 'terminate' },
    atMs,
  )

/** What a schedule rule sends. */
export const scheduledEvent = (rule: string, atMs: number): BusEvent =>
  busEvent('aws.events', 'Scheduled Event', arn('events', `rule/${rule}`), {}, atMs)
