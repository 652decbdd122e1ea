// ECS operations on tasks and container instances.
import { nameOf } from './arn.ts'
import type { SimTask } from './ecs-state.ts'
import { instanceView, taskView } from './ecs-views.ts'
import type { EcsWorld } from './ecs-world.ts'
import { AwsFault } from './fault.ts'
import { type Json, type OperationTable, page } from './operations.ts'

interface Paging {
  readonly cluster?: string
  readonly nextToken?: string
  readonly maxResults?: number
}
interface ListTasksInput extends Paging {
  readonly serviceName?: string
  readonly containerInstance?: string
  readonly desiredStatus?: 'RUNNING' | 'PENDING' | 'STOPPED'
}
interface ListInstancesInput extends Paging {
  readonly status?: string
  readonly filter?: string
}
interface TasksInput {
  readonly cluster?: string
  readonly tasks?: readonly string[]
}

export const taskOperations = (world: EcsWorld): OperationTable => ({
  service: 'ecs',
  operations: {
    ListTasks: (input: ListTasksInput) => {
      const { items, ...next } = page(findTasks(world, input), input)
      return { taskArns: items.map((task) => task.arn), ...next }
    },
    DescribeTasks: ({ cluster, tasks = [] }: TasksInput) => {
      const name = world.requireCluster(cluster)
      const known = tasks.map((task) => world.task(task)).filter((task) => task?.cluster === name)
      return { tasks: known.map((task) => taskView(task!)), failures: [] }
    },
    StopTask: ({ task, reason }: { cluster?: string; task: string; reason?: string }) => {
      const known = world.task(task)
      if (!known)
        throw new AwsFault('InvalidParameterException', 'The referenced task was not found.')
      world.stop(known, 'UserInitiated', reason ?? 'Task stopped by user')
      return { task: taskView(known) }
    },
    UpdateTaskProtection: (input: TasksInput & ProtectionInput) => protectTasks(world, input),
    GetTaskProtection: (input: TasksInput) => ({
      protectedTasks: (input.tasks ?? []).flatMap((task) =>
        protectionView(world, world.task(task)),
      ),
      failures: [],
    }),
    ListContainerInstances: (input: ListInstancesInput) => {
      const { items, ...next } = page(findInstances(world, input), input)
      return { containerInstanceArns: items.map((instance) => instance.arn), ...next }
    },
    DescribeContainerInstances: (input: {
      cluster?: string
      containerInstances: readonly string[]
    }) => {
      const all = world.instancesOf(world.requireCluster(input.cluster))
      const names = input.containerInstances.map(nameOf)
      const known = all.filter((instance) => names.includes(nameOf(instance.arn)))
      return {
        containerInstances: known.map((instance) => instanceView(world, instance)),
        failures: [],
      }
    },
  },
})

// Without a status asked for, ECS lists the tasks that are meant to run, whether they do yet or not.
function findTasks(world: EcsWorld, input: ListTasksInput): SimTask[] {
  const { desiredStatus = 'RUNNING', serviceName, containerInstance } = input
  return world
    .tasks(world.requireCluster(input.cluster))
    .filter((task) => task.desiredStatus === desiredStatus)
    .filter((task) => !serviceName || task.service === nameOf(serviceName))
    .filter(
      ({ instanceArn }) =>
        !containerInstance || nameOf(instanceArn ?? '') === nameOf(containerInstance),
    )
}

// Of the cluster query language only `ec2InstanceId == i-…` and `ec2InstanceId in [i-…, …]`.
function findInstances(world: EcsWorld, { cluster, status, filter }: ListInstancesInput) {
  const ids = filter === undefined ? undefined : queriedIds(filter)
  return world
    .instancesOf(world.requireCluster(cluster))
    .filter((instance) => status === undefined || instance.status === status)
    .filter(({ ec2InstanceId }) => ids === undefined || ids.includes(ec2InstanceId))
}

function queriedIds(filter: string): readonly string[] {
  const match = /^ec2InstanceId\s*(?:==\s*|in\s*\[)([^\]]+)\]?$/.exec(filter)
  if (!match) throw new AwsFault('InvalidParameterException', `Filter is not simulated: ${filter}`)
  return match[1]!.split(',').map((id) => id.trim())
}

interface ProtectionInput {
  readonly protectionEnabled: boolean
  readonly expiresInMinutes?: number
}

function protectTasks(world: EcsWorld, input: TasksInput & ProtectionInput): Json {
  const tasks = (input.tasks ?? []).map((task) => world.task(task))
  const minutes = input.protectionEnabled ? (input.expiresInMinutes ?? 120) : 0
  for (const task of tasks) if (task) task.protectedUntilMs = world.clock.nowMs + minutes * 60_000
  return { protectedTasks: tasks.flatMap((task) => protectionView(world, task)), failures: [] }
}

function protectionView(world: EcsWorld, task: SimTask | undefined): Json[] {
  if (!task) return []
  const on = task.protectedUntilMs > world.clock.nowMs
  return [
    {
      taskArn: task.arn,
      protectionEnabled: on,
      ...(on ? { expirationDate: task.protectedUntilMs / 1000 } : {}),
    },
  ]
}
