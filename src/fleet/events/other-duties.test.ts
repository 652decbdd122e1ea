import { expect, test } from 'bun:test'
import { FLEET, startFleet } from '../../../test/simulated-fleet.ts'
import { openAwsCloud } from './aws-cloud.ts'
import { connectionsDuty, fastMetricsDuty, perHostDuty } from './other-duties.ts'

const TICK = { kind: 'tick' } as const
const HOUR = 3_600_000

test('fastMetricsDuty leaves a deployment alone that is under way, whoever asks', () => {
  const slow = { touchedAtMs: 0, resolutions: new Map() }
  const duty = fastMetricsDuty({ service: 'capture' }, { atOnce: true })
  expect(duty.compare({ ...slow, inProgress: true }, TICK, 9 * HOUR).kind).toBe('keep')
  expect(duty.compare({ ...slow, inProgress: false }, TICK, 9 * HOUR).kind).toBe('change')
  const half = new Map([['CPUUtilization', 20]])
  const partly = { touchedAtMs: 0, inProgress: false, resolutions: half }
  expect(duty.compare(partly, TICK, 9 * HOUR).kind).toBe('change')
})

test('perHostDuty never wants more tasks than allowed', () => {
  const duty = perHostDuty({ service: 'agent', most: 3 })
  expect(duty.compare({ hosts: 5, desired: 2 }, TICK, 0)).toMatchObject({ change: { to: 3 } })
  expect(duty.compare({ hosts: 5, desired: 3 }, TICK, 0).kind).toBe('keep')
  expect(duty.compare({ hosts: 0, desired: 3 }, TICK, 0)).toMatchObject({ change: { to: 0 } })
})

test('connectionsDuty lowers the least with the most, and always leaves one task', () => {
  const few = { service: 'capture', available: 40, reserved: 10, perTask: 12, most: 50 }
  expect(connectionsDuty(few).compare({ least: 4, most: 10 }, TICK, 0)).toMatchObject({
    change: { to: { least: 2, most: 2 } },
  })
  expect(connectionsDuty(few, 9).compare({ least: 1, most: 1 }, TICK, 0).kind).toBe('keep')
})

test('openAwsCloud counts every page of a long list', async () => {
  await using fleet = await startFleet({ spotTasks: 130, tickMinutes: 0 })
  for (let host = 0; host < 101; host++) fleet.sim.ecs.addInstance(FLEET.cluster)
  const cloud = openAwsCloud(FLEET.cluster, { client: fleet.sim.client })
  expect((await cloud.livingTasks('capture', { waiting: false })).count).toBe(130)
  expect(await cloud.activeHosts()).toBe(101)
  expect(cloud.calls).toBe(4)
})
