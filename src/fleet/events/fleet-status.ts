// What there is, for a person: services, tasks wanted and running, how many of them are spot, what
// autoscaling may do and what it did lately. Reads only.
import { AwsClients, type AwsOptions, allPages, describeTasks, listTasks } from './aws-clients.ts'
import { serviceFacts } from './aws-cloud.ts'
import type { ServiceFacts } from './cloud.ts'

export interface ServiceStatus {
  readonly name: string
  readonly wanted: number
  readonly running: number
  readonly pending: number
  /** Running tasks by capacity provider; `EC2` for those on container instances. */
  readonly byProvider: Readonly<Record<string, number>>
  /** Share of the running tasks that are spot, 0 to 1; null when none runs. */
  readonly spotShare: number | null
  readonly deploying: boolean
  readonly limits: { readonly least: number; readonly most: number } | null
  readonly policies: readonly string[]
  /** Newest first. */
  readonly activities: readonly {
    readonly at: string
    readonly what: string
    readonly why: string
  }[]
  /** What the scheduler said last. */
  readonly note: string
}

export interface FleetStatus {
  readonly cluster: string
  readonly services: readonly ServiceStatus[]
}

const SERVICES_PER_DESCRIBE_MAX = 10
const ACTIVITIES_SHOWN = 5

/** Reads the state of the services; of all in the cluster when none is named. */
export async function readFleetStatus(
  cluster: string,
  names: readonly string[],
  options: AwsOptions = {},
): Promise<FleetStatus> {
  const aws = new AwsClients(options)
  const wanted = names.length > 0 ? names : await serviceNames(aws, cluster)
  const found: ServiceFacts[] = []
  for (let from = 0; from < wanted.length; from += SERVICES_PER_DESCRIBE_MAX) {
    const services = wanted.slice(from, from + SERVICES_PER_DESCRIBE_MAX)
    const reply = await aws.ecs('describe services', (ecs) =>
      ecs.describeServices({ cluster, services: [...services] }),
    )
    found.push(...(reply.services ?? []).map(serviceFacts))
  }
  const services: ServiceStatus[] = []
  for (const facts of found) services.push(await serviceStatus(aws, cluster, facts))
  return { cluster, services }
}

async function serviceNames(aws: AwsClients, cluster: string): Promise<readonly string[]> {
  const arns = await allPages(async (nextToken) => {
    const reply = await aws.ecs('list services', (ecs) =>
      ecs.listServices({ cluster, nextToken, maxResults: 100 }),
    )
    return { items: reply.serviceArns, nextToken: reply.nextToken }
  })
  return arns.map((arn) => arn.split('/').at(-1)!).sort()
}

async function serviceStatus(
  aws: AwsClients,
  cluster: string,
  facts: ServiceFacts,
): Promise<ServiceStatus> {
  const byProvider = await providers(aws, cluster, facts.name)
  const counts = Object.entries(byProvider)
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  const spot = counts.reduce((sum, [name, count]) => sum + (/spot/i.test(name) ? count : 0), 0)
  return {
    name: facts.name,
    wanted: facts.desired,
    running: facts.running,
    pending: facts.pending,
    byProvider,
    spotShare: all === 0 ? null : spot / all,
    deploying: facts.deployment.inProgress,
    ...(await scalingOf(aws, `service/${cluster}/${facts.name}`)),
    note: (facts.notes[0]?.text ?? '').replace(/^\(service [^)]*\) /, ''),
  }
}

async function providers(aws: AwsClients, cluster: string, serviceName: string) {
  const arns = await listTasks(aws, { cluster, serviceName })
  const counts: Record<string, number> = {}
  for (const task of await describeTasks(aws, cluster, arns)) {
    const name = task.capacityProviderName ?? task.launchType ?? 'unknown'
    if (task.lastStatus === 'RUNNING') counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

async function scalingOf(
  aws: AwsClients,
  ResourceId: string,
): Promise<Pick<ServiceStatus, 'limits' | 'policies' | 'activities'>> {
  const ServiceNamespace = 'ecs'
  const { ScalableTargets } = await aws.scaling('describe the scalable target', (scaling) =>
    scaling.describeScalableTargets({ ServiceNamespace, ResourceIds: [ResourceId] }),
  )
  const target = ScalableTargets?.[0]
  if (!target) return { limits: null, policies: [], activities: [] }
  const { ScalingPolicies = [] } = await aws.scaling('describe the policies', (scaling) =>
    scaling.describeScalingPolicies({ ServiceNamespace, ResourceId }),
  )
  const { ScalingActivities = [] } = await aws.scaling('describe what was done', (scaling) =>
    scaling.describeScalingActivities({
      ServiceNamespace,
      ResourceId,
      MaxResults: ACTIVITIES_SHOWN,
    }),
  )
  return {
    limits: { least: target.MinCapacity ?? 0, most: target.MaxCapacity ?? 0 },
    policies: ScalingPolicies.map(({ PolicyName, PolicyType }) => `${PolicyName} (${PolicyType})`),
    activities: ScalingActivities.map(({ StartTime, Description, Cause }) => ({
      at: StartTime?.toISOString() ?? '',
      what: Description ?? '',
      why: Cause ?? '',
    })),
  }
}
