import { afterEach, beforeEach, expect, test } from 'bun:test'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { ECS } from '@aws-sdk/client-ecs'
import { type AwsSim, startAwsSim } from './start.ts'

const MINUTE = 60_000
const ResourceId = 'service/default/capture'
const TARGET = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const
const Dimensions = [
  { Name: 'ClusterName', Value: 'default' },
  { Name: 'ServiceName', Value: 'capture' },
]

let sim: AwsSim
let scaling: ApplicationAutoScaling
let ecs: ECS
beforeEach(async () => {
  sim = startAwsSim()
  ecs = new ECS(sim.client)
  scaling = new ApplicationAutoScaling(sim.client)
  await ecs.createService({ serviceName: 'capture', desiredCount: 2, taskDefinition: 'calliope:1' })
  await scaling.registerScalableTarget({ ...TARGET, ResourceId, MinCapacity: 1, MaxCapacity: 10 })
  sim.clock.advance(2 * MINUTE)
})
afterEach(() => sim[Symbol.asyncDispose]())

const track = (PredefinedMetricType: 'ECSServiceAverageCPUUtilization', TargetValue: number) =>
  scaling.putScalingPolicy({
    ...{ ...TARGET, ResourceId, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling' as const },
    TargetTrackingScalingPolicyConfiguration: {
      ...{ TargetValue, PredefinedMetricSpecification: { PredefinedMetricType } },
      ...{ ScaleOutCooldown: 60, ScaleInCooldown: 300 },
    },
  })
const desired = () => sim.ecs.requireService('default', 'capture').desired
// What two tasks do at 45 % each, any number shares.
const work = (percentOfOne: number) => (tasks: number) => ({ cpu: percentOfOne / tasks })

test('ScalingWorld: a target tracking policy put by the real SDK makes tasks appear', async () => {
  await track('ECSServiceAverageCPUUtilization', 60)
  sim.scaling.load('default', 'capture', work(400))
  sim.clock.advance(2.5 * MINUTE)
  expect(desired()).toBe(2) // three datapoints first
  sim.clock.advance(3.5 * MINUTE)
  expect(desired()).toBe(7)
  const { services } = await ecs.describeServices({ services: ['capture'] })
  expect(services?.[0]?.runningCount).toBe(7)
  const { ScalingActivities = [] } = await scaling.describeScalingActivities({ ...TARGET })
  expect(ScalingActivities[0]?.Description).toBe('Setting desired count to 7 (from 2).')
})

test('ScalingWorld: scales in slowly, and never below the least', async () => {
  await track('ECSServiceAverageCPUUtilization', 60)
  sim.scaling.load('default', 'capture', work(20))
  sim.clock.advance(12 * MINUTE)
  expect(desired()).toBe(2)
  sim.clock.advance(30 * MINUTE)
  expect(desired()).toBe(1)
})

test('ScalingWorld: 20-second metrics decide sooner than minutes do', async () => {
  const metricNames = ['CPUUtilization', 'MemoryUtilization']
  const monitoring = { metricConfigurations: [{ metricNames, resolutionSeconds: 20 }] }
  await ecs.updateService({ service: 'capture', monitoring })
  sim.clock.advance(5 * MINUTE)
  await track(
    'ECSServiceAverageCPUUtilizationHighResolution' as 'ECSServiceAverageCPUUtilization',
    60,
  )
  sim.scaling.load('default', 'capture', work(400))
  sim.clock.advance(90_000)
  expect(desired()).toBe(7)
})

test('ScalingWorld: a step policy answers the alarm on our own metric', async () => {
  const { PolicyARN = '' } = await scaling.putScalingPolicy({
    ...{ ...TARGET, ResourceId, PolicyName: 'drops', PolicyType: 'StepScaling' },
    StepScalingPolicyConfiguration: {
      ...{ AdjustmentType: 'PercentChangeInCapacity', MinAdjustmentMagnitude: 1, Cooldown: 120 },
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 50 }],
    },
  })
  const cloudWatch = new CloudWatch(sim.client)
  await cloudWatch.putMetricAlarm({
    ...{ AlarmName: 'drops', AlarmActions: [PolicyARN], Dimensions, Threshold: 0 },
    ...{ Namespace: 'Calliope', MetricName: 'DropsPerSecond', Statistic: 'Maximum' },
    ...{ Period: 10, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' },
  })
  sim.clock.advance(MINUTE)
  expect(desired()).toBe(2)
  const MetricData = [{ MetricName: 'DropsPerSecond', Value: 12, Dimensions }]
  await cloudWatch.putMetricData({ Namespace: 'Calliope', MetricData })
  sim.clock.advance(30_000)
  expect(desired()).toBe(3)
})

test('ScalingWorld refuses policies on targets nobody registered, and bounds the wrong way round', async () => {
  const stray = scaling.putScalingPolicy({
    ...{ ...TARGET, ResourceId: 'service/default/other', PolicyName: 'cpu' },
    PolicyType: 'StepScaling',
  })
  await expect(stray).rejects.toThrow('No scalable target registered')
  const wrong = scaling.registerScalableTarget({ ...TARGET, ResourceId, MinCapacity: 11 })
  await expect(wrong).rejects.toThrow('cannot be less')
})
