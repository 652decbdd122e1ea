// Every simulated operation, once, through the real client: what is not called here is not simulated.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { ECS } from '@aws-sdk/client-ecs'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { ServiceDiscovery } from '@aws-sdk/client-servicediscovery'
import { SSM } from '@aws-sdk/client-ssm'
import { type AwsSim, startAwsSim } from './start.ts'

test('startAwsSim: each operation answers the real client, and README.md lists them all', async () => {
  await using sim = startAwsSim()
  await tryEcs(sim)
  await tryScaling(sim)
  await tryCloudWatch(sim)
  await tryTheRest(sim)
  const called = new Set(sim.calls.map(({ operation }) => operation))
  expect([...called].sort()).toEqual([...sim.operations].sort())
  expect(sim.calls.filter(({ fault }) => fault !== undefined)).toEqual([])
  const readme = await Bun.file(join(import.meta.dir, 'README.md')).text()
  expect(sim.operations.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme))).toEqual([])
})

async function tryEcs(sim: AwsSim): Promise<void> {
  const ecs = new ECS(sim.client)
  await ecs.createCluster({ clusterName: 'voip' })
  const cluster = 'voip'
  const host = sim.ecs.addInstance(cluster)
  await ecs.createService({ cluster, serviceName: 'agent', desiredCount: 1, launchType: 'EC2' })
  await ecs.createService({ cluster, serviceName: 'capture', desiredCount: 2 })
  sim.clock.advance(60_000)
  await ecs.updateService({ cluster, service: 'capture', desiredCount: 3 })
  const { serviceArns } = await ecs.listServices({ cluster })
  expect(serviceArns?.map((arn) => arn.split('/').at(-1))).toEqual(['agent', 'capture'])
  const { clusters } = await ecs.describeClusters({ clusters: [cluster, 'missing'] })
  expect(clusters).toMatchObject([{ clusterName: 'voip', registeredContainerInstancesCount: 1 }])
  const { services } = await ecs.describeServices({ cluster, services: ['capture'] })
  const serviceRevisionArns = [services![0]!.currentServiceRevisions![0]!.arn!]
  const { serviceRevisions } = await ecs.describeServiceRevisions({ serviceRevisionArns })
  expect(serviceRevisions?.[0]?.createdAt).toBeInstanceOf(Date)
  const instances = await ecs.listContainerInstances({
    ...{ cluster, filter: `ec2InstanceId in [${host.ec2InstanceId}]`, status: 'ACTIVE' },
  })
  const containerInstances = instances.containerInstanceArns!
  const described = await ecs.describeContainerInstances({ cluster, containerInstances })
  expect(described.containerInstances).toMatchObject([{ status: 'ACTIVE', runningTasksCount: 1 }])
  await tryProtection(ecs, cluster)
}

// A task that asked to be left alone outlives scaling in; the others do not.
async function tryProtection(ecs: ECS, cluster: string): Promise<void> {
  const listed = await ecs.listTasks({ cluster, serviceName: 'capture' })
  const [task = ''] = listed.taskArns!.slice(-1)
  await ecs.updateTaskProtection({ cluster, tasks: [task], protectionEnabled: true })
  const { protectedTasks } = await ecs.getTaskProtection({ cluster, tasks: [task] })
  expect(protectedTasks?.[0]).toMatchObject({ taskArn: task, protectionEnabled: true })
  expect(protectedTasks?.[0]?.expirationDate).toBeInstanceOf(Date)
  await ecs.updateService({ cluster, service: 'capture', desiredCount: 1 })
  const { taskArns } = await ecs.listTasks({ cluster, serviceName: 'capture' })
  expect(taskArns).toEqual([task])
  await ecs.stopTask({ cluster, task })
  const { tasks } = await ecs.describeTasks({ cluster, tasks: [task] })
  expect(tasks?.[0]).toMatchObject({ desiredStatus: 'STOPPED', stopCode: 'UserInitiated' })
}

async function tryScaling(sim: AwsSim): Promise<void> {
  const scaling = new ApplicationAutoScaling(sim.client)
  const ecs = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const
  const target = { ...ecs, ResourceId: 'service/voip/capture' }
  await scaling.registerScalableTarget({ ...target, MinCapacity: 2, MaxCapacity: 4 })
  const { ScalableTargets } = await scaling.describeScalableTargets({ ServiceNamespace: 'ecs' })
  expect(ScalableTargets?.[0]?.CreationTime).toBeInstanceOf(Date)
  await scaling.putScalingPolicy({
    ...{ ...target, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling' },
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      TargetValue: 60,
    },
  })
  const { ScalingPolicies } = await scaling.describeScalingPolicies(target)
  expect(ScalingPolicies).toMatchObject([{ PolicyName: 'cpu' }])
  sim.clock.advance(60_000) // one task is below the least
  const { ScalingActivities } = await scaling.describeScalingActivities(target)
  expect(ScalingActivities).toMatchObject([{ Description: 'Setting desired count to 2 (from 1).' }])
  await scaling.deleteScalingPolicy({ ...target, PolicyName: 'cpu' })
  await scaling.deregisterScalableTarget(target)
}

async function tryCloudWatch(sim: AwsSim): Promise<void> {
  const cloudWatch = new CloudWatch(sim.client)
  const metric = { Namespace: 'Calliope', MetricName: 'Skew' }
  // More than 10 KB goes gzipped.
  const MetricData = Array.from({ length: 400 }, (_, at) => ({ MetricName: 'Skew', Value: at }))
  await cloudWatch.putMetricData({ Namespace: 'Calliope', MetricData })
  const until = sim.clock.nowMs - (sim.clock.nowMs % 60_000) + 60_000
  const { MetricDataResults } = await cloudWatch.getMetricData({
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: metric, Period: 60, Stat: 'Maximum' } }],
    StartTime: new Date(until - 120_000),
    EndTime: new Date(until),
  })
  expect(MetricDataResults?.[0]?.Values).toEqual([399])
  await cloudWatch.putMetricAlarm({
    ...{ ...metric, AlarmName: 'skew', Statistic: 'Maximum', Period: 60, EvaluationPeriods: 1 },
    ...{ Threshold: 2, ComparisonOperator: 'GreaterThanThreshold' },
  })
  expect((await cloudWatch.describeAlarms({})).MetricAlarms).toHaveLength(1)
  await cloudWatch.deleteAlarms({ AlarmNames: ['skew'] })
  expect((await cloudWatch.describeAlarms({})).MetricAlarms).toEqual([])
}

async function tryTheRest(sim: AwsSim): Promise<void> {
  sim.secrets.secrets.set('a', 'b')
  sim.secrets.parameters.set('/a', 'b')
  const secret = await new SecretsManager(sim.client).getSecretValue({ SecretId: 'a' })
  expect(secret.CreatedDate).toBeInstanceOf(Date)
  const ssm = new SSM(sim.client)
  expect((await ssm.getParameter({ Name: '/a' })).Parameter?.Value).toBe('b')
  expect(await ssm.getParameters({ Names: ['/a', '/b'] })).toMatchObject({
    Parameters: [{ Name: '/a' }],
    InvalidParameters: ['/b'],
  })
  const map = new ServiceDiscovery({ ...sim.client, disableHostPrefix: true })
  const found = await map.discoverInstances({ NamespaceName: 'voip', ServiceName: 'capture' })
  expect(found.InstancesRevision).toBe(1)
}
