import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { WaitingLine } from './waiting-line.ts'

test('WaitingLine lets packets out in the order they came, with the time they waited', () => {
  const line = new WaitingLine()
  line.push(0, 10, 1_000)
  line.push(10, 20, 500)
  expect(line.oldestAt).toBe(0)
  const waits: [number, number][] = []
  const note = (packets: number, seconds: number) => void waits.push([packets, seconds])
  // The first thousand leave from 20 to 30, at the pace they came; each has waited 20 seconds.
  expect(line.take(1_000, 20, 30, note)).toBe(1_000)
  expect(line.oldestAt).toBe(10)
  expect(line.take(250, 30, 31, note)).toBe(250)
  expect(line.oldestAt).toBe(15)
  expect(waits).toEqual([
    [1_000, 20],
    [250, 18],
  ])
  expect(line.packets).toBe(250)
})

test('WaitingLine that is empty by count has no oldest packet, however its fractions add up', () => {
  const amounts = fc.array(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(amounts, amounts, (pushes, takes) => {
      const line = new WaitingLine()
      const none = () => undefined
      let [now, came, left] = [0, 0, 0]
      for (const packets of pushes) {
        line.push(now, ++now, packets)
        came += packets
      }
      for (const packets of takes) {
        left += line.take(Math.min(packets, line.packets), now, ++now, none)
        expect(line.packets === 0).toBe(line.oldestAt === undefined)
      }
      left += line.take(line.packets, now, now + 1, none)
      expect(line.oldestAt).toBeUndefined()
      expect(Math.abs(came - left)).toBeLessThan(1e-6 * came + 1e-5)
    }),
  )
})
