// Random queries for the tests of this folder, over a small alphabet so that they also hit something.
import fc from 'fast-check'
import { OUTCOMES } from '#contract'
import { cidrText, parseCidr } from './cidr.ts'
import { anywhere, type Glob } from './glob.ts'
import type { NumberField, NumberRange, Query, Term, TextField } from './query-terms.ts'

const TEXT_FIELDS: readonly TextField[] = [
  'any',
  'callid',
  'domain',
  'from',
  'header',
  'method',
  'node',
  'ruri',
  'text',
  'to',
  'ua',
  'user',
]
const NUMBER_FIELDS: readonly NumberField[] = [
  'capture',
  'duration',
  'messages',
  'mos',
  'protocol',
  'reply',
  'setup',
  'status',
]

const globOf = (piece: fc.Arbitrary<string>): fc.Arbitrary<Glob> =>
  fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) =>
    // An empty piece between two stars is what the parser never makes of a text.
    pieces.filter((piece, i) => piece !== '' || i === 0 || i === pieces.length - 1),
  )

const rangeOf = (min: number, max: number): fc.Arbitrary<NumberRange> =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.boolean())
    .map(([a, b, open]) => ({
      min: Math.min(a, b),
      max: open ? Number.POSITIVE_INFINITY : Math.max(a, b),
    }))

export interface Alphabet {
  readonly piece: fc.Arbitrary<string>
  readonly header: fc.Arbitrary<string>
  readonly address: fc.Arbitrary<string>
  readonly range: (field: NumberField) => fc.Arbitrary<NumberRange>
}

const ANY_TEXT: Alphabet = {
  piece: fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replaceAll('\0', '')),
  header: fc.constantFrom('x-foo', 'p-charging-vector', 'x.y'),
  address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('10.0.0.0/8'), fc.constant('2001:db8::/33')),
  range: () => rangeOf(0, 2_000_000),
}

const listOf = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(value, { minLength: 1, maxLength: 3 })

export const arbitraryTerm = ({ piece, header, address, range }: Alphabet): fc.Arbitrary<Term> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({
          kind: fc.constant('text' as const),
          not: fc.boolean(),
          field: fc.constantFrom(...TEXT_FIELDS),
          header,
          globs: listOf(fc.oneof(globOf(piece), globOf(piece).map(anywhere))),
        })
        .map((term) => ({ ...term, header: term.field === 'header' ? term.header : '' })),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...NUMBER_FIELDS).chain((field) =>
        fc.record({
          kind: fc.constant('number' as const),
          not: fc.boolean(),
          field: fc.constant(field),
          ranges: listOf(range(field)),
        }),
      ),
    },
    fc.record({
      kind: fc.constant('address' as const),
      not: fc.boolean(),
      field: fc.constantFrom('dst' as const, 'ip' as const, 'src' as const),
      blocks: listOf(address.map((text) => parseCidr(text)!)),
    }),
    fc.record({
      kind: fc.constant('outcome' as const),
      not: fc.boolean(),
      outcomes: listOf(fc.constantFrom(...OUTCOMES)),
    }),
  )

export const arbitraryQuery = (alphabet: Alphabet = ANY_TEXT): fc.Arbitrary<Query> =>
  fc.array(arbitraryTerm(alphabet), { maxLength: 4 })

/** Text that looks like a query now and then. */
export const arbitraryQueryText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'from:',
          'header.X:',
          'status:',
          'duration:',
          '-',
          '|',
          '*',
          '"',
          '\\',
          ' ',
        ),
        fc.constantFrom('ip:', 'outcome:', '4xx', '>=', '..', '1.5m', '10.0.0.0/8', 'failed', 'x:'),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.ipV6().map((address) => `ip:${cidrText(parseCidr(address)!)}`),
)
