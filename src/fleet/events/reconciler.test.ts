import { expect, test } from 'bun:test'
import { FLEET, startFleet } from '../../../test/simulated-fleet.ts'
import { scheduledEvent } from '../aws-sim/ecs-events.ts'
import { openAwsCloud } from './aws-cloud.ts'
import type { FleetConfig } from './config.ts'
import { RECONCILER_ACTIONS } from './iam.ts'
import { callsMaxOf, configuredDuties, Reconciler } from './reconciler.ts'

const MINUTE = 60
const ALL: FleetConfig = {
  ...FLEET,
  perHost: { service: 'agent', most: 100 },
  fastMetrics: { service: 'capture' },
  connections: { service: 'capture', available: 400, reserved: 20, perTask: 12, most: 50 },
}
const capture = (fleet: Awaited<ReturnType<typeof startFleet>>) =>
  fleet.sim.ecs.requireService('voip', 'capture')
const updates = (fleet: Awaited<ReturnType<typeof startFleet>>) =>
  fleet.sim.calls.filter(({ operation }) => /^(Update|Register|Put)/.test(operation))

test('Reconciler: spot taken away is replaced on demand, and given back when spot is well', async () => {
  await using fleet = await startFleet()
  fleet.sim.ecs.spotRoom = 1
  fleet.sim.ecs.reclaimSpot(capture(fleet), 2)
  await fleet.pass(2 * MINUTE)
  // Four wanted, one always on demand, one spot left: two stand in, before the notice has run out.
  expect(fleet.desired('capture-on-demand')).toBe(2)
  expect(fleet.running('capture-on-demand')).toBe(2)
  await fleet.pass(30 * MINUTE, 5)
  expect(fleet.desired('capture-on-demand')).toBe(2)
  fleet.sim.ecs.spotRoom = 100
  await fleet.pass(4 * MINUTE, 5)
  expect([fleet.running('capture'), fleet.desired('capture-on-demand')]).toEqual([4, 2])
  await fleet.pass(5 * MINUTE)
  expect(fleet.desired('capture-on-demand')).toBe(0)
  expect(updates(fleet).map(({ input }) => input.desiredCount)).toEqual([2, 1, 0])
})

test('Reconciler: an interruption that spot makes good at once costs nothing', async () => {
  await using fleet = await startFleet()
  fleet.sim.ecs.reclaimSpot(capture(fleet), 1)
  // The simulated scheduler is as quick as can be; the real one may need stand-ins for a while.
  const { settleAll } = await import('../aws-sim/ecs-scheduler.ts')
  settleAll(fleet.sim.ecs)
  await fleet.pass(5 * MINUTE)
  expect(updates(fleet)).toEqual([])
})

test('Reconciler: the autoscaler adding tasks is no trouble by itself', async () => {
  await using fleet = await startFleet()
  capture(fleet).desired = 9
  await fleet.pass(5 * MINUTE)
  expect(fleet.running('capture')).toBe(9)
  expect(updates(fleet)).toEqual([])
})

test('Reconciler: an event that comes twice, late or out of order changes nothing more', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture(fleet), 3)
  await fleet.pass(MINUTE)
  expect(updates(fleet)).toHaveLength(1)
  for (const event of [...fleet.events].reverse()) await fleet.reconciler.handle(event)
  await fleet.pass(MINUTE)
  for (const event of fleet.events) await fleet.reconciler.handle(event)
  expect(updates(fleet)).toHaveLength(1)
  expect(fleet.desired('capture-on-demand')).toBe(3)
})

test('Reconciler: never more stand-ins than allowed', async () => {
  await using fleet = await startFleet({ spotTasks: 12 })
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture(fleet), 12)
  await fleet.pass(10 * MINUTE)
  expect(fleet.desired('capture-on-demand')).toBe(FLEET.spot!.most)
})

test('Reconciler: a spot machine that leaves is stood in for during its two minutes', async () => {
  await using fleet = await startFleet({ config: { ...FLEET, perHost: ALL.perHost } })
  const spot = { ...FLEET.spot!, service: 'agent' }
  const config = { ...FLEET, spot, perHost: undefined } as FleetConfig
  const hosts = [1, 2].map(() => fleet.sim.ecs.addInstance('voip'))
  await fleet.pass(2 * MINUTE)
  expect(fleet.running('agent')).toBe(2)
  const cloud = openAwsCloud('voip', { client: fleet.sim.client })
  const reconciler = new Reconciler({ config, cloud, nowMs: () => fleet.sim.clock.nowMs })
  fleet.sim.ecs.removeInstance(hosts[0]!, { warned: true })
  const outcome = await reconciler.handle(fleet.events.at(-1))
  expect(outcome).toMatchObject({ event: 'host-leaving', done: 'changed', calls: 5 })
  expect(fleet.desired('capture-on-demand')).toBe(1)
})

test('Reconciler: one task per host, however hosts come and go, in three calls', async () => {
  await using fleet = await startFleet({ config: { cluster: 'voip', perHost: ALL.perHost } })
  const hosts = [1, 2, 3].map(() => fleet.sim.ecs.addInstance('voip'))
  await fleet.pass(2 * MINUTE)
  expect([fleet.desired('agent'), fleet.running('agent')]).toEqual([3, 3])
  fleet.sim.ecs.instanceChanged(hosts[0]!, { status: 'DRAINING' })
  fleet.sim.ecs.removeInstance(hosts[1]!)
  await fleet.pass(2 * MINUTE)
  expect(fleet.desired('agent')).toBe(1)
  const handled = fleet.outcomes.filter(({ event }) => event === 'hosts-changed')
  expect(Math.max(...handled.map(({ calls }) => calls))).toBe(3)
  // The agent of a host reconnects several times an hour: looked at, not acted on.
  fleet.sim.ecs.instanceChanged(hosts[2]!, { agentConnected: true })
  await fleet.pass(1)
  expect(fleet.outcomes.at(-1)).toMatchObject({ done: 'kept', calls: 2 })
})

test('Reconciler: fast metrics are switched on once, by one deployment', async () => {
  await using fleet = await startFleet({
    config: { cluster: 'voip', fastMetrics: { service: 'capture' } },
  })
  await fleet.pass(30 * MINUTE, 10)
  expect(updates(fleet).map(({ input }) => input.monitoring)).toEqual([
    {
      metricConfigurations: [
        { metricNames: ['CPUUtilization', 'MemoryUtilization'], resolutionSeconds: 20 },
      ],
    },
  ])
  expect(capture(fleet).deployments).toMatchObject([{ rolloutState: 'COMPLETED' }])
})

test('Reconciler: fast metrics whose deployment fails are not tried again for an hour', async () => {
  await using fleet = await startFleet({
    config: { cluster: 'voip', fastMetrics: { service: 'capture' } },
  })
  fleet.sim.ecs.broken.add('calliope:1')
  await fleet.pass(45 * MINUTE, 10)
  expect(updates(fleet)).toHaveLength(1)
})

test('Reconciler: autoscaling is held to what the database has connections for', async () => {
  const { ApplicationAutoScaling } = await import('@aws-sdk/client-application-auto-scaling')
  await using fleet = await startFleet({
    config: { ...ALL, fastMetrics: undefined } as FleetConfig,
  })
  const scaling = new ApplicationAutoScaling(fleet.sim.client)
  const ResourceId = 'service/voip/capture'
  const target = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const
  await scaling.registerScalableTarget({ ...target, ResourceId, MinCapacity: 2, MaxCapacity: 90 })
  await fleet.pass(3 * MINUTE)
  const { ScalableTargets } = await scaling.describeScalableTargets({ ServiceNamespace: 'ecs' })
  // (400 - 20) / 12 = 31 tasks, of which 6 may be stand-ins.
  expect(ScalableTargets?.[0]).toMatchObject({ MinCapacity: 2, MaxCapacity: 25 })
  expect(updates(fleet).filter(({ operation }) => operation.startsWith('Register'))).toHaveLength(2)
})

test('Reconciler: a dry run says what it would do and changes nothing', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture(fleet), 2)
  const cloud = openAwsCloud('voip', { client: fleet.sim.client })
  const dry = new Reconciler({ config: FLEET, cloud, dryRun: true })
  const outcome = await dry.handle(fleet.events.at(-1))
  expect(outcome).toMatchObject({ done: 'would-change', duty: 'spot', change: { to: 2 } })
  expect(updates(fleet)).toEqual([])
})

test('Reconciler counts the events that it ignores, by reason', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  await fleet.reconciler.handle({ 'detail-type': 'ECS Telepathy', source: 'aws.ecs' })
  await fleet.reconciler.handle(null)
  await fleet.reconciler.handle(undefined)
  expect([...fleet.reconciler.ignored]).toEqual([
    ['unknown-type', 1],
    ['not-an-event', 2],
  ])
})

test('RECONCILER_ACTIONS are what the reconciler calls, no more and no less', async () => {
  await using fleet = await startFleet({ config: ALL })
  fleet.sim.scaling.targets.set('service/voip/capture', {
    ...{ resourceId: 'service/voip/capture', createdAtMs: 0, least: 1, most: 90, state: undefined },
  })
  fleet.sim.calls.length = 0
  const host = fleet.sim.ecs.addInstance('voip')
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture(fleet), 2)
  await fleet.pass(10 * MINUTE, 5)
  fleet.sim.ecs.removeInstance(host, { warned: true })
  await fleet.pass(1)
  const prefix = { ecs: 'ecs:', autoscaling: 'application-autoscaling:' }
  const called = fleet.sim.calls.map(
    ({ service, operation }) => prefix[service as 'ecs'] + operation,
  )
  expect([...new Set(called)].sort()).toEqual([...RECONCILER_ACTIONS])
})

test('callsMaxOf bounds what one event costs', async () => {
  await using fleet = await startFleet({ config: ALL, tickMinutes: 0 })
  const duties = configuredDuties(ALL)
  expect(callsMaxOf({ kind: 'hosts-changed' }, duties)).toBe(3)
  expect(callsMaxOf({ kind: 'host-leaving', instanceId: '' }, duties)).toBe(6)
  expect(callsMaxOf({ kind: 'spot-short', why: 'placement' }, duties)).toBe(4)
  fleet.sim.scaling.targets.set('service/voip/capture', {
    ...{ resourceId: 'service/voip/capture', createdAtMs: 0, least: 1, most: 9, state: undefined },
  })
  const outcome = await fleet.reconciler.handle(scheduledEvent('tick', fleet.sim.clock.nowMs))
  expect(outcome.calls).toBeLessThanOrEqual(callsMaxOf({ kind: 'tick' }, duties))
})
