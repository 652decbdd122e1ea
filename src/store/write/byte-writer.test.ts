import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

test('ByteReader reads back the numbers and texts of ByteWriter', () => {
  const entry = fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'grapheme', maxLength: 300 }))
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const writer = new ByteWriter()
      for (const value of entries) {
        if (typeof value === 'number') writer.varint(value)
        else writer.text(value)
      }
      const reader = new ByteReader(writer.view())
      const read = entries.map((value) =>
        typeof value === 'number' ? reader.varint() : reader.text(),
      )
      expect(read).toEqual(entries)
      expect(reader.left).toBe(0)
    }),
  )
})

test('ByteWriter writes 64-bit numbers as PostgreSQL reads them', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const writer = new ByteWriter()
      writer.int64(value)
      expect(writer.view().readBigInt64BE()).toBe(BigInt(value))
    }),
  )
})

test('ByteWriter grows as far as needed and starts over in the same memory', () => {
  const writer = new ByteWriter()
  const block = Buffer.alloc(50_000, 'x')
  for (let i = 0; i < 10; i++) writer.bytes(block)
  expect(writer.length).toBe(500_000)
  const { buffer } = writer.view()
  writer.truncate()
  writer.bytes(block)
  expect(writer.view().buffer).toBe(buffer)
})
