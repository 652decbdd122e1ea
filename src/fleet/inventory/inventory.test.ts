import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { startFleet } from '../../../test/simulated-fleet.ts'
import { ecsInventory } from './ecs-inventory.ts'
import { type InventoryNode, writeInventory } from './inventory.ts'

const NODES: readonly InventoryNode[] = [
  { name: 'b2', address: '10.0.0.2', port: 9080, labels: { service: 'capture' } },
  { name: 'a1', address: 'fd00::1', port: 9080, labels: { service: 'capture', zone: 'x' } },
]

test('writeInventory: Prometheus gets targets with labels, in the order of names', () => {
  expect(JSON.parse(writeInventory(NODES, 'prometheus'))).toEqual([
    { targets: ['[fd00::1]:9080'], labels: { node: 'a1', service: 'capture', zone: 'x' } },
    { targets: ['10.0.0.2:9080'], labels: { node: 'b2', service: 'capture' } },
  ])
  expect(JSON.parse(writeInventory([], 'prometheus'))).toEqual([])
})

test('writeInventory: Nagios gets a host and two checks for each node', () => {
  const text = writeInventory(NODES, 'nagios')
  expect(text.match(/^define host \{/gm)).toHaveLength(2)
  expect(text.match(/check_command +check_calliope!9080!\/(readyz|healthz)$/gm)).toHaveLength(4)
  expect(text).toContain('address              10.0.0.2')
})

test('writeInventory: no name or label can break out of a Nagios definition', () => {
  const hostile = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(
    fc.property(hostile, hostile, (name, label) => {
      const node = { name, address: name, port: 1, labels: { label } }
      const lines = writeInventory([node], 'nagios').split('\n')
      const known = /^(#.*|define \w+ \{|\}| {2}[a-z_]+ +[\w.:=!$/ -]+|)$/
      expect(lines.filter((line) => !known.test(line))).toEqual([])
    }),
  )
})

test('ecsInventory lists the tasks that run, and follows them as they come and go', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  const options = { cluster: 'voip', services: ['capture'], port: 9080, client: fleet.sim.client }
  const before = await ecsInventory(options)
  expect(before).toHaveLength(4)
  expect(before[0]).toMatchObject({
    port: 9080,
    labels: { cluster: 'voip', service: 'capture', task_definition: 'calliope:1' },
  })
  const providers = before.map(({ labels }) => labels.capacity_provider).sort()
  expect(providers).toEqual(['FARGATE', 'FARGATE_SPOT', 'FARGATE_SPOT', 'FARGATE_SPOT'])
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 2)
  const after = await ecsInventory(options)
  expect(after).toHaveLength(2)
  expect(before).toEqual(expect.arrayContaining([...after]))
})
