// From query text to typed terms, or a QueryError that says where and what is allowed there.
import { OUTCOMES, type Outcome } from '#contract'
import { cutCallId } from '#sip'
import { type CidrBlock, parseCidr } from './cidr.ts'
import type { Glob } from './glob.ts'
import { FIELD_NAMES_TEXT, FIELDS, nearestField, PROTOCOL_WORDS } from './query-fields.ts'
import { fail, lexQuery, type RawTerm, type RawValue } from './query-lex.ts'
import { readRange } from './query-numbers.ts'
import type { NumberField, NumberRange, Query, Term } from './query-terms.ts'

/** Reads the query language of docs/search.md; throws QueryError and nothing else. */
export function parseQuery(text: string): Query {
  return lexQuery(text).map(readTerm)
}

function readTerm(raw: RawTerm): Term {
  const { not, field, values } = raw
  const globs = values.map(({ pieces }) => pieces)
  if (field === undefined) return { kind: 'text', not, field: 'any', header: '', globs }
  const [name, header] = splitName(field.name)
  if (name === 'header' && header !== '')
    return { kind: 'text', not, field: 'header', header, globs }
  const known = header === '' ? FIELDS.get(name) : undefined
  switch (known?.kind) {
    case 'text':
      return {
        ...{ kind: 'text', not, field: known.field, header: '' },
        globs: known.field === 'callid' ? globs.map(storedCallId) : globs,
      }
    case 'number':
      return { ...known, not, ranges: values.map((value) => readNumber(known.field, value)) }
    case 'address':
      return { ...known, not, blocks: values.map(readBlock) }
    case 'outcome':
      return { kind: 'outcome', not, outcomes: values.map(readOutcome) }
    case undefined:
      return unknownField(field.name, name, field)
  }
}

/** A Call-ID that was too long to store is stored cut: looked for as it stands there. */
function storedCallId(glob: Glob): Glob {
  return glob.length === 1 ? [cutCallId(glob[0]!)] : glob
}

/** 'Header.X-Foo' to 'header' and 'x-foo'. */
function splitName(name: string): [string, string] {
  const lower = name.toLowerCase()
  const dot = lower.indexOf('.')
  return dot < 0 ? [lower, ''] : [lower.slice(0, dot), lower.slice(dot + 1)]
}

function unknownField(name: string, stem: string, place: { at: number; length: number }): never {
  if (stem === 'header') {
    const hint = 'Name one: header.X-Foo:value.'
    return fail('unknown_field', 'Which header is meant is missing.', place, hint)
  }
  const nearest = nearestField(stem)
  const meant = nearest === undefined ? '' : `Did you mean ${nearest}:? `
  const hint = `${meant}Fields: ${FIELD_NAMES_TEXT}. To search for text with a colon, quote it.`
  return fail('unknown_field', `There is no field ${name}:.`, place, hint)
}

function readNumber(field: NumberField, value: RawValue): NumberRange {
  const hint = 'Use > >= < <=, a range such as 10..20, or for a status a class such as 4xx.'
  const text = plainText(value, hint)
  const word = field === 'protocol' ? PROTOCOL_WORDS.get(text.toLowerCase()) : undefined
  if (word !== undefined) return { min: word, max: word }
  return readRange(field, text, value)
}

function readBlock(value: RawValue): CidrBlock {
  const hint = 'Allowed: 10.1.2.3, 10.0.0.0/8, 2001:db8::1 or 2001:db8::/32.'
  const text = plainText(value, hint)
  const message = `${JSON.stringify(text)} is neither an IP address nor a CIDR block.`
  return parseCidr(text) ?? fail('bad_address', message, value, hint)
}

function readOutcome(value: RawValue): Outcome {
  const hint = `Allowed: ${OUTCOMES.join(', ')}; several with |.`
  const text = plainText(value, hint).toLowerCase()
  const outcome = OUTCOMES.find((known) => known === text)
  return outcome ?? fail('bad_word', `There is no outcome ${JSON.stringify(text)}.`, value, hint)
}

function plainText(value: RawValue, hint: string): string {
  if (value.pieces.length > 1) fail('no_wildcard', 'A * cannot stand here.', value, hint)
  return value.pieces[0] ?? ''
}
