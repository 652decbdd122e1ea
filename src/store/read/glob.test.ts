import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { anywhere, foldCase, globMatches, likeText } from './glob.ts'

const piece = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 3 })
const glob = fc.array(piece, { minLength: 1, maxLength: 4 })
const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })

test('globMatches agrees with the same pattern as a regular expression', () => {
  fc.assert(
    fc.property(glob, text, (glob, text) => {
      const pattern = glob.map((piece) => piece.replaceAll('.', '\\.')).join('.*')
      expect(globMatches(glob, text)).toBe(new RegExp(`^${pattern}$`).test(text))
    }),
    { numRuns: 2_000 },
  )
})

test('anywhere finds the pattern in the middle of a text', () => {
  expect(anywhere(['a'])).toEqual(['', 'a', ''])
  expect(anywhere(['a', ''])).toEqual(['', 'a', ''])
  expect(anywhere(['', 'a'])).toEqual(['', 'a', ''])
  expect(anywhere([''])).toEqual(['', ''])
  expect(globMatches(anywhere(['b', 'd']), 'abcde')).toBe(true)
})

test('likeText escapes what LIKE takes for a wildcard', () => {
  expect(likeText(['50%_\\', ''])).toBe('50\\%\\_\\\\%')
})

test('foldCase changes ASCII letters only', () => {
  expect(foldCase('ÄBCß')).toBe('Äbcß')
})
