// The overview's numbers on their grid of time, and the searches its numbers lead to.
import { expect, test } from 'bun:test'
import type { Kpi, KpiMinute } from '#contract'
import { gridOf, shifted, stormsOf, valuesOf } from './kpi-series.ts'
import { quoted, readOverview, searchHref } from './overview-url.ts'

const START = Date.UTC(2026, 10, 21, 8) / 1000
const row = (minute: number, change: Partial<KpiMinute> = {}): KpiMinute => ({
  minute: new Date((START + minute * 60) * 1000).toISOString(),
  ...{ attempts: 0, answered: 0, failed: 0, cancelled: 0, registrations: 0, registered: 0 },
  ...{ registrationsFailed: 0, messages: 0, asr: null, ner: null, seer: null, failures: {} },
  ...{ setupMsMean: null, setupMsP50: null, setupMsP95: null },
  ...change,
})
const kpi = (minutes: readonly KpiMinute[]): Kpi => ({
  ...{ from: new Date(START * 1000).toISOString(), to: new Date(START * 1000).toISOString() },
  ...{ minutes, stepSeconds: 60 },
})

test('gridOf leaves gaps where nothing was captured, and steps that the range cuts', () => {
  const grid = gridOf(
    kpi([row(0, { attempts: 9 }), row(1, { attempts: 1 }), row(3, { attempts: 3 })]),
    START + 30,
    START + 290,
  )
  expect(grid.times.map((time) => (time - START) / 60)).toEqual([1, 2, 3])
  expect(valuesOf(grid, ({ attempts }) => attempts)).toEqual([1, null, 3])
})

test('shifted lays what was a day earlier over the present', () => {
  const now = gridOf(kpi([row(1), row(2)]), START, START + 180)
  const before = gridOf(kpi([row(2 - 1_440, { attempts: 5 })]), START - 86_400, START - 86_220)
  expect(shifted(now, before, 86_400, ({ attempts }) => attempts)).toEqual([null, null, 5])
})

test('stormsOf finds registrations far above the usual, joined while they last', () => {
  const rates = [10, 12, 0, 11, 400, 300, 9, 45]
  const rows = rates.map((registrations, i) => row(i, { registrations }))
  const storms = stormsOf(gridOf(kpi(rows), START, START + 8 * 60))
  expect(storms).toEqual([
    {
      fromSeconds: START + 240,
      toSeconds: START + 360,
      ...{ perMinute: 400, usualPerMinute: 12 },
    },
  ])
})

test('quoted gives the query language a value it takes literally', () => {
  expect(['+4989', '10.9.0.3', '2001:db8::1'].map(quoted)).toEqual([
    '+4989',
    '10.9.0.3',
    '2001:db8::1',
  ])
  expect(['a b', 'x*', '-x', 'say "hi"\\', 'a|b'].map(quoted)).toEqual([
    ...['"a b"', '"x*"', '"-x"', '"say \\"hi\\"\\\\"', '"a|b"'],
  ])
})

test('searchHref names the words and the range', () => {
  const href = searchHref('method:INVITE status:503', START, START + 60)
  expect(Object.fromEntries(new URL(href, 'http://x').searchParams)).toEqual({
    q: 'method:INVITE status:503',
    ...{ from: '2026-11-21T08:00:00.000Z', to: '2026-11-21T08:01:00.000Z' },
  })
})

test('readOverview takes what makes no sense for the default', () => {
  expect(readOverview({ range: 'ever', versus: 'christmas' })).toMatchObject({
    ...{ range: '1h', seconds: 3_600, versus: '', earlierSeconds: 0 },
  })
  expect(readOverview({ range: '7d', versus: 'week' })).toMatchObject({
    ...{ seconds: 604_800, earlierSeconds: 604_800 },
  })
})
