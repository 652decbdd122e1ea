import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FLEET, startFleet } from '../../../test/simulated-fleet.ts'
import { type FleetConfig, parseFleetConfig } from './config.ts'
import { readEvent } from './read-event.ts'

const ALL: FleetConfig = { ...FLEET, perHost: { service: 'agent', most: 100 } }
const folder = `${import.meta.dir}/../../../test/fixtures/events`
const fixture = (name: string) => Bun.file(`${folder}/${name}.json`).json()

/** A fixture with some members of its detail changed. */
async function changed(name: string, detail: object, event: object = {}) {
  const original = await fixture(name)
  return { ...original, ...event, detail: { ...original.detail, ...detail } }
}

test('readEvent knows the events of the ECS and EC2 guides', async () => {
  const read = async (name: string) => readEvent(await fixture(name), ALL)
  expect(await read('task-spot-interruption')).toEqual({ kind: 'spot-short', why: 'interrupted' })
  expect(await read('service-placement-failure')).toEqual({ kind: 'spot-short', why: 'placement' })
  expect(await read('service-steady-state')).toEqual({ kind: 'spot-steady' })
  expect(await read('container-instance-registered')).toEqual({ kind: 'hosts-changed' })
  expect(await read('scheduled')).toEqual({ kind: 'tick' })
  expect(await read('ec2-spot-warning')).toEqual({
    kind: 'host-leaving',
    instanceId: 'i-0f3a1b2c4d5e6f701',
  })
})

test('readEvent takes the older word for a task that spot takes away', async () => {
  const event = await changed('task-spot-interruption', { stopCode: 'TerminationNotice' })
  expect(readEvent(event, ALL).kind).toBe('spot-short')
})

test('readEvent ignores what is not ours, and says why', async () => {
  const task = 'task-spot-interruption'
  const action = 'service-placement-failure'
  const reasons = {
    'other-cluster': await changed(task, { clusterArn: 'arn:aws:ecs:x:1:cluster/shop' }),
    'other-service': await changed(task, { group: 'service:web' }),
    'other-cause': await changed(action, { eventName: 'SERVICE_DEPLOYMENT_COMPLETED' }),
    'unknown-type': await changed(task, {}, { 'detail-type': 'ECS Telepathy' }),
    'not-an-event': ['no', 'event'],
  }
  for (const [reason, event] of Object.entries(reasons))
    expect(readEvent(event, ALL)).toEqual({ kind: 'ignored', reason } as never)
  const hosts = await fixture('container-instance-registered')
  expect(readEvent(hosts, FLEET)).toEqual({ kind: 'ignored', reason: 'not-configured' })
})

test('readEvent ignores a stop that is no spot matter: scaling in is not trouble', async () => {
  const stopCode = 'ServiceSchedulerInitiated'
  const event = await changed('task-spot-interruption', { stopCode })
  expect(readEvent(event, ALL)).toEqual({ kind: 'ignored', reason: 'other-cause' })
})

test('readEvent never throws, whatever an event holds', async () => {
  const types = ['ECS Task State Change', 'ECS Service Action', 'Scheduled Event', '']
  const anyEvent = fc.record({
    'detail-type': fc.constantFrom(...types),
    source: fc.constantFrom('aws.ecs', 'aws.ec2', 'aws.events', '__proto__'),
    detail: fc.anything(),
    resources: fc.anything(),
  })
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), anyEvent),
      (event) => readEvent(event, ALL).kind.length > 0,
    ),
  )
})

test('the simulated AWS sends the members that the guides show, where we look at them', async () => {
  await using fleet = await startFleet({ config: { ...FLEET, cluster: 'voip' }, tickMinutes: 0 })
  const capture = fleet.sim.ecs.requireService('voip', 'capture')
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture, 1)
  await fleet.pass(2)
  fleet.sim.ecs.removeInstance(fleet.sim.ecs.addInstance('voip'), { warned: true })
  for (const name of [
    'task-spot-interruption',
    'service-placement-failure',
    'container-instance-registered',
    'ec2-spot-warning',
  ]) {
    const documented = await fixture(name)
    const sent = fleet.events.findLast(
      (event) => event['detail-type'] === documented['detail-type'] && ofKind(event, documented),
    )
    expect(Object.keys(sent ?? {}).sort()).toEqual(Object.keys(documented).sort())
    for (const [member, value] of Object.entries(sent?.detail ?? {}))
      expect([name, member, typeof value]).toEqual([name, member, typeof documented.detail[member]])
  }
})

// Of the events of one type, the one of the same cause.
function ofKind(event: { detail: object }, documented: { detail: Record<string, unknown> }) {
  const { detail } = event as { detail: Record<string, unknown> }
  return (
    detail.eventName === documented.detail.eventName &&
    detail.stopCode === documented.detail.stopCode
  )
}

test('parseFleetConfig names every member that is wrong', () => {
  const wrong = { cluster: 'a b', spot: { service: 'x', onDemandService: 'x', most: -1 }, typo: {} }
  expect(() => parseFleetConfig(JSON.stringify(wrong))).toThrow(/cluster: .*spot.most: .*typo: /s)
  expect(() => parseFleetConfig('{')).toThrow('is not JSON')
  expect(parseFleetConfig('{"cluster":"voip"}')).toEqual({ cluster: 'voip' })
})
