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

test('BoundedCounts lets nobody be pushed out by who came once in a crowd', () => {
  const counts = full()
  const crowd = crowded()
  crowd.of('known-7').attempts += 1
  counts.merge(crowd)
  expect(counts.top(1e6).every(([name]) => name.startsWith('known-'))).toBeTrue()
  expect(counts.top(1)).toMatchObject([['known-7', { attempts: 2 }]])
})

test('BoundedCounts takes in who came twice in a crowd, and who came once among few', () => {
  const crowd = crowded()
  crowd.of('twice').attempts += 2
  const few = new BoundedCounts()
  few.of('alone').attempts += 1
  for (const [name, other] of [['twice', crowd] as const, ['alone', few] as const]) {
    const counts = full()
    counts.merge(other)
    expect(new Map(counts.top(1e6)).has(name)).toBeTrue()
  }
})

function full(): BoundedCounts {
  const counts = new BoundedCounts()
  for (let i = 0; i < 512; i++) counts.of(`known-${i}`).attempts += 1
  return counts
}

/** Of more names than fit. */
function crowded(): BoundedCounts {
  const counts = new BoundedCounts()
  for (let i = 0; i < 600; i++) counts.of(`once-${i}`).attempts += 1
  return counts
}

test('BoundedCounts cuts long names without leaving half a character', () => {
  const counts = new BoundedCounts()
  counts.of('x'.repeat(99) + '😀'.repeat(9)).attempts += 1
  const [name] = counts.top(1)[0]!
  expect(name.length).toBe(100)
  expect(name.isWellFormed()).toBeTrue()
})
