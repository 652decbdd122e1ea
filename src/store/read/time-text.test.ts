import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { timeText, timeUs } from './time-text.ts'

const us = fc.oneof(
  fc.integer({ min: -62_167_219_200_000_000 / 8, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 1_790_000_000_000_000, max: 1_790_000_900_000_000 }),
)

test('timeUs gives back exactly the microseconds that timeText wrote', () => {
  fc.assert(fc.property(us, (us) => expect(timeUs(timeText(us))).toBe(us)))
})

test('timeText sorts as the times do', () => {
  fc.assert(
    fc.property(us, us, (a, b) => {
      fc.pre(a >= 0 && b >= 0)
      expect(timeText(a) < timeText(b)).toBe(a < b)
    }),
  )
})

test('timeText keeps every microsecond, before 1970 too', () => {
  expect(timeText(0)).toBe('1970-01-01T00:00:00.000000Z')
  expect(timeText(-1)).toBe('1969-12-31T23:59:59.999999Z')
  expect(timeText(1_795_161_600_000_001)).toBe('2026-11-20T08:00:00.000001Z')
  expect(() => timeText(0.5)).toThrow(RangeError)
  expect(() => timeText(Number.NaN)).toThrow(RangeError)
})

test('timeUs refuses what is no UTC time', () => {
  for (const text of ['', 'now', '2026-02-30T00:00:00Z', '2026-11-20T08:00:00+01:00', '2026-11-20'])
    expect(timeUs(text)).toBeUndefined()
  expect(timeUs('2026-11-20T08:00:00Z')).toBe(1_795_161_600_000_000)
  expect(timeUs('2026-11-20T08:00:00.5Z')).toBe(1_795_161_600_500_000)
})
