import { expect, test } from 'bun:test'
import { SourceCounter } from './source-counter.ts'
import { callFrames, incoming } from './test-spool.ts'
import { type Traced, traceRecord } from './trace.ts'

const [frame] = callFrames('call', { steps: ['INVITE'] })
const rules = {
  ...{ behindMsMax: 1e15, aheadMsMax: 1e15 },
}
const recordFrom = (peerIp: string, receivedUs = 5_000_000) => ({
  ...incoming(frame!, receivedUs),
  kind: 'frame' as const,
  peerIp,
})
const traced = traceRecord(
  recordFrom('10.0.0.9', Date.now() * 1000),
  rules,
  Date.now() * 1000,
) as Traced

test('SourceCounter adds up what each agent sent', () => {
  const counter = new SourceCounter()
  for (const at of [3, 1, 2])
    counter.count(recordFrom('10.0.0.9', at), frame!.length, traced.message, 0, 3)
  counter.count(recordFrom('10.0.0.8', 9), frame!.length, traced.message, traced.agentUs, 3)
  counter.reject(recordFrom('10.0.0.9', 4), 'not_hep')
  const sources = counter.take()
  expect(sources.map(({ peerIp, packets, rejected }) => [peerIp, packets, rejected])).toEqual([
    ['10.0.0.8', 1, 0],
    ['10.0.0.9', 0, 1],
    ['10.0.0.9', 3, 0],
  ])
  expect(sources[2]).toMatchObject({
    bytes: 3 * frame!.length,
    largestBytes: frame!.length,
    lastUs: 3,
  })
  expect(counter.take()).toEqual([])
})

test('SourceCounter counts forged addresses together when there are too many', () => {
  const counter = new SourceCounter()
  for (let i = 0; i < 5000; i++)
    counter.count(
      recordFrom(`10.1.${i >> 8}.${i & 255}`),
      frame!.length,
      traced.message,
      traced.agentUs,
      3,
    )
  const sources = counter.take()
  expect(sources.length).toBe(1001)
  expect(sources.find(({ peerIp }) => peerIp === '*')?.packets).toBe(4000)
})
