import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { callKey, RecentCalls } from './recent-calls.ts'

const NOON_US = 1_795_262_400_000_000

test('RecentCalls remembers like a Map while it has room', () => {
  const step = fc.record({ key: fc.integer({ min: 1, max: 6000 }), flags: fc.nat(15) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 3500, maxLength: 5000 }), (steps) => {
      const calls = new RecentCalls()
      const model = new Map<number, number>()
      for (const { key, flags } of steps) {
        calls.select(key)
        expect(calls.flags).toBe(model.get(key) ?? 0)
        expect(calls.startedUs).toBe(model.has(key) ? NOON_US + key * 700 : 0)
        calls.flags = flags
        calls.startedUs = NOON_US + key * 700
        model.set(key, flags)
      }
    }),
    { numRuns: 20 },
  )
})

test('RecentCalls tells calls apart by all bits of their keys', () => {
  const calls = new RecentCalls()
  const keys = Array.from({ length: 4096 }, (_, i) => 7 + i * 2 ** 32)
  for (const [i, key] of keys.entries()) {
    calls.select(key)
    expect(calls.flags).toBe(0)
    calls.flags = 1 + (i % 15)
  }
  for (const [i, key] of keys.entries()) {
    calls.select(key)
    expect(calls.flags).toBe(1 + (i % 15))
  }
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

test('RecentCalls remembers five full generations of calls that nobody touched', () => {
  const sure = Math.floor(5 * 0.7 * 4096)
  for (let last = 20_000; last < 40_000; last += 1_777) {
    const calls = new RecentCalls(1 << 12)
    for (let key = 1; key <= last; key++) {
      calls.select(key)
      calls.flags = 1 + (key % 15)
      calls.startedUs = NOON_US + key * 700
    }
    const oldest = last - sure + 5
    calls.select(oldest)
    expect(calls.flags).toBe(1 + (oldest % 15))
    expect(calls.startedUs).toBe(NOON_US + oldest * 700)
  }
})

test('RecentCalls knows when calls began however long it has been running', () => {
  const calls = new RecentCalls(1 << 12)
  for (let day = 0; day < 30; day++) {
    const beganUs = NOON_US + day * 86_400_000_000
    calls.select(7)
    calls.startedUs = beganUs
    for (let key = 10; key < 6_000; key++) {
      calls.select(day * 10_000 + key)
      calls.startedUs = beganUs + key * 100
      if (key % 1_000 === 0) calls.select(7)
    }
    calls.select(7)
    expect(calls.startedUs).toBe(beganUs)
    calls.startedUs = beganUs + 12 * 86_400_000_000 // an absurd clock is forgotten, not wrapped
    expect(calls.startedUs).toBe(0)
  }
})

test('callKey differs by call and by part, and is never the mark of an empty slot', () => {
  const keys = ['a', 'b', ''].flatMap((callId) => [0, 1, 2].map((part) => callKey(callId, part)))
  expect(new Set(keys).size).toBe(9)
  for (const key of keys) {
    expect(key % 2 ** 32).toBeGreaterThan(0)
    expect(key).toBeLessThan(2 ** 44)
  }
})
