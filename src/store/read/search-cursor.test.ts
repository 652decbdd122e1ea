import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { QueryError } from './query-error.ts'
import { CARRIED_MAX, CURSOR_CHARS_MAX, cursorText, readCursor } from './search-cursor.ts'

const callId = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => text.replaceAll('\0', ''))
const us = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const cursor = fc.record({
  query: fc.string(),
  fromUs: fc.option(us, { nil: undefined }),
  after: fc.record({ us, callId }),
  carried: fc.array(callId, { maxLength: CARRIED_MAX }),
  everyCall: fc.boolean(),
})

test('readCursor gives back the cursor that cursorText wrote', () => {
  fc.assert(
    fc.property(cursor, (cursor) =>
      expect(readCursor(cursorText(cursor), cursor.query)).toEqual(cursor),
    ),
  )
})

test('cursorText that has too much to carry goes on with every call instead', () => {
  const many = {
    ...{ query: '', fromUs: undefined, after: { us: 5, callId: 'x' }, everyCall: false },
    carried: Array.from({ length: CARRIED_MAX }, (_, n) => `${n}`.padEnd(500, 'x')),
  }
  const text = cursorText(many)
  expect(text.length).toBeLessThanOrEqual(CURSOR_CHARS_MAX)
  expect(readCursor(text, '')).toEqual({ ...many, carried: [], everyCall: true })
})

test('readCursor of anything else throws a QueryError, never something worse', () => {
  const whole = cursorText({
    ...{ query: 'from:a', fromUs: 1, after: { us: 5, callId: 'x' }, carried: [], everyCall: true },
  })
  const refused = (text: string, query = 'from:a') =>
    expect(() => readCursor(text, query)).toThrow(QueryError)
  refused(whole, 'from:b')
  refused('')
  refused('x'.repeat(CURSOR_CHARS_MAX + 1))
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => refused(text)))
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(6), (value, place) => {
      const fields = JSON.parse(Buffer.from(whole, 'base64url').toString()) as unknown[]
      fc.pre(JSON.stringify(fields[place]) !== JSON.stringify(value))
      const text = Buffer.from(JSON.stringify(fields.with(place, value))).toString('base64url')
      try {
        readCursor(text, 'from:a') // another time or id of the right type is as good as any
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError)
      }
    }),
  )
})
