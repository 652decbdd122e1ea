import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { wouldNodesHelp } from './would-nodes-help.ts'

/** The first of `rates` is the node that asks. */
const helps = (rates: readonly number[], storedPerSecond: number | undefined) =>
  wouldNodesHelp({ packetsPerSecond: rates[0] ?? 0, storedPerSecond }, rates)

test('wouldNodesHelp says no to a node that is merely hot', () => {
  expect(helps([120_000, 0, 0], 63_000)).toBe(false)
  expect(helps([150_000, 30_000, 30_000, 30_000], 77_000 - 1)).toBe(false)
})

test('wouldNodesHelp says yes while all nodes together are short, however hot one is', () => {
  expect(helps([200_000, 70_000, 70_000, 70_000], 60_000)).toBe(true)
  expect(helps([100_000, 100_000, 0], 66_000)).toBe(true)
  // Two nodes for what needs two: too little room for chance.
  expect(helps([120_000, 0], 63_000)).toBe(true)
})

test('wouldNodesHelp says yes to the only node, to one that stores nothing, and when nobody knows', () => {
  expect(helps([120_000], 60_000)).toBe(true)
  expect(helps([120_000, 0, 0], undefined)).toBe(true)
  expect(wouldNodesHelp({ packetsPerSecond: 120_000, storedPerSecond: 1 }, [])).toBe(true)
})

const rate = fc.integer({ min: 0, max: 200_000 })

test('wouldNodesHelp is never silent in an even fleet, nor for want of flows on new nodes', () => {
  fc.assert(
    fc.property(rate, fc.integer({ min: 2, max: 50 }), rate, (each, nodes, stored) => {
      expect(helps(Array(nodes).fill(each), stored)).toBe(true)
    }),
  )
  const fleet = fc.array(rate, { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fleet, fc.nat(20), rate, (busy, newcomers, stored) => {
      const rates = [...busy, ...Array<number>(newcomers).fill(0)]
      const sum = busy.reduce((total, one) => total + one, 0)
      // With the new ones, too, they are short.
      fc.pre(sum > stored * rates.length)
      expect(helps(rates, stored)).toBe(true)
    }),
  )
})

test('wouldNodesHelp does not mind how fast nodes are', () => {
  const fleet = fc.array(rate, { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fleet, rate, fc.constantFrom(2, 16, 0.25), (rates, stored, faster) => {
      const times = rates.map((one) => one * faster)
      expect(helps(times, stored * faster)).toBe(helps(rates, stored))
    }),
  )
})
