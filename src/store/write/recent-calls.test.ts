import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { callKey, RecentCalls } from './recent-calls.ts'

test('RecentCalls remembers like a Map while it has room', () => {
  const step = fc.record({ key: fc.integer({ min: 1, max: 6000 }), flags: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 3500, maxLength: 5000 }), (steps) => {
      const calls = new RecentCalls()
      const model = new Map<number, number>()
      for (const { key, flags } of steps) {
        calls.select(key)
        expect(calls.flags).toBe(model.get(key) ?? 0)
        expect(calls.startedUs).toBe(model.has(key) ? key * 7 : 0)
        calls.flags = flags
        calls.startedUs = key * 7
        model.set(key, flags)
      }
    }),
    { numRuns: 20 },
  )
})

test('RecentCalls forgets the oldest and keeps what is touched, in memory that does not grow', () => {
  const calls = new RecentCalls(1 << 12)
  calls.select(1)
  calls.flags = 5
  for (let key = 2; key < 50_000; key++) {
    calls.select(key)
    calls.flags = 1
    if (key % 1000 === 0) {
      calls.select(1)
      expect(calls.flags).toBe(5)
    }
  }
  calls.select(2)
  expect(calls.flags).toBe(0)
  calls.select(49_999)
  expect(calls.flags).toBe(1)
})

test('callKey differs by call and by part, and is never the mark of an empty slot', () => {
  const keys = ['a', 'b', ''].flatMap((callId) => [0, 1, 2].map((part) => callKey(callId, part)))
  expect(new Set(keys).size).toBe(9)
  for (const key of keys) expect(key).toBeGreaterThan(0)
})
