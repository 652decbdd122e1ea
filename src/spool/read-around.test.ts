import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type ReadAt, readAround } from './read-around.ts'

const FILE = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i % 255) + 1))

/** A disk whose sectors of these numbers fail whenever one byte of them is asked for. */
const diskWithBad =
  (bad: readonly number[]): ReadAt =>
  (_fd, buffer, at, bytes, offset) => {
    const end = Math.min(FILE.length, offset + bytes)
    if (bad.some((sector) => sector * 4_096 < end && (sector + 1) * 4_096 > offset)) {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    }
    return offset >= end ? 0 : FILE.copy(buffer, at, offset, end)
  }

test('readAround gives zeros for bad sectors and the true bytes of all others', () => {
  const place = fc.integer({ min: 0, max: FILE.length })
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(11)), place, place, (bad, a, b) => {
      const [offset, end] = [Math.min(a, b), Math.max(a, b)]
      const wanted = Buffer.from(FILE.subarray(offset, end))
      for (let i = 0; i < wanted.length; i++) {
        if (bad.includes(Math.floor((offset + i) / 4_096))) wanted[i] = 0
      }
      const buffer = Buffer.alloc(end - offset, 0xff)
      expect(readAround(0, buffer, offset, diskWithBad(bad))).toBe(end - offset)
      expect(buffer).toEqual(wanted)
    }),
  )
})

test('readAround stops at the end of the file and passes every other error on', () => {
  const buffer = Buffer.alloc(100)
  expect(readAround(0, buffer, FILE.length - 30, diskWithBad([]))).toBe(30)
  expect(() => readAround(999_999, buffer, 0)).toThrow('EBADF')
})
