import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatTime, parseTime } from './time.ts'

const NOW_US = 1_795_000_000_123_456
const at = (text: string) => parseTime(text, NOW_US)

test('parseTime reads what formatTime writes, to the microsecond', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0) * 1000 }), (us) => {
      expect(at(formatTime(us))).toBe(us)
    }),
  ))

test('parseTime reads ages before now, and now', () => {
  expect(at('now')).toBe(NOW_US)
  expect(at('-90s')).toBe(NOW_US - 90e6)
  expect(at('-15m')).toBe(NOW_US - 900e6)
  expect(at('-2h')).toBe(NOW_US - 7200e6)
  expect(at('-7d')).toBe(NOW_US - 604_800e6)
  expect(at('-1w')).toBe(NOW_US - 604_800e6)
  expect(at('-999999d')).toBe(0)
})

test('parseTime reads zones, fractions of any length, and a plus that became a space', () => {
  const us = Date.UTC(2026, 10, 20, 8) * 1000
  expect(at('2026-11-20T08:00:00Z')).toBe(us)
  expect(at('2026-11-20t08:00:00.5z')).toBe(us + 500_000)
  expect(at('2026-11-20T08:00:00.123456789Z')).toBe(us + 123_456)
  expect(at('2026-11-20T09:30:00+01:30')).toBe(us)
  expect(at('2026-11-20T09:30:00 01:30')).toBe(us)
  expect(at('2026-11-20T03:00:00-05:00')).toBe(us)
})

test.each([
  ...[
    '',
    'yesterday',
    '15m',
    '-15',
    '-15y',
    '-1.5h',
    '--1h',
    '-1234567890s',
    '2026-11-20',
    '1795000000',
  ],
  ...['2026-11-20T08:00:00', '2026-11-20T08:00Z', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z'],
  ...[
    '2026-11-20T24:00:00Z',
    '2026-11-20T08:60:00Z',
    '1969-12-31T23:59:59Z',
    '2300-01-01T00:00:00Z',
  ],
  ...['1970-01-01T00:00:00+00:01', ' now', 'now ', '2026-11-20T08:00:00Z\n'],
])('parseTime does not take %p', (text) => expect(at(text)).toBeUndefined())

test('parseTime never throws', () => fc.assert(fc.property(fc.string(), (text) => void at(text))))
