import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { arbitraryQuery, arbitraryQueryText } from './query-arbitrary.ts'
import { QUERY_ERROR_CODES, QueryError } from './query-error.ts'
import { QUERY_CHARS_MAX } from './query-lex.ts'
import { parseQuery } from './query-parse.ts'
import { printQuery } from './query-print.ts'
import type { Query, Term } from './query-terms.ts'

test('parseQuery gives back the query that printQuery wrote', () => {
  fc.assert(
    fc.property(arbitraryQuery(), (query) => expect(parseQuery(printQuery(query))).toEqual(query)),
    { numRuns: 1_000 },
  )
})

test('parseQuery of arbitrary text throws nothing but a QueryError with its place in the text', () => {
  fc.assert(
    fc.property(arbitraryQueryText, (text) => {
      const query = attempt(text)
      if (query instanceof QueryError) {
        expect(query.at).toBeGreaterThanOrEqual(0)
        expect(query.at + query.length).toBeLessThanOrEqual(text.length + 1)
        expect(Object.keys(QUERY_ERROR_CODES)).toContain(query.code)
        expect(query.hint).not.toBe('')
      } else {
        const canonical = printQuery(query)
        expect(printQuery(parseQuery(canonical))).toBe(canonical)
      }
    }),
    { numRuns: 3_000 },
  )
})

function attempt(text: string): Query | QueryError {
  try {
    return parseQuery(text)
  } catch (error) {
    if (error instanceof QueryError) return error
    throw error
  }
}

const text = (field: string, ...globs: string[][]) => ({
  kind: 'text',
  not: false,
  field,
  header: '',
  globs,
})

test('parseQuery reads every kind of term', () => {
  const cases: [string, object][] = [
    ['from:+4989*', text('from', ['+4989', ''])],
    ['FROM:alice|bob', text('from', ['alice'], ['bob'])],
    ['alice', text('any', ['alice'])],
    ['-"a b"', { ...text('any', ['a b']), not: true }],
    ['ua:"Mad \\"Max\\" 100*"*', text('ua', ['Mad "Max" 100*', ''])],
    ['callid:a\\*b', text('callid', ['a*b'])],
    ['callid:a**b', text('callid', ['a', 'b'])],
    ['to:""', text('to', [''])],
    ['header.X-Foo:bar', { ...text('header', ['bar']), header: 'x-foo' }],
    ['status:4xx', number('status', 400, 499)],
    ['status:>=500', number('status', 500, Number.POSITIVE_INFINITY)],
    ['status:200..299', number('status', 200, 299)],
    ['duration:>60', number('duration', 60_000_001, Number.POSITIVE_INFINITY)],
    ['duration:60', number('duration', 60_000_000, 60_999_999)],
    ['duration:1..2h', number('duration', 3_600_000_000, 7_200_000_000)],
    ['setup:>3s', number('setup', 3_000_001, Number.POSITIVE_INFINITY)],
    ['setup:<=1.5m', number('setup', 0, 90_000_000)],
    ['setup:300ms', number('setup', 300_000, 300_999)],
    ['protocol:rtcp', number('protocol', 5, 5)],
    ['capture:2001', number('capture', 2001, 2001)],
    ['outcome:failed|busy', { kind: 'outcome', not: false, outcomes: ['failed', 'busy'] }],
  ]
  for (const [q, term] of cases) expect(parseQuery(q)).toEqual([term] as unknown as Term[])
})

function number(field: string, min: number, max: number): object {
  return { kind: 'number', not: false, field, ranges: [{ min, max }] }
}

test('parseQuery ANDs terms and takes an empty text for everything', () => {
  expect(parseQuery('  ')).toEqual([])
  expect(parseQuery('from:a  -to:b\tcallid:c')).toHaveLength(3)
})

test('parseQuery says where a mistake is and what is allowed there', () => {
  const cases: [string, string, number, number, RegExp][] = [
    ['to:a frm:b', 'unknown_field', 5, 3, /Did you mean from:\?/],
    ['stauts:4xx', 'unknown_field', 0, 6, /Did you mean status:\?/],
    ['call-id:x', 'unknown_field', 0, 7, /Did you mean callid:\?/],
    ['zzzzzzz:1', 'unknown_field', 0, 7, /^Fields: from, to, /],
    ['header:x', 'unknown_field', 0, 6, /header\.X-Foo/],
    ['a from:', 'missing_value', 2, 5, /""/],
    ['a from:b|', 'missing_value', 2, 7, /""/],
    ['-', 'missing_value', 0, 1, /""/],
    ['ua:"x', 'unclosed_quote', 3, 2, /"/],
    ['a status:foo', 'bad_number', 9, 3, /4xx/],
    ['duration:2d', 'bad_number', 9, 2, /2h/],
    ['messages:1.5', 'bad_number', 9, 3, /whole number/],
    ['status:5..4', 'empty_range', 7, 4, /range/],
    ['status:<0', 'empty_range', 7, 2, /range/],
    ['ip:10.1.2', 'bad_address', 3, 6, /CIDR|10\.0\.0\.0\/8/],
    ['ip:10.*', 'no_wildcard', 3, 4, /10\.0\.0\.0\/8/],
    ['outcome:fialed', 'bad_word', 8, 6, /failed/],
    ['a\0', 'bad_character', 1, 1, /./],
    ['x'.repeat(QUERY_CHARS_MAX + 2), 'too_long', QUERY_CHARS_MAX, 2, /wildcards/],
    [`${'a|'.repeat(300)}a`, 'too_many', 0, 600, /wildcards/],
    ['*a'.repeat(20), 'too_many', 0, 40, /fewer/],
  ]
  for (const [q, code, at, length, hint] of cases) {
    const error = attempt(q)
    expect(error).toBeInstanceOf(QueryError)
    if (!(error instanceof QueryError)) continue
    const found: unknown[] = [error.code, error.at, error.length]
    expect(found).toEqual([code, at, code === 'too_many' ? error.length : length])
    expect(error.hint).toMatch(hint)
  }
})
