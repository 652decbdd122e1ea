import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { SeenOnce } from './seen-once.ts'

test('SeenOnce.isFirst answers as a set would, for texts anywhere in a buffer', () => {
  const asked = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat(3)), { maxLength: 100 })
  fc.assert(
    fc.property(asked, (questions) => {
      const once = new SeenOnce()
      const known = new Set<string>()
      for (const [text, salt] of questions) {
        const bytes = Buffer.from(`before${text}after`)
        const end = bytes.length - 5
        expect(once.isFirst(bytes, 6, end, salt)).toBe(!known.has(`${text}/${salt}`))
        known.add(`${text}/${salt}`)
      }
    }),
    { numRuns: 30 },
  )
})

test('SeenOnce forgets the oldest when it is full, and the newest never', () => {
  const once = new SeenOnce()
  const ask = (i: number) => {
    const bytes = Buffer.from(`call-${i}@host`)
    return once.isFirst(bytes, 0, bytes.length, 1)
  }
  const COUNT = 500_000
  for (let i = 0; i < COUNT; i += 1) ask(i)
  let known = 0
  for (let i = COUNT - 190_000; i < COUNT; i += 1) known += ask(i) ? 0 : 1
  expect(known).toBe(190_000)
  expect(ask(0)).toBe(true)
})
