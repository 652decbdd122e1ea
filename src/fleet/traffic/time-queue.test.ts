import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { TimeQueue } from './time-queue.ts'

test('TimeQueue gives items in order of time, equals in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new TimeQueue<number>()
      for (const [turn, atUs] of times.entries()) queue.push(atUs, turn)
      const given: number[] = []
      while (queue.nextAtUs !== Number.POSITIVE_INFINITY) given.push(queue.pop()!)
      const sorted = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b)
      expect(given).toEqual(sorted)
      expect(queue.pop()).toBeUndefined()
    }),
  )
})
