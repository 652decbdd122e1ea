import { expect, test } from 'bun:test'
import { BoundedCounts } from './bounded-counts.ts'

test('BoundedCounts keeps the frequent names among any number of others', () => {
  const counts = new BoundedCounts()
  for (let i = 0; i < 100_000; i++) {
    counts.of(`once-${i}`).attempts += 1
    if (i % 100 === 0) counts.of('often').attempts += 1
    if (i % 150 === 0) counts.of('failing').failed += 1
  }
  expect(counts.top(2).map(([name]) => name)).toEqual(['often', 'failing'])
  expect(counts.top(1)[0]![1].attempts).toBe(1_000)
  expect(counts.top(1e6).length).toBeLessThanOrEqual(512)
})

test('BoundedCounts cuts long names without leaving half a character', () => {
  const counts = new BoundedCounts()
  counts.of('x'.repeat(99) + '😀'.repeat(9)).attempts += 1
  const [name] = counts.top(1)[0]!
  expect(name.length).toBe(100)
  expect(name.isWellFormed()).toBeTrue()
})
