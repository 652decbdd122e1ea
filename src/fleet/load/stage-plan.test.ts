import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { StagePlan } from './stage-plan.ts'

test('StagePlan ramps from one rate to the next and holds it', () => {
  const plan = new StagePlan([100, 300], 10_000, 2_000)
  expect(plan.durationMs).toBe(24_000)
  expect([0, 1_000, 2_000, 11_999, 13_000, 14_000, 23_999].map((at) => plan.rateAt(at))).toEqual([
    0, 50, 100, 100, 200, 300, 300,
  ])
  // 100 while it ramps up, a thousand held; 400 while it ramps on, three thousand held.
  expect(plan.dueAt(12_000)).toBeCloseTo(1_100, 6)
  expect(plan.dueAt(24_000)).toBeCloseTo(4_500, 6)
  expect(plan.dueAt(99_000)).toBe(plan.dueAt(24_000))
})

test('StagePlan: what is due is the sum of the rates, at any time', () => {
  const rates = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 6 })
  const time = fc.integer({ min: 1, max: 5_000 })
  fc.assert(
    fc.property(rates, time, fc.nat(5_000), fc.nat(40_000), (each, holdMs, rampMs, untilMs) => {
      const plan = new StagePlan(each, holdMs, rampMs)
      const end = Math.min(untilMs, plan.durationMs)
      const steps = 2_000
      let sum = 0
      for (let i = 0; i < steps; i++) sum += (plan.rateAt(((i + 0.5) * end) / steps) * end) / steps
      expect(Math.abs(plan.dueAt(end) - sum / 1000)).toBeLessThan(20 + (9 * end) / steps)
    }),
  )
})
