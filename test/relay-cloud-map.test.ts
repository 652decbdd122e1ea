// The relay's way to find nodes in AWS Cloud Map, over the real SDK against the simulated AWS.
import { afterEach, expect, test } from 'bun:test'
import { findInCloudMap } from '../src/relay/discover/find-in-cloud-map.ts'
import { startFleet } from './simulated-fleet.ts'

const env = { ...process.env }
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
})

test('findInCloudMap follows the running tasks of an ECS service', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  const { AWS_ENDPOINT_URL: _, ...credentials } = fleet.sim.env
  Object.assign(process.env, credentials)
  const { region, endpoint } = fleet.sim.client
  const service = { kind: 'cloudmap', service: 'capture', namespace: 'voip', port: 9060 } as const
  const origin = { ...service, region, endpoint }
  const before = await findInCloudMap(origin)
  expect(before).toHaveLength(4)
  expect(before.every(({ host, port }) => host.startsWith('10.0.') && port === 9060)).toBe(true)
  const [gone] = fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 1)
  const after = await findInCloudMap(origin)
  expect(after).toHaveLength(3)
  expect(after.map(({ host }) => host)).not.toContain(gone!.address)
  fleet.sim.discovery.set('voip/capture', [
    { id: 'sick', ipv4: '127.0.0.9', port: 1, healthy: false },
  ])
  expect(await findInCloudMap(origin)).toEqual([{ host: '127.0.0.9', port: 9060 }])
})
