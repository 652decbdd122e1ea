// Ranges: what they mean, how they move, how they read.
import { expect, test } from 'bun:test'
import {
  apiRange,
  rangeOf,
  shifted,
  showRange,
  spanOf,
  typedTime,
  zoomedOut,
} from './time-range.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const hour = 3_600_000

test('apiRange asks for the last day unless told otherwise, and for everything when told so', () => {
  expect(apiRange({ from: '', to: '' })).toEqual({ from: '-24h', to: '' })
  expect(apiRange({ from: 'all', to: '' })).toEqual({ from: '', to: '' })
  expect(apiRange({ from: '-2h', to: '-1h' })).toEqual({ from: '-2h', to: '-1h' })
})

test('spanOf knows ages and times, and that the rest is for the server to refuse', () => {
  expect(spanOf({ from: '-1h', to: '' }, now)).toEqual({ fromMs: now - hour, toMs: now })
  expect(spanOf({ from: 'all', to: '' }, now)).toBeUndefined()
  expect(spanOf({ from: 'yesterday', to: '' }, now)).toBeUndefined()
  expect(spanOf({ from: '-1h', to: '-2h' }, now)).toBeUndefined()
})

test('shifted moves by the length of the range and stops at now', () => {
  const earlier = shifted({ from: '-1h', to: '' }, -1, now)!
  expect(earlier).toEqual({ from: '2026-11-21T10:00:00Z', to: '2026-11-21T11:00:00Z' })
  expect(shifted(earlier, 1, now)).toEqual({ from: '2026-11-21T11:00:00Z', to: '' })
  expect(shifted({ from: '2026-11-21T11:00:00Z', to: '' }, 1, now)).toEqual({
    from: '2026-11-21T11:00:00Z',
    to: '',
  })
})

test('zoomedOut is twice as long round the same middle, and open where it reaches now', () => {
  const range = { from: '2026-11-21T08:00:00Z', to: '2026-11-21T10:00:00Z' }
  expect(zoomedOut(range, now)).toEqual({
    from: '2026-11-21T07:00:00Z',
    to: '2026-11-21T11:00:00Z',
  })
  expect(zoomedOut({ from: '-2h', to: '' }, now)?.to).toBe('')
  expect(rangeOf({ fromMs: now - hour, toMs: now + 5 }, now).to).toBe('')
})

test('typedTime takes times of the reader’s own zone, and leaves the rest as it is', () => {
  expect(Date.parse(typedTime('2026-11-20 08:00'))).toBe(new Date('2026-11-20T08:00').getTime())
  expect(Date.parse(typedTime('2026-11-20'))).toBe(new Date('2026-11-20T00:00').getTime())
  expect(['-2h', 'now', '2026-11-20T08:00:00Z', ''].map(typedTime)).toEqual([
    ...['-2h', 'now', '2026-11-20T08:00:00Z', ''],
  ])
})

test('showRange names presets and shows both ends of others', () => {
  expect(showRange({ from: '', to: '' })).toBe('Last 24 hours')
  expect(showRange({ from: 'all', to: '' })).toBe('All time')
  expect(showRange({ from: '-3h', to: '' })).toBe('Last 3 hours')
  expect(showRange({ from: '-3d', to: '-1d' })).toBe('3 days ago – 1 day ago')
  expect(showRange({ from: 'yesterday', to: '' })).toBe('yesterday – now')
})
