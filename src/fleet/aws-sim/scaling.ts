// Application Auto Scaling: every ten seconds each scalable target's policies are decided by the
// engine of src/fleet/policy over what CloudWatch holds, and the service's desired count follows.
// CloudWatch gets the service's own CPU and memory from `load`, a function of how many tasks run.
import { decide } from '../policy/decide.ts'
import { ECS_ENGINE, ECS_FAST_ENGINE } from '../policy/engines.ts'
import { METRICS, type MetricName } from '../policy/metrics.ts'
import type { PolicyState, Sample, Spread } from '../policy/policy.ts'
import { initialState } from '../policy/state.ts'
import type { CloudWatchWorld } from './cloudwatch-operations.ts'
import { settle } from './ecs-scheduler.ts'
import type { SimService } from './ecs-state.ts'
import type { EcsWorld } from './ecs-world.ts'
import type { MetricId } from './metric-store.ts'
import { isFast, policyOf, type SimPolicy } from './scaling-policy.ts'

const EVALUATE_MS = 10_000
const SAMPLES_MS = 3_600_000
const ACTIVITIES_MAX = 1000

export interface SimTarget {
  readonly resourceId: string
  readonly createdAtMs: number
  least: number
  most: number
  state: PolicyState | undefined
}
export interface SimActivity {
  readonly id: string
  readonly resourceId: string
  readonly cause: string
  readonly description: string
  readonly atMs: number
}

/** Percent of CPU and memory at a moment, given how many tasks run. */
export type ServiceLoad = (tasks: number, nowMs: number) => { cpu: number; memory?: number }

export class ScalingWorld {
  readonly ecs: EcsWorld
  readonly targets = new Map<string, SimTarget>()
  /** By target and name. */
  readonly policies = new Map<string, SimPolicy>()
  /** Newest first. */
  readonly activities: SimActivity[] = []
  readonly #cloudWatch: CloudWatchWorld
  readonly #loads = new Map<string, ServiceLoad>()

  constructor(ecs: EcsWorld, cloudWatch: CloudWatchWorld) {
    this.ecs = ecs
    this.#cloudWatch = cloudWatch
    ecs.clock.every(EVALUATE_MS, () => this.#evaluate())
  }

  /** From now on ECS publishes this service's CPU and memory, as often as it is configured to. */
  load(cluster: string, service: string, load: ServiceLoad): void {
    this.#loads.set(`${cluster}/${service}`, load)
  }

  policiesOf(resourceId: string): readonly SimPolicy[] {
    return [...this.policies.values()].filter((policy) => policy.ResourceId === resourceId)
  }

  #evaluate(): void {
    for (const service of this.ecs.services.values()) this.#publish(service)
    for (const target of this.targets.values()) this.#decide(target)
  }

  #publish(service: SimService): void {
    const load = this.#loads.get(`${service.cluster}/${service.name}`)
    const tasks = this.ecs.tasksOf(service).filter(({ lastStatus }) => lastStatus === 'RUNNING')
    const nowMs = this.ecs.clock.nowMs
    if (!load || tasks.length === 0 || nowMs % resolutionMs(service) >= EVALUATE_MS) return
    const { cpu, memory = 40 } = load(tasks.length, nowMs)
    const dimensions = dimensionsOf(service)
    const values = { CPUUtilization: cpu, MemoryUtilization: memory }
    for (const [name, value] of Object.entries(values)) {
      const id = { namespace: 'AWS/ECS', name, dimensions }
      const count = tasks.length
      const sums = { sum: value * count, count, minimum: value, maximum: value }
      // A value belongs to the period that is just over.
      this.#cloudWatch.metrics.put(id, { atMs: nowMs - EVALUATE_MS, ...sums })
    }
  }

  #decide(target: SimTarget): void {
    const [, cluster = '', name = ''] = target.resourceId.split('/')
    const service = this.ecs.service(cluster, name)
    if (!service) return
    const nowMs = this.ecs.clock.nowMs
    const policies = this.policiesOf(target.resourceId)
    const alarms = [...this.#cloudWatch.alarms.values()]
    const policy = policyOf(name, target, policies, alarms)
    const before = target.state ?? initialState(policy, service.desired)
    // Somebody else may have set the count: we go on from what is.
    const state = { ...before, nodes: { ...before.nodes, wanted: service.desired } }
    const engine = policies.some(isFast) ? ECS_FAST_ENGINE : ECS_ENGINE
    const decision = decide(policy, state, this.#samples(service), nowMs, engine)
    target.state = decision.state
    if (decision.wanted === service.desired) return
    this.#note(target, service.desired, decision.wanted, decision.reason.text)
    service.desired = decision.wanted
    service.steady = false
    this.ecs.act(service, 'INFO', 'SERVICE_DESIRED_COUNT_UPDATED')
    settle(this.ecs, service)
  }

  #note({ resourceId }: SimTarget, from: number, to: number, cause: string): void {
    this.activities.unshift({
      id: this.ecs.nextId(),
      resourceId,
      cause,
      description: `Setting desired count to ${to} (from ${from}).`,
      atMs: this.ecs.clock.nowMs,
    })
    this.activities.length = Math.min(this.activities.length, ACTIVITIES_MAX)
  }

  #samples(service: SimService): readonly Sample[] {
    const nowMs = this.ecs.clock.nowMs
    const samples = new Map<number, Record<string, Spread>>()
    for (const [metric, { cloudwatch }] of Object.entries(METRICS)) {
      const id: MetricId = { ...cloudwatch, dimensions: dimensionsOf(service) }
      const periods = this.#cloudWatch.metrics.periods(id, EVALUATE_MS, nowMs - SAMPLES_MS, nowMs)
      for (const { atMs, sum, count, maximum } of periods) {
        const values = samples.get(atMs) ?? {}
        values[metric] = { average: sum / count, maximum, nodes: count }
        samples.set(atMs, values)
      }
    }
    return [...samples]
      .sort(([a], [b]) => a - b)
      .map(([atMs, values]) => ({
        atMs,
        nodes: Math.max(...Object.values(values).map(({ nodes }) => nodes)),
        values: values as { [Name in MetricName]?: Spread },
      }))
  }
}

const dimensionsOf = ({ cluster, name }: SimService) => [
  { Name: 'ClusterName', Value: cluster },
  { Name: 'ServiceName', Value: name },
]

// A new resolution counts once the deployment that brings it is through.
function resolutionMs({ deployments }: SimService): number {
  const through = deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED')
  const fast = through?.monitoring?.metricConfigurations?.some(
    (one) => one.resolutionSeconds === 20,
  )
  return fast ? 20_000 : 60_000
}
