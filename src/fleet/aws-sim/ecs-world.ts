// The simulated ECS: clusters, services, tasks, hosts. `settle` is its service scheduler, which moves
// a service one step towards what is wanted; everything that takes time comes back by the clock.
//
//   UpdateService ─▶ desired ─▶ settle ─▶ PROVISIONING ──startMs──▶ RUNNING ─▶ settle …
//   reclaimSpot   ─▶ desiredStatus STOPPED, event at once ──noticeMs──▶ STOPPED, event
//   no spot left  ─▶ SERVICE_TASK_PLACEMENT_FAILURE ──retryMs──▶ settle; never on-demand instead
import { arn } from './arn.ts'
import type { SimClock } from './clock.ts'
import {
  type BusEvent,
  instanceStateChange,
  serviceAction,
  spotWarning,
  taskStateChange,
} from './ecs-events.ts'
import type { SimInstance, SimService, SimTask } from './ecs-state.ts'
import { AwsFault } from './fault.ts'

export interface EcsTimes {
  readonly startMs: number
  readonly stopMs: number
  readonly noticeMs: number
  readonly retryMs: number
}

const TIMES: EcsTimes = { startMs: 45_000, stopMs: 30_000, noticeMs: 120_000, retryMs: 30_000 }
const EVENTS_PER_SERVICE_MAX = 100
const STOPPED_KEPT_MS = 3_600_000 // ECS shows a stopped task for about an hour

export class EcsWorld {
  readonly clock: SimClock
  readonly times: EcsTimes
  readonly clusters = new Set<string>(['default'])
  readonly services = new Map<string, SimService>()
  readonly instances = new Map<string, SimInstance>()
  readonly taskDefinitions = new Map<string, { revision: number }>()
  /** Task definitions whose tasks fail as they start: a deployment of one is rolled back. */
  readonly broken = new Set<string>()
  /** How many spot tasks AWS will let us have; running ones beyond it are not taken by this alone. */
  spotRoom = Number.POSITIVE_INFINITY
  readonly #tasks = new Map<string, SimTask>()
  readonly #listeners: ((event: BusEvent) => void)[] = []
  #serial = 0

  constructor(clock: SimClock, times: Partial<EcsTimes> = {}) {
    this.clock = clock
    this.times = { ...TIMES, ...times }
  }

  /** Called with every event as it is put on the bus. */
  onEvent(listener: (event: BusEvent) => void): void {
    this.#listeners.push(listener)
  }

  emit(event: BusEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  nextId(): string {
    return (++this.#serial).toString(16).padStart(32, '0')
  }

  /** A service by name or ARN; `cluster` may be an ARN too. */
  service(cluster: string, nameOrArn: string): SimService | undefined {
    return this.services.get(`${cluster}/${nameOrArn.split('/').at(-1)}`)
  }

  tasksOf(service: SimService): SimTask[] {
    return this.tasks(service.cluster).filter((task) => task.service === service.name)
  }

  tasks(cluster: string): SimTask[] {
    const oldestMs = this.clock.nowMs - STOPPED_KEPT_MS
    for (const [id, { stoppedAtMs }] of this.#tasks)
      if ((stoppedAtMs ?? oldestMs) < oldestMs) this.#tasks.delete(id)
    return [...this.#tasks.values()].filter((task) => task.cluster === cluster)
  }

  task(arnOrId: string): SimTask | undefined {
    return this.#tasks.get(arnOrId.split('/').at(-1)!)
  }

  addTask(service: SimService, place: Pick<SimTask, 'provider' | 'instanceArn'>): SimTask {
    const id = this.nextId()
    const deployment = service.deployments[0]!
    const task: SimTask = {
      arn: arn('ecs', `task/${service.cluster}/${id}`),
      cluster: service.cluster,
      service: service.name,
      taskDefinition: deployment.taskDefinition,
      deploymentId: deployment.id,
      ...place,
      createdAtMs: this.clock.nowMs,
      address: `10.0.${(this.#serial >> 8) & 255}.${this.#serial & 255}`,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      startedAtMs: undefined,
      stoppingAtMs: undefined,
      stoppedAtMs: undefined,
      stopCode: undefined,
      stoppedReason: undefined,
      protectedUntilMs: 0,
      version: 1,
    }
    this.#tasks.set(id, task)
    this.emit(taskStateChange(task, this.clock.nowMs))
    return task
  }

  /** Something about a task changed: tells the bus. */
  changed(task: SimTask, change: Partial<SimTask>): void {
    Object.assign(task, change)
    task.version++
    this.emit(taskStateChange(task, this.clock.nowMs))
  }

  /** Tells a task to stop; it is gone `waitMs` later. */
  stop(task: SimTask, stopCode: string, stoppedReason: string, waitMs = this.times.stopMs): void {
    if (task.desiredStatus === 'STOPPED') return
    const stoppingAtMs = this.clock.nowMs
    this.changed(task, { desiredStatus: 'STOPPED', stopCode, stoppedReason, stoppingAtMs })
    this.clock.after(waitMs, () => {
      if (task.lastStatus !== 'STOPPED')
        this.changed(task, { lastStatus: 'STOPPED', stoppedAtMs: this.clock.nowMs })
    })
  }

  /** A line in the service's own event list, newest first. */
  note(service: SimService, sentence: string): void {
    const message = `(service ${service.name}) ${sentence}`
    service.events.unshift({ id: this.nextId(), createdAt: this.clock.nowSeconds, message })
    service.events.length = Math.min(service.events.length, EVENTS_PER_SERVICE_MAX)
  }

  act(service: SimService, type: 'INFO' | 'WARN' | 'ERROR', name: string, more = {}): void {
    this.emit(serviceAction(service, type, name, this.clock.nowMs, more))
  }

  /** AWS takes back `count` spot tasks of a service: two minutes' notice each. */
  reclaimSpot(service: SimService, count: number): SimTask[] {
    const taken = this.tasksOf(service)
      .filter(({ provider, desiredStatus, lastStatus }) => {
        return (
          /spot/i.test(provider ?? '') && desiredStatus === 'RUNNING' && lastStatus === 'RUNNING'
        )
      })
      .slice(0, count)
    for (const task of taken)
      this.stop(task, 'SpotInterruption', 'Your Spot Task was interrupted.', this.times.noticeMs)
    return taken
  }

  addInstance(cluster: string, tasksMax = 8): SimInstance {
    const id = this.nextId()
    const instance: SimInstance = {
      arn: arn('ecs', `container-instance/${cluster}/${id}`),
      ec2InstanceId: `i-${id.slice(-17)}`,
      cluster,
      registeredAtMs: this.clock.nowMs,
      tasksMax,
      status: 'ACTIVE',
      agentConnected: true,
      version: 0,
    }
    this.instances.set(instance.arn, instance)
    this.instanceChanged(instance, {})
    return instance
  }

  instanceChanged(instance: SimInstance, change: Partial<SimInstance>): void {
    Object.assign(instance, change)
    instance.version++
    const tasks = this.tasks(instance.cluster).filter((task) => task.instanceArn === instance.arn)
    const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length
    const counts = { running, pending: tasks.length - running }
    this.emit(instanceStateChange(instance, counts, this.clock.nowMs))
  }

  /** A machine goes; its tasks with it, at once or after the spot warning. */
  removeInstance(instance: SimInstance, { warned = false } = {}): void {
    if (warned) this.emit(spotWarning(instance.ec2InstanceId, this.clock.nowMs))
    this.clock.after(warned ? this.times.noticeMs : 0, () => {
      for (const task of this.tasks(instance.cluster))
        if (task.instanceArn === instance.arn)
          this.stop(
            task,
            'TerminationNotice',
            `Host EC2 (${instance.ec2InstanceId}) terminated.`,
            0,
          )
      this.instances.delete(instance.arn)
      this.instanceChanged(instance, { status: 'INACTIVE', agentConnected: false })
    })
  }

  instancesOf(cluster: string): SimInstance[] {
    return [...this.instances.values()].filter((instance) => instance.cluster === cluster)
  }

  requireCluster(nameOrArn: string | undefined): string {
    const cluster = (nameOrArn ?? 'default').split('/').at(-1)!
    if (!this.clusters.has(cluster))
      throw new AwsFault('ClusterNotFoundException', 'Cluster not found.')
    return cluster
  }

  requireService(cluster: string, nameOrArn: string): SimService {
    const service = this.service(cluster, nameOrArn)
    if (!service) throw new AwsFault('ServiceNotFoundException', 'Service not found.')
    if (service.status !== 'ACTIVE')
      throw new AwsFault('ServiceNotActiveException', 'Service was not ACTIVE.')
    return service
  }
}
