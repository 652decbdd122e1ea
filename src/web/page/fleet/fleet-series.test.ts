import { expect, test } from 'bun:test'
import type { FleetPoint } from '#contract'
import { fleetGrid, valuesOf } from './fleet-series.ts'
import { readFleet } from './fleet-url.ts'

const START = Date.parse('2026-11-21T10:00:00Z') / 1000
const point = (seconds: number, nodes: number): FleetPoint => ({
  ...{ at: new Date((START + seconds) * 1000).toISOString(), nodes, packetsPerSecond: nodes * 10 },
  ...{ packetsPerSecondMax: 10, spoolAgeSeconds: 0, dropped: 0, cpuCores: null },
})

test('fleetGrid has a gap where no node was there, and ends with what is known', () => {
  const points = [point(4, 1), point(6, 2), point(12, 1)]
  const grid = fleetGrid({ points, stepSeconds: 2 }, START + 1)
  expect(grid.times.map((time) => time - START)).toEqual([2, 4, 6, 8, 10, 12])
  expect(valuesOf(grid, ({ nodes }) => nodes)).toEqual([null, 1, 2, null, null, 1])
  expect(valuesOf(grid, ({ cpuCores }) => cpuCores)).toEqual([null, null, null, null, null, null])
})

test('fleetGrid is empty without points, and when all of them are before the range', () => {
  expect(fleetGrid({ points: [], stepSeconds: 2 }, START).times).toEqual([])
  expect(fleetGrid({ points: [point(0, 1)], stepSeconds: 2 }, START + 60).times).toEqual([])
})

test('readFleet takes a quarter of an hour for what it does not know', () => {
  expect(readFleet({ range: '6h' })).toEqual({ range: '6h', seconds: 21_600, everyMs: 15_000 })
  expect(readFleet({ range: 'yesterday' })).toMatchObject({ range: '15m', everyMs: 2_000 })
})
