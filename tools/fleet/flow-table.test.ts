import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FlowTable, flowKey, type RoutedTarget } from './flow-table.ts'

const target = (id: string, zone = 'a'): RoutedTarget => ({ id, zone, state: 'healthy' })

function table(targets: RoutedTarget[], options: { idleMs?: number; crossZone?: boolean } = {}) {
  const ended: string[] = []
  const flows = new FlowTable<RoutedTarget, undefined>({
    ...{ targets: () => targets, onEnd: ({ target }) => ended.push(target.id), ...options },
  })
  const to = (port: number, nowMs = 0, zone = 'a') =>
    flows.flow(flowKey('10.0.0.1', port), zone, nowMs)?.target.id
  return { flows, ended, to }
}

test('FlowTable keeps a flow on its target whatever comes, and gives new ones to the healthy', () => {
  const targets = [target('one')]
  const { to } = table(targets)
  expect(to(5060)).toBe('one')
  targets.push(target('two'), target('three'))
  // The stuck flow: however many nodes come, it stays.
  for (let nowMs = 0; nowMs < 10_000_000; nowMs += 100_000) expect(to(5060, nowMs)).toBe('one')
  targets[0]!.state = 'unhealthy'
  expect(to(5060, 10_000_000)).toBe('one')
  for (let port = 1; port < 50; port++) expect(to(port)).not.toBe('one')
})

test('FlowTable lets two busy senders use two nodes at most, however many there are', () => {
  for (const nodes of [2, 4, 10]) {
    const targets = Array.from({ length: nodes }, (_, i) => target(`n${i}`))
    const { to } = table(targets)
    const used = new Set([to(5060), to(5061)])
    expect(used.size).toBeLessThanOrEqual(2)
  }
})

test('FlowTable spreads many flows nearly evenly', () => {
  const targets = Array.from({ length: 4 }, (_, i) => target(`n${i}`))
  const { to, flows } = table(targets)
  for (let port = 30_000; port < 31_024; port++) to(port)
  const counts = [...flows.counts().values()]
  expect(Math.max(...counts) / 256).toBeLessThan(1.2)
})

test('FlowTable forgets a flow that was silent for longer than the idle time', () => {
  const targets = [target('one')]
  const { to, flows, ended } = table(targets, { idleMs: 120_000 })
  to(5060, 0)
  targets.push(target('two'))
  targets[0]!.state = 'draining'
  expect(to(5060, 120_000)).toBe('one')
  expect(to(5060, 240_001)).toBe('two')
  expect(ended).toEqual(['one'])
  flows.expire(240_001 + 120_001)
  expect([flows.size, ended]).toEqual([0, ['one', 'two']])
})

test('FlowTable moves the flows of a target that is taken off, and of no other', () => {
  const targets = [target('one'), target('two')]
  const { to, flows } = table(targets)
  const before = new Map(Array.from({ length: 40 }, (_, port) => [port, to(port)]))
  targets[0]!.state = 'draining'
  for (const [port, id] of before) expect(to(port)).toBe(id!) // until the delay is over
  flows.endFlowsOf('one')
  for (const port of before.keys()) expect(to(port)).toBe('two')
})

test('FlowTable asks only the own zone without cross-zone balancing, and all when none is healthy', () => {
  const targets = [target('a1', 'a'), target('b1', 'b')]
  const { to } = table(targets, { crossZone: false })
  for (let port = 0; port < 20; port++) {
    expect(to(port, 0, 'a')).toBe('a1')
    expect(to(100 + port, 0, 'b')).toBe('b1')
  }
  expect(to(999, 0, 'c')).toBeUndefined()
  for (const one of targets) one.state = 'unhealthy'
  expect(to(500, 0, 'a')).toBe('a1')
  const { to: any } = table(targets)
  expect(new Set(Array.from({ length: 20 }, (_, port) => any(port)))).toEqual(new Set(['a1', 'b1']))
})

test('flowKey differs for every address and port', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const end = fc.tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 65_535 }))
  fc.assert(
    fc.property(end, end, ([...a], [...b]) => {
      const key = (parts: number[]) => flowKey(parts.slice(0, 4).join('.'), parts[4]!)
      expect(Number.isSafeInteger(key(a))).toBe(true)
      expect(key(a) === key(b)).toBe(a.join() === b.join())
    }),
  )
})
