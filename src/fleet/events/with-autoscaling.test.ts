// Autoscaling and stand-ins at work together: one measures, the other counts; they must not fight.
import { expect, test } from 'bun:test'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { startFleet } from '../../../test/simulated-fleet.ts'

const MINUTE = 60
const TARGET = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/voip/capture',
} as const

test('Reconciler beside target tracking: a shortage of spot moves work over and back, nothing else', async () => {
  await using fleet = await startFleet({ spotTasks: 4 })
  const scaling = new ApplicationAutoScaling(fleet.sim.client)
  await scaling.registerScalableTarget({ ...TARGET, MinCapacity: 2, MaxCapacity: 20 })
  await scaling.putScalingPolicy({
    ...{ ...TARGET, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling' },
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      ...{ TargetValue: 60, ScaleOutCooldown: 60, ScaleInCooldown: 300 },
    },
  })
  // Both services stand in the same target groups: the work is shared by all that run.
  let work = 230
  const nodes = () => fleet.running('capture') + fleet.running('capture-on-demand')
  fleet.sim.scaling.load('voip', 'capture', () => ({ cpu: work / Math.max(1, nodes()) }))
  const seen: { desired: number; standIns: number; cpu: number }[] = []
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 60) {
      await fleet.pass(60, 20)
      const cpu = work / Math.max(1, nodes())
      seen.push({
        desired: fleet.desired('capture'),
        standIns: fleet.desired('capture-on-demand'),
        cpu,
      })
    }
  }
  await pass(10 * MINUTE)
  fleet.sim.ecs.spotRoom = 1
  fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 2)
  await pass(25 * MINUTE)
  expect(fleet.desired('capture-on-demand')).toBe(2)
  expect(Math.max(...seen.map(({ cpu }) => cpu))).toBeLessThan(60)
  work = 400 // spot is still short: what autoscaling adds has to be stood in for
  await pass(25 * MINUTE)
  expect(nodes()).toBe(7)
  expect(fleet.desired('capture-on-demand')).toBe(5)
  fleet.sim.ecs.spotRoom = 100
  await pass(40 * MINUTE)
  expect([fleet.running('capture'), fleet.desired('capture-on-demand')]).toEqual([7, 0])
  // Desired: 4, then 7 and never back; stand-ins: up twice, then down in steps.
  expect(changes(seen.map(({ desired }) => desired))).toEqual([4, 7])
  expect(changes(seen.map(({ standIns }) => standIns))).toEqual([0, 2, 5, 2, 1, 0])
}, 60_000)

/** A series without its repetitions. */
const changes = (series: readonly number[]): number[] =>
  series.filter((value, at) => value !== series[at - 1])
