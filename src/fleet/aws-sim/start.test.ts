import { afterAll, beforeAll, expect, test } from 'bun:test'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { ECS } from '@aws-sdk/client-ecs'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { ServiceDiscovery } from '@aws-sdk/client-servicediscovery'
import { SSM } from '@aws-sdk/client-ssm'
import { type AwsSim, startAwsSim } from './start.ts'

let sim: AwsSim
let ecs: ECS
beforeAll(() => {
  sim = startAwsSim()
  ecs = new ECS({ ...sim.client, maxAttempts: 1 })
})
afterAll(() => sim[Symbol.asyncDispose]())

const create = (serviceName: string, desiredCount: number) =>
  ecs.createService({ serviceName, desiredCount, taskDefinition: 'calliope:1' })

test('startAwsSim: the real ECS client creates a service whose tasks run after a while', async () => {
  const { service } = await create('capture', 3)
  expect(service).toMatchObject({ serviceName: 'capture', desiredCount: 3, runningCount: 0 })
  expect(service?.createdAt).toEqual(new Date(sim.clock.nowMs))
  sim.clock.advance(60_000)
  const { services } = await ecs.describeServices({ services: ['capture', 'missing'] })
  expect(services?.[0]).toMatchObject({ runningCount: 3, pendingCount: 0 })
  expect(services?.[0]?.deployments?.[0]?.rolloutState).toBe('COMPLETED')
  expect(services?.[0]?.events?.[0]?.message).toContain('has reached a steady state')
})

test('startAwsSim: tasks can be listed and described, and a stopped one is replaced', async () => {
  const { taskArns = [] } = await ecs.listTasks({ serviceName: 'capture' })
  expect(taskArns).toHaveLength(3)
  await ecs.stopTask({ task: taskArns[0]! })
  sim.clock.advance(40_000)
  const { tasks } = await ecs.describeTasks({ tasks: taskArns })
  expect(tasks?.map(({ lastStatus }) => lastStatus)).toEqual(['STOPPED', 'RUNNING', 'RUNNING'])
  expect(tasks?.[0]).toMatchObject({ stopCode: 'UserInitiated', group: 'service:capture' })
  expect((await ecs.listTasks({ serviceName: 'capture' })).taskArns).toHaveLength(3)
})

test('startAwsSim pages lists of more than a hundred', async () => {
  await create('many', 130)
  const first = await ecs.listTasks({ serviceName: 'many' })
  const second = await ecs.listTasks({ serviceName: 'many', nextToken: first.nextToken })
  expect([first.taskArns?.length, second.taskArns?.length]).toEqual([100, 30])
  expect(second.nextToken).toBeUndefined()
})

test('startAwsSim refuses a new strategy without a new deployment, as ECS does', async () => {
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE', base: 2, weight: 1 }]
  const update = ecs.updateService({ service: 'capture', capacityProviderStrategy })
  await expect(update).rejects.toThrow('you must force a new deployment')
})

test('startAwsSim rolls back a deployment whose tasks do not start', async () => {
  sim.ecs.broken.add('calliope:2')
  await ecs.updateService({ service: 'capture', taskDefinition: 'calliope:2' })
  sim.clock.advance(600_000)
  const { services } = await ecs.describeServices({ services: ['capture'] })
  expect(services?.[0]?.taskDefinition).toEndWith('calliope:1')
  expect(services?.[0]).toMatchObject({ runningCount: 3, deployments: [{ status: 'PRIMARY' }] })
})

test('startAwsSim answers 501 with the name of what it does not simulate', async () => {
  const refused = await ecs.listAccountSettings().catch((error: unknown) => error)
  expect(refused).toMatchObject({ name: 'NotSimulated', $metadata: { httpStatusCode: 501 } })
  expect(String(refused)).toContain('ListAccountSettings')
})

test('startAwsSim refuses request members that the SDK does not know, and wrong types', async () => {
  const post = (body: object) =>
    fetch(sim.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.UpdateService' },
      body: JSON.stringify(body),
    }).then((response) => response.json() as Promise<{ message: string }>)
  expect((await post({ service: 'capture', desired: 3 })).message).toContain(
    'UpdateService.desired does not exist',
  )
  expect((await post({ service: 'capture', desiredCount: '3' })).message).toContain('not a number')
  expect((await post({ desiredCount: 3 })).message).toContain('UpdateService.service is missing')
})

test('CloudWatch: metrics go in by the real client and come out by period', async () => {
  const cloudWatch = new CloudWatch(sim.client)
  const base = sim.clock.nowMs - (sim.clock.nowMs % 60_000)
  const MetricData = [10, 20, 60].map((Value, at) => ({
    ...{ MetricName: 'PacketsPerSecond', Value, StorageResolution: 1 },
    ...{ Timestamp: new Date(base + at * 30_000), Dimensions: [{ Name: 'A', Value: 'b' }] },
  }))
  await cloudWatch.putMetricData({ Namespace: 'Calliope', MetricData })
  const Metric = {
    Namespace: 'Calliope',
    MetricName: 'PacketsPerSecond',
    Dimensions: [{ Name: 'A', Value: 'b' }],
  }
  const { MetricDataResults } = await cloudWatch.getMetricData({
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 60, Stat: 'Average' } }],
    StartTime: new Date(base),
    EndTime: new Date(base + 120_000),
  })
  expect(MetricDataResults?.[0]).toMatchObject({ Values: [60, 15] })
  expect(MetricDataResults?.[0]?.Timestamps?.[1]).toEqual(new Date(base))
})

test('CloudWatch: an alarm rings when its last periods are beyond the threshold', async () => {
  const cloudWatch = new CloudWatch(sim.client)
  const put = (Value: number) =>
    cloudWatch.putMetricData({
      Namespace: 'Calliope',
      MetricData: [{ MetricName: 'Drops', Value }],
    })
  await cloudWatch.putMetricAlarm({
    ...{ AlarmName: 'drops', Namespace: 'Calliope', MetricName: 'Drops', Statistic: 'Maximum' },
    ...{
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    },
  })
  const state = async () =>
    (await cloudWatch.describeAlarms({ AlarmNames: ['drops'] })).MetricAlarms?.[0]?.StateValue
  expect(await state()).toBe('INSUFFICIENT_DATA')
  await put(5)
  sim.clock.advance(60_000)
  expect(await state()).toBe('ALARM')
})

test('Secrets Manager and Parameter Store hand out what was put in, and say what is missing', async () => {
  sim.secrets.secrets.set('hep/database', '{"host":"db"}')
  sim.secrets.parameters.set('/hep/retention', '7')
  const secrets = new SecretsManager(sim.client)
  const found = await secrets.getSecretValue({ SecretId: 'hep/database' })
  expect(found).toMatchObject({ Name: 'hep/database', SecretString: '{"host":"db"}' })
  const missing = await secrets.getSecretValue({ SecretId: 'no' }).catch((e: Error) => e.name)
  expect(missing).toBe('ResourceNotFoundException')
  const ssm = new SSM(sim.client)
  const parameter = await ssm.getParameter({ Name: '/hep/retention', WithDecryption: true })
  expect(parameter.Parameter).toMatchObject({ Value: '7', Type: 'SecureString' })
})

test('Cloud Map lists the running tasks of the service of that name', async () => {
  const map = new ServiceDiscovery({ ...sim.client, disableHostPrefix: true })
  const found = await map.discoverInstances({ NamespaceName: 'default', ServiceName: 'capture' })
  expect(found.Instances).toHaveLength(3)
  expect(found.Instances?.[0]?.Attributes).toMatchObject({ AWS_INSTANCE_PORT: '9060' })
  sim.discovery.set('n/s', [{ id: 'a', ipv4: '127.0.0.9', port: 1, healthy: false }])
  const sick = await map.discoverInstances({ NamespaceName: 'n', ServiceName: 's' })
  expect(sick.Instances).toEqual([])
})

test('FaultPlan: a throttled call says so and names its wait; afterwards all is well', async () => {
  sim.faults.plan('ListTasks', { kind: 'throttle', retryAfterSeconds: 2 })
  const refused = await ecs.listTasks({ serviceName: 'capture' }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ name: 'ThrottlingException' })
  expect((await ecs.listTasks({ serviceName: 'capture' })).taskArns).toHaveLength(3)
})

test('startAwsSim hands what is no JSON call to otherPaths, or says that it is not simulated', async () => {
  const otherPaths = async (request: Request) => new Response(new URL(request.url).pathname)
  await using storage = startAwsSim({ otherPaths })
  expect(await (await fetch(`${storage.url}/bucket/key`)).text()).toBe('/bucket/key')
  expect((await fetch(`${sim.url}/bucket/key`)).status).toBe(501)
})
