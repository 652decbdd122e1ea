import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { steady } from './test-runs.ts'
import { packetsOf, peakOf, scaleTrace } from './trace.ts'
import { TraceError, traceOfCsv, traceOfMinutes } from './trace-csv.ts'
import { namedTrace, TRACE_NAMES } from './traces.ts'

test('namedTrace draws every trace with the peak asked for, from its beginning to its end', () => {
  for (const name of TRACE_NAMES) {
    const trace = namedTrace(name, { peak: 120_000, seed: 3 })
    expect(peakOf(trace)).toBeCloseTo(120_000, 6)
    expect(trace.points[0]!.at).toBe(0)
    expect(trace.about.length).toBeGreaterThan(20)
    for (const { at } of trace.events) expect(at).toBeLessThan(trace.seconds)
    expect(namedTrace(name, { peak: 120_000, seed: 3 })).toEqual(trace)
  }
})

test('namedTrace has quiet nights and busy mornings, and a flash crowd that comes within a minute', () => {
  const rateAt = (name: 'day' | 'flash-crowd', at: number) =>
    namedTrace(name, { peak: 1 }).points.findLast((point) => point.at <= at)!.rate
  expect(rateAt('day', 4 * 3600)).toBeLessThan(0.2)
  expect(rateAt('day', 10.3 * 3600)).toBeGreaterThan(0.9)
  expect(rateAt('flash-crowd', 29 * 60)).toBeLessThan(0.15)
  expect(rateAt('flash-crowd', 31 * 60)).toBeGreaterThan(0.9)
})

test('packetsOf and scaleTrace agree on the area under a trace', () => {
  expect(packetsOf(steady(1_000, 10))).toBe(600_000)
  expect(packetsOf(scaleTrace(steady(1_000, 10), 250))).toBe(150_000)
})

test('traceOfCsv reads seconds and times, with and without a header', () => {
  const points = [
    { at: 0, rate: 10 },
    { at: 60, rate: 2.5 },
  ]
  expect(traceOfCsv('0,10\n60,2.5\n', 'own.csv').points).toEqual(points)
  const dated = 'time;pps;note\r\n2026-11-21T10:00:00Z;10;a\r\n# calm\r\n2026-11-21T10:01:00Z;2.5;b'
  expect(traceOfCsv(dated, 'own.csv')).toMatchObject({ points, seconds: 120, name: 'own.csv' })
})

test('traceOfCsv names the line it cannot read, and never throws anything else', () => {
  expect(() => traceOfCsv('0,1\n60,many\n', 'own.csv')).toThrow(
    "own.csv, line 2: '60,many' is not 'TIME,PACKETS PER SECOND'",
  )
  expect(() => traceOfCsv('0,1\n60,-1\n', 'own.csv')).toThrow('line 2')
  expect(() => traceOfCsv('60,1\n0,1\n', 'own.csv')).toThrow('not later than the one before')
  expect(() => traceOfCsv('rate\n', 'own.csv')).toThrow('at least two points')
  const line = fc.oneof(fc.string(), fc.tuple(fc.float(), fc.float()).map(String))
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        const { points, seconds } = traceOfCsv(lines.join('\n'), 'any')
        expect(seconds).toBeGreaterThan(points.at(-1)!.at)
        for (const { rate } of points) expect(rate).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect(error).toBeInstanceOf(TraceError)
      }
    }),
  )
})

test('traceOfMinutes takes a minute that is missing for one without traffic', () => {
  const minute = (clock: string, messages: number) => ({
    minute: `2026-11-21T${clock}:00Z`,
    messages,
  })
  const { points, seconds } = traceOfMinutes(
    [minute('10:00', 600), minute('10:01', 1_200), minute('10:04', 60)],
    60,
    'kpi',
  )
  expect(points).toEqual([
    { at: 0, rate: 10 },
    { at: 60, rate: 20 },
    { at: 120, rate: 0 },
    { at: 240, rate: 1 },
  ])
  expect(seconds).toBe(360)
})
