import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { chooseDrain, type DrainMoment, ShrinkRate } from './drain-budget.ts'

const MB = 1e6
const timeoutMs = 90_000

/** A drain in virtual time: what is stored, handed over, and left at the deadline. */
function drain(bytes: number, storeRate: number, uploadRate: number) {
  let left = bytes
  for (let atMs = 0; atMs < timeoutMs && left > 0; atMs += 250) {
    const rates = { storeBytesPerSecond: storeRate, uploadBytesPerSecond: uploadRate }
    const moment: DrainMoment = {
      leftBytes: left,
      remainingMs: timeoutMs - atMs,
      timeoutMs,
      ...rates,
    }
    if (chooseDrain(moment) === 'hand-over') {
      const sent = Math.min(left, (uploadRate * (timeoutMs - atMs - 1_000)) / 1_000)
      return { stored: bytes - left, handedOver: sent, left: left - sent, atMs }
    }
    left = Math.max(0, left - storeRate * 0.25)
  }
  return { stored: bytes - left, handedOver: 0, left, atMs: timeoutMs }
}

test('chooseDrain waits for a database that is away as long as the upload still fits', () => {
  const { atMs, left } = drain(400 * MB, 0, 20 * MB)
  expect(left).toBe(0)
  expect(atMs).toBeGreaterThan(50_000)
  expect(atMs).toBeLessThan(60_000)
})

test('chooseDrain hands nothing over that will be stored in time', () => {
  expect(drain(2_000 * MB, 40 * MB, 10 * MB)).toMatchObject({ handedOver: 0, left: 0 })
  expect(drain(10 * MB, 1 * MB, 1 * MB)).toMatchObject({ handedOver: 0, left: 0 })
})

test('chooseDrain leaves nothing behind whenever either way, or both, had the time', () =>
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 5_000, noNaN: true }),
      fc.double({ min: 0, max: 200, noNaN: true }),
      fc.double({ min: 0.5, max: 200, noNaN: true }),
      (bytes, store, upload) => {
        const fits = 1.5 * bytes < upload * 86 || 1.25 * bytes < store * 89
        fc.pre(fits)
        expect(drain(bytes * MB, store * MB, upload * MB).left).toBeLessThan(1)
      },
    ),
  ))

test('chooseDrain chooses the quicker of two ways that are both too slow', () => {
  expect(drain(5_000 * MB, 1 * MB, 20 * MB)).toMatchObject({ atMs: 0 })
  expect(drain(5_000 * MB, 20 * MB, 1 * MB).stored).toBeGreaterThan(1_700 * MB)
})

test('ShrinkRate tells bytes a second over the last seconds only', () => {
  const rate = new ShrinkRate()
  expect(rate.bytesPerSecond).toBe(0)
  for (let s = 0; s <= 10; s++) rate.note(s < 5 ? 1_000 : 1_000 - (s - 5) * 100, s * 1_000)
  expect(rate.bytesPerSecond).toBe(100)
  rate.note(900, 11_000)
  expect(rate.bytesPerSecond).toBe(0)
})
