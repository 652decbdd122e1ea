import { expect, test } from 'bun:test'
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { cleaned, cutEnd, isClean } from './clean-text.ts'

test('cleaned leaves out NUL and bytes that are no UTF-8, and nothing else', () => {
  const bytes = Buffer.from([
    0, 65, 0xff, 0xc3, 0xa4, 0xc3, 66, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80,
  ])
  expect(cleaned(bytes, 0, bytes.length).toString()).toBe('Aä' + 'B😀')
  expect(cleaned(Buffer.from('\ufffd'), 0, 3).toString()).toBe('\ufffd')
})

test('cleaned makes any bytes clean, and what is clean stays as it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (array) => {
      const bytes = Buffer.from(array)
      const clean = cleaned(bytes, 0, bytes.length)
      expect(isUtf8(clean) && !clean.includes(0)).toBeTrue()
      expect(isClean(clean, 0, clean.length)).toBeTrue()
      if (isClean(bytes, 0, bytes.length)) expect(clean).toEqual(bytes)
    }),
  )
})

test('cutEnd ends before a character that does not fit whole', () => {
  const bytes = Buffer.from('aää')
  expect([1, 2, 3, 4, 5, 9].map((max) => cutEnd(bytes, 0, 5, max))).toEqual([1, 1, 3, 3, 5, 5])
})
