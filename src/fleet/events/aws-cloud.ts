// The cloud as AWS has it: each question of FleetCloud as calls of the real SDK.
import type { Service } from '@aws-sdk/client-ecs'
import { AwsClients, type AwsOptions, allPages, describeTasks, listTasks } from './aws-clients.ts'
import type { FleetCloud, LivingTasks, ServiceFacts, TaskLimits } from './cloud.ts'

const TARGET = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const

/** The services of one ECS cluster, over the real SDK. */
export const openAwsCloud = (cluster: string, options: AwsOptions = {}): FleetCloud =>
  new AwsCloud(cluster, new AwsClients(options))

class AwsCloud implements FleetCloud {
  readonly #cluster: string
  readonly #aws: AwsClients

  constructor(cluster: string, aws: AwsClients) {
    this.#cluster = cluster
    this.#aws = aws
  }

  get calls(): number {
    return this.#aws.calls
  }

  async services(names: readonly string[]): Promise<readonly ServiceFacts[]> {
    const reply = await this.#aws.ecs('describe services', (ecs) =>
      ecs.describeServices({ cluster: this.#cluster, services: [...names] }),
    )
    return (reply.services ?? []).map(serviceFacts)
  }

  async livingTasks(serviceName: string, { waiting }: { waiting: boolean }): Promise<LivingTasks> {
    const arns = await this.#listTasks({ serviceName })
    if (!waiting) return { count: arns.length, waitingSinceMs: [] }
    const tasks = await describeTasks(this.#aws, this.#cluster, arns)
    const waits = tasks.filter(({ lastStatus }) => lastStatus !== 'RUNNING')
    return {
      count: arns.length,
      waitingSinceMs: waits.map((task) => task.createdAt?.getTime() ?? 0),
    }
  }

  async tasksOnHost(serviceName: string, ec2InstanceId: string): Promise<number> {
    const filter = `ec2InstanceId == ${ec2InstanceId}`
    const reply = await this.#aws.ecs('find the host', (ecs) =>
      ecs.listContainerInstances({ cluster: this.#cluster, filter }),
    )
    const containerInstance = reply.containerInstanceArns?.[0]
    if (containerInstance === undefined) return 0
    return (await this.#listTasks({ serviceName, containerInstance })).length
  }

  #listTasks(which: { serviceName: string; containerInstance?: string }) {
    return listTasks(this.#aws, { cluster: this.#cluster, ...which })
  }

  async activeHosts(): Promise<number> {
    const hosts = await allPages(async (nextToken) => {
      const reply = await this.#aws.ecs('list hosts', (ecs) =>
        ecs.listContainerInstances({ cluster: this.#cluster, status: 'ACTIVE', nextToken }),
      )
      return { items: reply.containerInstanceArns, nextToken: reply.nextToken }
    })
    return hosts.length
  }

  async resolutions(revisionArn: string): Promise<ReadonlyMap<string, number>> {
    const reply = await this.#aws.ecs('describe the revision', (ecs) =>
      ecs.describeServiceRevisions({ serviceRevisionArns: [revisionArn] }),
    )
    const configured = reply.serviceRevisions?.[0]?.monitoring?.metricConfigurations ?? []
    return new Map(
      configured.flatMap(({ metricNames = [], resolutionSeconds = 60 }) =>
        metricNames.map((metric) => [metric, resolutionSeconds] as const),
      ),
    )
  }

  async taskLimits(service: string): Promise<TaskLimits | undefined> {
    const { ServiceNamespace } = TARGET
    const reply = await this.#aws.scaling('describe the scalable target', (scaling) =>
      scaling.describeScalableTargets({ ServiceNamespace, ResourceIds: [this.#resource(service)] }),
    )
    const target = reply.ScalableTargets?.[0]
    return target && { least: target.MinCapacity ?? 0, most: target.MaxCapacity ?? 0 }
  }

  async setDesired(service: string, desiredCount: number): Promise<void> {
    await this.#aws.ecs('update the service', (ecs) =>
      ecs.updateService({ cluster: this.#cluster, service, desiredCount }),
    )
  }

  async setResolution(service: string, metricNames: readonly string[], resolutionSeconds: number) {
    const metricConfigurations = [{ metricNames: [...metricNames], resolutionSeconds }]
    await this.#aws.ecs('update the service', (ecs) =>
      ecs.updateService({ cluster: this.#cluster, service, monitoring: { metricConfigurations } }),
    )
  }

  async setTaskLimits(service: string, { least, most }: TaskLimits): Promise<void> {
    const limits = { MinCapacity: least, MaxCapacity: most }
    await this.#aws.scaling('register the scalable target', (scaling) =>
      scaling.registerScalableTarget({ ...TARGET, ResourceId: this.#resource(service), ...limits }),
    )
  }

  readonly #resource = (service: string): string => `service/${this.#cluster}/${service}`
}

/** What we keep of a service as ECS describes it. */
export function serviceFacts(service: Service): ServiceFacts {
  const primary = service.deployments?.find(({ status }) => status === 'PRIMARY')
  // After a roll-back the newest deployment may be an old one that is primary again.
  const touched = [primary?.createdAt, primary?.updatedAt].map((at) => at?.getTime() ?? 0)
  return {
    name: service.serviceName ?? '',
    active: service.status === 'ACTIVE',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    notes: (service.events ?? []).map(({ createdAt, message }) => ({
      atMs: createdAt?.getTime() ?? 0,
      text: message ?? '',
    })),
    deployment: {
      inProgress: primary?.rolloutState === 'IN_PROGRESS',
      touchedAtMs: Math.max(...touched),
      revisionArn: service.currentServiceRevisions?.[0]?.arn,
    },
  }
}
