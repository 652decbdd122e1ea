// Values for reading.
import { expect, test } from 'bun:test'
import { microsOf, showCount, showDay, showSpan, visible } from './format.ts'

test('showSpan, showCount, showDay and microsOf read as people write', () => {
  expect([null, 0.4, 812, 4210, 70_000, 7_384_000].map(showSpan)).toEqual([
    ...['', '0 ms', '812 ms', '4.2 s', '1:10', '2:03:04'],
  ])
  expect(showCount(1_234_567)).toBe('1\u2009234\u2009567')
  expect(microsOf('2026-11-20T08:00:00.123456Z')).toBe('123456')
  const now = new Date('2026-11-20T12:00:00')
  expect(showDay(now.toISOString(), now)).toBe('')
  expect(showDay('2026-11-10T12:00:00Z', now)).toContain('10')
})

test('visible shows control characters and leaves other text alone', () => {
  expect(visible('a\r\nb\u001b[31m\u0000\tä')).toBe('a\nb␛[31m␀\tä')
})
