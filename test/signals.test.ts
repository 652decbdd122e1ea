// A node under traffic says how busy it is: to Prometheus, to CloudWatch's agent, and to the other nodes.
import { expect, test } from 'bun:test'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { NodeRow } from '#contract'
import { sendTraffic } from '#fleet'
import { ask, startProgram, temporaryDirectory, until } from './program.ts'

test('a node under traffic publishes its signals on /metrics, in its heartbeat and as embedded metrics', async () => {
  using directory = temporaryDirectory()
  const agent = createSocket('udp4').bind(0, '127.0.0.1')
  await once(agent, 'listening')
  const events: Record<string, unknown>[] = []
  agent.on('message', (message) => events.push(JSON.parse(String(message))))
  const program = await startProgram(
    [
      ...['--data-dir', directory.path, '--node', 'n1'],
      ...['--fleet-emf', `udp://127.0.0.1:${agent.address().port}`, '--fleet-emf-every', '1s'],
      ...['--fleet-cluster', 'voice', '--fleet-service', 'capture'],
    ],
    // Where ECS would be asked for names there is nobody: the node starts all the same.
    { env: { ECS_CONTAINER_METADATA_URI_V4: 'http://127.0.0.1:9/v4/abc' } },
  )
  try {
    const source = { seed: 1 }
    await sendTraffic({
      source,
      to: program.udp,
      transport: 'udp',
      ratePerSecond: 2000,
      durationMs: 1500,
    })
    const busy = await until(
      async () => events.at(-1) ?? {},
      ({ PacketsPerSecond }) => Number(PacketsPerSecond) > 100,
    )
    expect(busy).toMatchObject({
      ClusterName: 'voice',
      ServiceName: 'capture',
      Node: 'n1',
      Skew: 1,
    })
    expect(busy._aws).toMatchObject({ LogGroupName: 'capture-metrics', LogStreamName: 'n1' })
    const metrics = await (await fetch(`${program.url}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1])
    expect(value('calliope_packets_per_second')).toBeGreaterThan(100)
    expect(value('calliope_used_percent')).toBeGreaterThan(0)
    expect(value('calliope_headroom_percent')).toBeCloseTo(100 - value('calliope_used_percent'))
    expect(value('calliope_drops_per_second')).toBe(0)
    expect(metrics).toContain('calliope_thread_busy_percent{thread="udp-0"}')
    const { nodes } = await ask<{ nodes: readonly NodeRow[] }>(program, '/api/v1/nodes')
    expect(nodes[0]!.signals.usedPercent).toBeGreaterThan(0)
    expect(nodes[0]!.signals.behindSeconds).toBe(0)
  } finally {
    await program.stop()
    agent.close()
  }
}, 60_000)
