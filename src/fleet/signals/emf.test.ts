import { expect, test } from 'bun:test'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { METRICS } from '../policy/metrics.ts'
import { PRESETS } from '../policy/presets.ts'
import { readTaskMetadata } from './ecs-metadata.ts'
import { EMF_METRICS, EMF_NAMESPACE, type EmfReport, emfLines } from './emf.ts'
import { openEmfOutlet } from './emf-outlet.ts'
import { LoadWindow } from './load-window.ts'

const identity = { cluster: 'voice', service: 'capture', node: 'task-1', version: '1.2.3' }
const quiet = new LoadWindow({ cpuCores: 1, memoryBytes: 2 ** 30 }).signals
const report: EmfReport = {
  ...{ atMs: 1_763_700_000_123.4, skew: 1.25, dropped: { spool_full: 0, kernel_buffer: 7 } },
  signals: { ...quiet, packetsPerSecond: 1234.56789, behindSeconds: 3, usedPercent: 40 },
}
const linesOf = (given: Partial<EmfReport>) =>
  emfLines(identity, { ...report, ...given }).map((line) => JSON.parse(line))

// The rules of the specification: names, types, limits, and that what is referred to is there.
function faults(event: Record<string, unknown>): string[] {
  const wrong: string[] = []
  const { Timestamp, CloudWatchMetrics } = event._aws as Record<string, unknown>
  if (!Number.isInteger(Timestamp)) wrong.push('Timestamp')
  for (const directive of CloudWatchMetrics as Record<string, unknown>[]) {
    const { Namespace, Dimensions, Metrics, ...more } = directive
    if (Object.keys(more).length > 0) wrong.push('unknown members')
    if (typeof Namespace !== 'string' || !/^[^:].{0,1022}$/.test(Namespace)) wrong.push('Namespace')
    for (const set of Dimensions as string[][]) {
      if (set.length > 30) wrong.push('too many dimensions')
      for (const name of set) {
        const value = event[name]
        if (typeof value !== 'string' || value === '' || value.length > 1024) wrong.push(name)
      }
    }
    const metrics = Metrics as { Name: string; Unit: string; StorageResolution: number }[]
    if (metrics.length > 100) wrong.push('too many metrics')
    for (const { Name, Unit, StorageResolution } of metrics) {
      if (typeof event[Name] !== 'number' || !Number.isFinite(event[Name])) wrong.push(Name)
      if (!['Count', 'Count/Second', 'Seconds', 'Percent', 'None'].includes(Unit)) wrong.push(Unit)
      if (StorageResolution !== 1 && StorageResolution !== 60) wrong.push('StorageResolution')
    }
  }
  return wrong
}

test('emfLines writes what CloudWatch takes, whatever the numbers are', () =>
  fc.assert(
    fc.property(fc.double(), fc.double(), fc.string(), (rate, age, service) => {
      const signals = { ...quiet, packetsPerSecond: rate, spoolAgeSeconds: age }
      const lines = emfLines({ ...identity, service }, { ...report, signals })
      for (const line of lines) {
        expect(line).not.toContain('\n')
        expect(faults(JSON.parse(line))).toEqual([])
      }
    }),
  ))

test('emfLines tells values with the dimensions of the service, and the node beside them', () => {
  const [signals] = linesOf({})
  expect(signals).toMatchObject({
    ...{ ClusterName: 'voice', ServiceName: 'capture', Node: 'task-1', Version: '1.2.3' },
    ...{ PacketsPerSecond: 1234.568, BehindSeconds: 3, Skew: 1.25, UsedPercent: 40 },
  })
  expect(signals._aws.Timestamp).toBe(1_763_700_000_123)
  expect(signals._aws.CloudWatchMetrics[0].Dimensions).toEqual([['ClusterName', 'ServiceName']])
  expect(signals._aws).not.toHaveProperty('LogGroupName')
})

test('emfLines adds a line for each reason of dropping that happened', () => {
  const lines = linesOf({})
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatchObject({ Reason: 'kernel_buffer', FramesDropped: 7 })
  expect(lines[1]._aws.CloudWatchMetrics[0].Dimensions).toEqual([
    ['ClusterName', 'ServiceName'],
    ['ClusterName', 'ServiceName', 'Reason'],
  ])
})

test('EMF_METRICS has every metric of ours that policies may follow, fine enough for the presets', () => {
  const published = new Map(EMF_METRICS.map((metric) => [metric.name, metric]))
  const ours = Object.values(METRICS).filter(
    ({ cloudwatch }) => cloudwatch.namespace === EMF_NAMESPACE,
  )
  expect(ours.filter(({ cloudwatch }) => !published.has(cloudwatch.name))).toEqual([])
  for (const { rules } of Object.values(PRESETS))
    for (const rule of rules)
      if ('periodSeconds' in rule && rule.periodSeconds < 60)
        expect(published.get(METRICS[rule.metric].cloudwatch.name)?.resolution).toBe(1)
})

test('openEmfOutlet reaches an agent over UDP', async () => {
  const agent = createSocket('udp4').bind(0, '127.0.0.1')
  await once(agent, 'listening')
  const outlet = openEmfOutlet({ kind: 'udp', host: '127.0.0.1', port: agent.address().port })
  const [message] = await Promise.all([once(agent, 'message'), outlet.write('{"a":1}')])
  expect(String(message[0])).toBe('{"a":1}\n')
  outlet.close()
  agent.close()
})

test('openEmfOutlet connects to an agent over TCP, again after it went away', async () => {
  const heard: string[] = []
  const agent = createServer((socket) => {
    socket.on('data', (data) => {
      heard.push(String(data))
      agent.emit('heard')
      socket.destroy()
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(agent, 'listening')
  const { port } = agent.address() as { port: number }
  const outlet = openEmfOutlet({ kind: 'tcp', host: '127.0.0.1', port })
  await Promise.all([once(agent, 'heard'), outlet.write('{"a":1}')])
  // What is written before the end was noticed is lost; the node goes on trying.
  const second = once(agent, 'heard')
  const trying = setInterval(() => outlet.write('{"a":2}'), 10)
  await second
  clearInterval(trying)
  outlet.close()
  agent.close()
  expect(heard[0]).toBe('{"a":1}\n')
  expect(heard.at(-1)).toStartWith('{"a":2}\n')
})

test('openEmfOutlet survives that nobody listens', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  await new Promise((resolve) => free.close(resolve))
  for (const kind of ['tcp', 'udp'] as const) {
    const outlet = openEmfOutlet({ kind, host: '127.0.0.1', port })
    outlet.write('{}')
    outlet.write('{}')
    outlet.close()
  }
})

test('readTaskMetadata takes names out of what ECS says, and nothing when it says nothing', async () => {
  const answers: Record<string, () => Response> = {
    '/v4/abc/task': () =>
      Response.json({
        Cluster: 'arn:aws:ecs:eu-central-1:111122223333:cluster/voice',
        ServiceName: 'capture',
        TaskARN:
          'arn:aws:ecs:eu-central-1:111122223333:task/voice/158d1c8083dd49d6b527399fd6414f5c',
      }),
    '/fargate/task': () => Response.json({ Cluster: 'voice', TaskARN: 'x/y' }),
    '/broken/task': () => new Response('<html>'),
  }
  using server = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: (request) =>
      answers[new URL(request.url).pathname]?.() ?? new Response('no', { status: 404 }),
  })
  const ask = (path: string) => readTaskMetadata(`http://127.0.0.1:${server.port}${path}`)
  expect(await ask('/v4/abc')).toEqual({
    ...{ cluster: 'voice', service: 'capture', task: '158d1c8083dd49d6b527399fd6414f5c' },
  })
  expect(await ask('/fargate')).toEqual({ cluster: 'voice', task: 'y' })
  expect(await ask('/broken')).toEqual({})
  expect(await ask('/absent')).toEqual({})
  expect(await readTaskMetadata('')).toEqual({})
})
