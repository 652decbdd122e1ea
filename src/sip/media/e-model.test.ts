// Against figures the ITU published: G.107 annex B (rating and MOS), G.113 appendix I (what loss does to
// codecs), G.107 and G.114 (defaults, delay).
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { mosOf, mosOfStream, ratingOf } from './e-model.ts'

test('ratingOf gives 93.2 and mosOf 4.41 where every parameter has its default', () => {
  expect(ratingOf(0, 0)).toBeCloseTo(93.2, 1)
  expect(mosOfStream({ lossShare: 0, jitterMs: 0 })).toBeCloseTo(4.41, 2)
})

test.each([
  ...([
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [100, 4.5],
  ] as const),
  ...([
    [0, 1],
    [-20, 1],
    [120, 4.5],
  ] as const),
])('mosOf makes of a rating of %d a MOS of %d', (rating, mos) => {
  expect(mosOf(rating)).toBeCloseTo(mos, 1.9)
})

test.each([
  ['G729', 0, 11],
  ['G729', 1, 15],
  ['g729/8000', 2, 19],
  ['G729', 3, 23],
  ['G729', 4, 26],
  ['G729', 8, 36],
  ['G723', 1, 19],
  ['G723/8000', 2, 24],
  ['G723', 3, 27],
  ['GSM-EFR', 0, 5],
  ['PCMA/8000', 0, 0],
  ['', 2, 7],
  ['unheard/48000', 3, 10],
  ['PCMU', 5, 15],
])('ratingOf takes from %s at %d %% loss the %d that G.113 says', (codec, loss, impairment) => {
  expect(Math.abs(ratingOf(0, 0) - ratingOf(loss, 0, codec) - impairment)).toBeLessThan(0.9)
})

// With echo cancelled as the defaults say: satisfied at 150 ms, less and less beyond (G.114).
test.each([
  [0, 93.2],
  [150, 90],
  [400, 62.4],
])('ratingOf at %d ms one way is %d', (ms, rating) => {
  expect(Math.abs(ratingOf(0, ms) - rating)).toBeLessThan(1)
})

test('mosOfStream never rises with loss, jitter or round trip, and stays between 1 and 4.5', () => {
  const measure = fc.record({
    lossShare: fc.double({ min: 0, max: 1, noNaN: true }),
    jitterMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
    roundTripMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
    codec: fc.constantFrom('', 'G729', 'G723', 'AMR', '__proto__'),
  })
  fc.assert(
    fc.property(measure, fc.constantFrom('lossShare', 'jitterMs', 'roundTripMs'), (one, name) => {
      const mos = mosOfStream(one)
      expect(mos).toBeWithin(1, 4.5)
      const more = { ...one, [name]: one[name] * 1.1 + 0.01 }
      expect(mosOfStream(more)).toBeLessThanOrEqual(mos + 0.05)
    }),
  )
})
