// The service scheduler of the simulated ECS: brings a service nearer to its desired count, replaces
// the tasks of an older deployment, and rolls a deployment back whose tasks will not start.
// Rolling updates only, at 100 % minimum healthy and 200 % maximum, with the circuit breaker on.
import { arn } from './arn.ts'
import {
  dealOut,
  isMeantToLive,
  type SimDeployment,
  type SimService,
  type SimTask,
} from './ecs-state.ts'
import type { EcsWorld } from './ecs-world.ts'

const FAILED_TASKS_MIN = 3 // the circuit breaker's lower bound

/** Settles every service; called after each call over the wire and whenever a task changed. */
export function settleAll(world: EcsWorld): void {
  for (const service of world.services.values()) settle(world, service)
}

export function settle(world: EcsWorld, service: SimService): void {
  const alive = world.tasksOf(service).filter(isMeantToLive)
  const current = alive.filter(({ deploymentId }) => deploymentId === service.deployments[0]!.id)
  const old = alive.filter((task) => !current.includes(task))
  const room = 2 * service.desired - alive.length
  const missing = Math.min(service.desired - current.length, old.length > 0 ? room : Infinity)
  if (missing > 0) place(world, service, current, missing)
  const healthy = current.filter(({ lastStatus }) => lastStatus === 'RUNNING')
  stopTasks(world, service, old, healthy.length + old.length - service.desired)
  if (old.length === 0) stopTasks(world, service, current, current.length - service.desired)
  noteProgress(world, service, healthy.length, old.length)
}

function place(world: EcsWorld, service: SimService, current: SimTask[], missing: number): void {
  const places = onHosts(service)
    ? freeHosts(world, service).slice(0, missing)
    : freeProviders(world, service, current, missing)
  const started = places.map((place) => world.addTask(service, place))
  for (const task of started) world.clock.after(world.times.startMs, () => start(world, task))
  if (started.length > 0)
    world.note(service, `has started ${started.length} tasks: ${started.map(taskWord).join(' ')}.`)
  if (started.length < missing) placementFailed(world, service)
}

const taskWord = ({ arn: taskArn }: SimTask): string => `(task ${taskArn.split('/').at(-1)})`
const onHosts = ({ launchType }: SimService): boolean => launchType === 'EC2'

type Place = Pick<SimTask, 'provider' | 'instanceArn'>

// One place on each active host that is not full; a `distinctInstance` service has one task per host.
function freeHosts(world: EcsWorld, service: SimService): Place[] {
  const distinct = service.placementConstraints.some(({ type }) => type === 'distinctInstance')
  const tasks = world.tasks(service.cluster).filter(isMeantToLive)
  return world
    .instancesOf(service.cluster)
    .filter(({ status, agentConnected }) => status === 'ACTIVE' && agentConnected)
    .filter((instance) => {
      const here = tasks.filter(({ instanceArn }) => instanceArn === instance.arn)
      const ours = here.some((task) => task.service === service.name)
      return here.length < instance.tasksMax && !(distinct && ours)
    })
    .map((instance) => ({ provider: undefined, instanceArn: instance.arn }))
}

// Each missing task has a provider by the strategy and waits for it: ECS never falls back to another.
function freeProviders(
  world: EcsWorld,
  service: SimService,
  current: SimTask[],
  missing: number,
): Place[] {
  const places: Place[] = []
  const strategy = service.deployments[0]!.strategy
  const wanted = dealOut(
    strategy.length > 0 ? strategy : [{ capacityProvider: 'FARGATE', weight: 1 }],
    service.desired,
  )
  for (const [provider, count] of wanted) {
    const here = current.filter((task) => task.provider === provider).length
    const free = isFargateSpot(provider) ? world.spotRoom - spotTasks(world).length : Infinity
    const take = Math.min(count - here, free)
    for (let n = 0; n < take; n++) places.push({ provider, instanceArn: undefined })
  }
  return places.slice(0, missing)
}

// Fargate says at once that it has no spot; a provider of one's own hosts lets the task wait.
const isFargateSpot = (provider: string): boolean => provider === 'FARGATE_SPOT'

const spotTasks = (world: EcsWorld): SimTask[] =>
  [...world.clusters]
    .flatMap((cluster) => world.tasks(cluster))
    .filter((task) => isMeantToLive(task) && isSpot(task))

const isSpot = ({ provider }: SimTask): boolean => /spot/i.test(provider ?? '')

function placementFailed(world: EcsWorld, service: SimService): void {
  if (service.retrying) return
  service.retrying = true
  const provider = service.deployments[0]!.strategy.find(({ capacityProvider }) =>
    capacityProvider.includes('SPOT'),
  )?.capacityProvider
  world.note(
    service,
    onHosts(service)
      ? 'was unable to place a task because no container instance met all of its requirements.'
      : 'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.',
  )
  world.act(service, 'ERROR', 'SERVICE_TASK_PLACEMENT_FAILURE', {
    ...(provider ? { capacityProviderArns: [arn('ecs', `capacity-provider/${provider}`)] } : {}),
    reason: onHosts(service) ? 'RESOURCE:CPU' : 'RESOURCE:FARGATE',
  })
  world.clock.after(world.times.retryMs, () => {
    service.retrying = false
    settle(world, service)
  })
}

function start(world: EcsWorld, task: SimTask): void {
  const service = world.service(task.cluster, task.service)
  if (!isMeantToLive(task) || !service) return
  const running = spotTasks(world).filter(({ lastStatus }) => lastStatus === 'RUNNING')
  if (isSpot(task) && !isFargateSpot(task.provider!) && running.length >= world.spotRoom) {
    world.clock.after(world.times.retryMs, () => start(world, task))
    return
  }
  if (world.broken.has(task.taskDefinition)) failToStart(world, service, task)
  else world.changed(task, { lastStatus: 'RUNNING', startedAtMs: world.clock.nowMs })
  settle(world, service)
}

function failToStart(world: EcsWorld, service: SimService, task: SimTask): void {
  world.stop(task, 'TaskFailedToStart', 'Essential container in task exited', 0)
  const deployment = service.deployments.find(({ id }) => id === task.deploymentId)
  if (deployment) {
    deployment.failedTasks++
    const limit = Math.max(FAILED_TASKS_MIN, Math.ceil(service.desired / 2))
    if (deployment.failedTasks >= limit && deployment.rolloutState === 'IN_PROGRESS')
      rollBack(world, service, deployment)
  }
}

function rollBack(world: EcsWorld, service: SimService, failed: SimDeployment): void {
  failed.rolloutState = 'FAILED'
  failed.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.'
  const good = service.deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED')
  world.act(service, 'ERROR', 'SERVICE_DEPLOYMENT_FAILED', { deploymentId: failed.id })
  if (!good) return
  for (const task of world.tasksOf(service))
    if (task.deploymentId === failed.id)
      world.stop(task, 'ServiceSchedulerInitiated', `Rolled back (deployment ${failed.id})`)
  good.status = 'PRIMARY'
  good.updatedAtMs = world.clock.nowMs
  service.deployments = [good]
}

// The newest go first, and never one that asked to be left alone.
function stopTasks(world: EcsWorld, service: SimService, tasks: SimTask[], count: number): void {
  const stopped = tasks
    .toReversed()
    .filter(({ protectedUntilMs }) => protectedUntilMs <= world.clock.nowMs)
    .slice(0, Math.max(0, count))
  for (const task of stopped)
    world.stop(
      task,
      'ServiceSchedulerInitiated',
      `Scaling activity initiated by (deployment ${task.deploymentId})`,
    )
  if (stopped.length > 0)
    world.note(
      service,
      `has stopped ${stopped.length} running tasks: ${stopped.map(taskWord).join(' ')}.`,
    )
}

function noteProgress(world: EcsWorld, service: SimService, healthy: number, old: number): void {
  const steady = healthy === service.desired && old === 0
  const deployment = service.deployments[0]!
  if (steady && deployment.rolloutState === 'IN_PROGRESS') {
    deployment.rolloutState = 'COMPLETED'
    deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`
    service.deployments = [deployment]
    world.act(service, 'INFO', 'SERVICE_DEPLOYMENT_COMPLETED', { deploymentId: deployment.id })
  }
  if (steady && !service.steady) {
    world.note(service, 'has reached a steady state.')
    world.act(service, 'INFO', 'SERVICE_STEADY_STATE')
  }
  service.steady = steady
}
