// What ECS knows, as plain data. A service keeps `desired` tasks; a deployment is one revision of the
// service; a task belongs to one deployment and stands on Fargate or on a container instance.
import type { Json } from './operations.ts'

export interface StrategyItem {
  readonly capacityProvider: string
  readonly base?: number
  readonly weight?: number
}

export interface MonitoringState {
  readonly metricConfigurations?: readonly {
    readonly metricNames: readonly string[]
    readonly resolutionSeconds: number
  }[]
}

export interface SimDeployment {
  readonly id: string
  readonly revisionArn: string
  readonly taskDefinition: string
  readonly strategy: readonly StrategyItem[]
  readonly monitoring: MonitoringState | undefined
  readonly createdAtMs: number
  updatedAtMs: number
  status: 'PRIMARY' | 'ACTIVE'
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  rolloutStateReason: string
  failedTasks: number
}

export interface ServiceEvent {
  readonly id: string
  readonly createdAt: number
  readonly message: string
}

export interface SimService {
  readonly arn: string
  readonly name: string
  readonly cluster: string
  readonly createdAtMs: number
  readonly launchType: 'EC2' | 'FARGATE' | undefined
  readonly placementConstraints: readonly Json[]
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  desired: number
  /** Newest first; the first is PRIMARY. */
  deployments: SimDeployment[]
  /** Newest first, 100 at most. */
  events: ServiceEvent[]
  /** So that the steady state is told once each time it is reached. */
  steady: boolean
  /** A placement that failed is tried again later, by one timer. */
  retrying: boolean
}

export interface SimTask {
  readonly arn: string
  readonly cluster: string
  readonly service: string
  readonly taskDefinition: string
  readonly deploymentId: string
  readonly provider: string | undefined
  readonly instanceArn: string | undefined
  readonly createdAtMs: number
  readonly address: string
  lastStatus: 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'STOPPED'
  desiredStatus: 'RUNNING' | 'STOPPED'
  startedAtMs: number | undefined
  stoppingAtMs: number | undefined
  stoppedAtMs: number | undefined
  stopCode: string | undefined
  stoppedReason: string | undefined
  protectedUntilMs: number
  version: number
}

export interface SimInstance {
  readonly arn: string
  readonly ec2InstanceId: string
  readonly cluster: string
  readonly registeredAtMs: number
  readonly tasksMax: number
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  agentConnected: boolean
  version: number
}

/** A task that is meant to live, whether it runs yet or not. */
export const isMeantToLive = (task: SimTask): boolean => task.desiredStatus === 'RUNNING'

/** How a strategy deals out `count` tasks: the base first, the rest by weight (largest remainder). */
export function dealOut(strategy: readonly StrategyItem[], count: number): Map<string, number> {
  const dealt = new Map(strategy.map(({ capacityProvider }) => [capacityProvider, 0]))
  let left = count
  for (const { capacityProvider, base = 0 } of strategy) {
    const given = Math.min(base, left)
    dealt.set(capacityProvider, given)
    left -= given
  }
  const beyondBase = new Map(strategy.map(({ capacityProvider }) => [capacityProvider, 0]))
  for (; left > 0; left--) {
    const next = strategy
      .filter(({ weight = 0 }) => weight > 0)
      .map((item) => ({
        item,
        load: (beyondBase.get(item.capacityProvider)! + 1) / item.weight!,
      }))
      .sort((a, b) => a.load - b.load)[0]?.item
    if (!next) break
    beyondBase.set(next.capacityProvider, beyondBase.get(next.capacityProvider)! + 1)
    dealt.set(next.capacityProvider, dealt.get(next.capacityProvider)! + 1)
  }
  return dealt
}
