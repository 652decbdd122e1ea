import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Fleet, FleetNode, NodeRow } from '#contract'
import { MemoryStore } from '../../../test/memory-store.ts'
import { type Api, startApi } from '../index.ts'
import { fleetNodes, fleetNow } from './fleet-view.ts'

const store = new MemoryStore()
let api: Api
const asked: number[][] = []
beforeAll(async () => {
  const { points } = store.fleet
  store.fleet.points = (from, to, step) => {
    asked.push([Math.round((to - from) / 1e6), step])
    return points(from, to, step)
  }
  api = await startApi({
    ...{ store, hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
    fleetPolicy: () => ({ name: 'ours', sentence: 'One to ten nodes.' }),
  })
})
afterAll(() => api.close())

const get = async <Answer>(path: string) =>
  (await (await fetch(`${api.url}/api/v1/${path}`)).json()) as Answer

test('GET /api/v1/fleet works for one node, and says the policy it was told', async () => {
  const fleet = await get<Fleet>('fleet')
  expect(fleet.now).toMatchObject({ nodes: 1, packetsPerSecond: 3, skew: null, headroom: null })
  expect(fleet.nodes).toMatchObject([{ node: 'n1', cpuCores: null, droppedLately: 0 }])
  expect(fleet.points).toHaveLength(1)
  expect(fleet.policy).toEqual({ name: 'ours', sentence: 'One to ten nodes.' })
})

test('GET /api/v1/fleet takes the finest steps that are kept and that a chart can show', async () => {
  asked.length = 0
  for (const range of ['-10m', '-15m', '-1h', '-6h', '-7d', '-2h&to=-110m'])
    await get(`fleet?from=${range}`)
  expect(asked.map(([, step]) => step)).toEqual([2, 4, 10, 60, 1_800, 60])
  const tooLong = await fetch(`${api.url}/api/v1/fleet?from=-9d`)
  expect([tooLong.status, await tooLong.text()]).toEqual([
    400,
    expect.stringContaining('8 days') as never,
  ])
})

test('POST /api/v1/fleet/events puts what scales the fleet beside the graph', async () => {
  const post = (body: unknown) =>
    fetch(`${api.url}/api/v1/fleet/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-calliope': '1' },
      body: JSON.stringify(body),
    })
  const scaled = { kind: 'scaled', reason: 'too busy', nodesFrom: 2, nodesTo: 3 }
  expect((await post(scaled)).status).toBe(200)
  expect((await get<Fleet>('fleet')).events[0]).toMatchObject({ ...scaled, node: '' })
  // What only a node knows of itself nobody else may claim.
  expect((await post({ kind: 'gone', reason: '' })).status).toBe(400)
  expect((await post({ ...scaled, nodesTo: -1 })).status).toBe(400)
})

const NOW = Date.parse('2026-11-21T10:00:00Z')
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString()

function row(node: string, packetsPerSecond: number, more: Partial<NodeRow> = {}): NodeRow {
  const none = { total: 0, byReason: {} }
  const ledger = {
    received: 9,
    stored: 9,
    pending: 0,
    rejected: none,
    dropped: none,
    balanced: true,
  }
  return {
    ...{ node, version: '1', state: 'ready', startedAt: ago(600), heartbeatAt: ago(0), ledger },
    signals: { packetsPerSecond, usedPercent: 50, spoolAgeSeconds: 1 },
    ...more,
  }
}

test('fleetNow leaves nodes out of the skew that just came, drain or ended', () => {
  const rows = [
    ...[row('a', 300), row('b', 100), row('new', 0, { startedAt: ago(3) })],
    ...[row('draining', 0, { state: 'draining' }), row('lost', 77, { state: 'lost' })],
  ]
  const nodes = fleetNodes(rows, new Map([['a', 4]]), NOW - 900_000)
  expect(fleetNow(nodes, NOW)).toMatchObject({ nodes: 4, packetsPerSecond: 400, skew: 1.5 })
  expect(fleetNow(nodes, NOW)).toMatchObject({ droppedLately: 4, headroom: 0.5 })
  expect(fleetNow(nodes.slice(0, 1), NOW).skew).toBeNull()
  expect(fleetNow([], NOW)).toEqual({
    ...{ nodes: 0, packetsPerSecond: 0, spoolAgeSeconds: 0 },
    ...{ droppedLately: 0, skew: null, headroom: null },
  })
})

test('fleetNodes shows those that ended within the range last, and says nothing of their load', () => {
  const rows = [
    row('long-gone', 5, { state: 'stopped', heartbeatAt: ago(5_000) }),
    row('gone', 5, { state: 'stopped', heartbeatAt: ago(500) }),
    row('lost', 5, { state: 'lost', heartbeatAt: ago(50) }),
    row('alive', 5),
  ]
  const nodes: readonly FleetNode[] = fleetNodes(rows, new Map(), NOW - 900_000)
  expect(nodes.map(({ node }) => node)).toEqual(['alive', 'lost', 'gone'])
  expect(nodes[1]).toMatchObject({ packetsPerSecond: 0, headroom: null })
})
