import { expect, test } from 'bun:test'
import { startFleet } from '../../../test/simulated-fleet.ts'
import { openAwsCloud } from './aws-cloud.ts'
import type { FleetCloud } from './cloud.ts'

/** A cloud whose waits are noted, not slept. */
async function noted() {
  const fleet = await startFleet({ tickMinutes: 0 })
  const waits: number[] = []
  const sleep = async (waitMs: number) => void waits.push(waitMs)
  const cloud = openAwsCloud('voip', {
    client: fleet.sim.client,
    retry: { sleep, random: () => 0.5 },
  })
  return { fleet, waits, cloud, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

const counted = async (cloud: FleetCloud) =>
  (await cloud.livingTasks('capture', { waiting: false })).count

test('withRetry: a throttled call waits twice as long each time, with jitter, and succeeds', async () => {
  await using rig = await noted()
  rig.fleet.sim.faults.plan('ListTasks', { kind: 'throttle' }, 3)
  expect(await counted(rig.cloud)).toBe(4)
  expect(rig.waits).toEqual([200, 400, 800])
  expect(rig.cloud.calls).toBe(4)
})

test('withRetry waits as long as the service asks, within reason', async () => {
  await using rig = await noted()
  rig.fleet.sim.faults.plan('ListTasks', { kind: 'throttle', retryAfterSeconds: 3 })
  rig.fleet.sim.faults.plan('ListTasks', { kind: 'throttle', retryAfterSeconds: 3600 })
  expect(await counted(rig.cloud)).toBe(4)
  expect(rig.waits).toEqual([3_000, 10_000])
})

test('withRetry: faults of the service are repeated, refusals and conflicts are not', async () => {
  await using rig = await noted()
  rig.fleet.sim.faults.plan('UpdateService', { kind: 'server-error' })
  await rig.cloud.setDesired('capture-on-demand', 1)
  expect(rig.waits).toHaveLength(1)
  rig.fleet.sim.faults.plan('UpdateService', { kind: 'conflict' })
  const conflict = await rig.cloud.setDesired('capture-on-demand', 1).catch((e: unknown) => e)
  expect(conflict).toMatchObject({ code: 'FLEET_AWS', conflict: true })
  // Application Auto Scaling calls a conflict an error of its own (500); it is one all the same.
  rig.fleet.sim.faults.plan('RegisterScalableTarget', { kind: 'conflict' })
  const limits = { least: 1, most: 2 }
  const pending = await rig.cloud.setTaskLimits('capture', limits).catch((e: unknown) => e)
  expect(pending).toMatchObject({ code: 'FLEET_AWS', conflict: true })
  const refused = await rig.cloud.setDesired('no-such-service', 1).catch((e: unknown) => e)
  expect(refused).toMatchObject({ conflict: false })
  expect(rig.waits).toHaveLength(1)
})

test('withRetry gives up after its attempts and says what was asked', async () => {
  await using rig = await noted()
  rig.fleet.sim.faults.plan('ListTasks', { kind: 'server-error' }, 99)
  const error = await counted(rig.cloud).catch((e: Error) => e)
  expect(String(error)).toContain('list tasks: InternalFailure')
  expect(rig.waits).toHaveLength(4)
})

test('withRetry repeats a call whose answer took too long', async () => {
  await using rig = await noted()
  rig.fleet.sim.faults.plan('ListTasks', { kind: 'slow', waitMs: 3_000 })
  // Long enough for an answer that is not held back, on a busy machine too.
  const requestHandler = { requestTimeout: 1_000, throwOnRequestTimeout: true }
  const client = { ...rig.fleet.sim.client, requestHandler }
  const sleep = async () => {}
  const cloud = openAwsCloud('voip', { client, retry: { sleep } })
  expect(await counted(cloud)).toBe(4)
  expect(cloud.calls).toBe(2)
})

test('withRetry repeats a call that found nobody there', async () => {
  const closed = { ...(await noted()).fleet.sim.client, endpoint: 'http://127.0.0.1:9' }
  let slept = 0
  const sleep = async () => void slept++
  const cloud = openAwsCloud('voip', { client: closed, retry: { sleep } })
  await expect(counted(cloud)).rejects.toThrow(/list tasks: /)
  expect(slept).toBe(4)
})

test('Reconciler: after a conflict it looks again, and leaves it to the next tick after two', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 2)
  fleet.sim.faults.plan('UpdateService', { kind: 'conflict' }, 3)
  expect(await fleet.reconciler.handle(fleet.events.at(-1))).toMatchObject({
    ...{ done: 'conflict', calls: 6 },
  })
  expect(await fleet.reconciler.handle(fleet.events.at(-1))).toMatchObject({
    ...{ done: 'changed', calls: 6, change: { to: 2 } },
  })
  expect(fleet.desired('capture-on-demand')).toBe(2)
})
