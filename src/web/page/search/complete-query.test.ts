// Completion: what stands at the cursor and what may be put there.
import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  applied,
  askedField,
  FIELD_HELP,
  knownSuggestions,
  placeAt,
  quoted,
} from './complete-query.ts'

/** `▮` is the cursor. */
const at = (marked: string) => placeAt(marked.replace('▮', ''), marked.indexOf('▮'))
const texts = (marked: string) => knownSuggestions(at(marked)).map(({ text }) => text)
const taken = (marked: string, text: string) => {
  const { q, cursor } = applied(marked.replace('▮', ''), at(marked), { text, help: '' })
  return `${q.slice(0, cursor)}▮${q.slice(cursor)}`
}

describe('placeAt', () => {
  test.each([
    ['▮', { kind: 'field', prefix: '' }],
    ['-st▮', { kind: 'field', prefix: 'st' }],
    ['a from:+49▮', { kind: 'value', field: 'from', prefix: '+49' }],
    ['outcome:failed|bu▮', { kind: 'value', field: 'outcome', prefix: 'bu' }],
    ['-header.X-Foo:"a b▮', { kind: 'value', field: 'header.X-Foo', prefix: 'a b' }],
    ['ua:"a b" to▮', { kind: 'field', prefix: 'to' }],
  ])('%s', (marked, expected) => expect(at(marked)).toMatchObject(expected))

  test('never fails, and its place always holds the cursor', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:|"\\ -*') }), fc.nat(40), (q, n) => {
        const cursor = Math.min(n, q.length)
        const place = placeAt(q, cursor)
        expect(place.at).toBeLessThanOrEqual(Math.max(cursor, place.at))
        expect(place.end).toBeGreaterThanOrEqual(cursor)
      }),
    ))
})

test('knownSuggestions offers fields by their beginning and words by theirs', () => {
  expect(texts('s▮')).toEqual(['status:', 'src:', 'setup:'])
  expect(texts('outcome:un▮')).toEqual(['unanswered', 'unknown'])
  expect(texts('status:4▮')).toEqual(['4xx'])
  expect(texts('from:4▮')).toEqual([])
})

test('askedField asks the server for values, but not where words say it all', () => {
  expect(askedField(at('from:4▮'))).toBe('from')
  expect(askedField(at('header.X-Foo:▮'))).toBe('header.X-Foo')
  expect([askedField(at('outcome:▮')), askedField(at('fr▮'))]).toEqual([undefined, undefined])
})

test('applied replaces what was typed and nothing else', () => {
  expect(taken('a st▮ b', 'status:')).toBe('a status:▮b')
  expect(taken('from:+49▮', '+4989')).toBe('from:+4989 ▮')
  expect(taken('outcome:failed|bu▮', 'busy')).toBe('outcome:failed|busy ▮')
  expect(taken('-fr▮', 'from:')).toBe('-from:▮')
})

test('quoted quotes what the language would read otherwise', () => {
  expect(['+4989', 'a b', 'x"y', '4xx', '-1', 'a*'].map(quoted)).toEqual([
    ...['+4989', '"a b"', '"x\\"y"', '4xx', '"-1"', '"a*"'],
  ])
})

test('FIELD_HELP has every field of docs/search.md and no other', () => {
  const guide = readFileSync(join(import.meta.dir, '../../../../docs/search.md'), 'utf8')
  const documented = [...guide.matchAll(/^\| `([\w.]+):` \|/gm)].map(([, field]) =>
    field!.replace('NAME', ''),
  )
  expect(FIELD_HELP.map(([field]) => field).sort()).toEqual(documented.sort())
})
