// From query text to raw terms: where fields, alternatives, quotes and wildcards stand, not yet what
// they mean. One pass over the text, no regular expression that could backtrack.
//
//   -from:+4989*|"Mad Max"  callid:x
//   │└field┘└ value ┘└value┘
//   minus     └ pieces between stars; inside quotes everything is literal but \" and \\
import { QueryError, type QueryErrorCode } from './query-error.ts'

export const QUERY_CHARS_MAX = 4_096
/** Alternatives of all terms together; a term has at least one. */
export const QUERY_VALUES_MAX = 200
export const WILDCARDS_MAX = 10

export interface Place {
  readonly at: number
  readonly length: number
}

export interface RawValue extends Place {
  /** The pieces between stars; one piece = no wildcard. */
  readonly pieces: readonly string[]
}

export interface RawTerm extends Place {
  readonly not: boolean
  /** Undefined for a bare word. */
  readonly field: (Place & { readonly name: string }) | undefined
  readonly values: readonly RawValue[]
}

const FIELD = /([A-Za-z][\w-]*(?:\.[^\s:"|*\\]+)?):/y
const VALUE_HINT = 'Put a value there, or "" for an empty one.'

export function lexQuery(text: string): readonly RawTerm[] {
  checkText(text)
  const terms: RawTerm[] = []
  let valueCount = 0
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const term = readTerm(text, at)
    valueCount += term.values.length
    if (valueCount > QUERY_VALUES_MAX)
      fail('too_many', `More than ${QUERY_VALUES_MAX} values in one query.`, term, 'Use wildcards.')
    terms.push(term)
    at = term.at + term.length
  }
  return terms
}

export function fail(code: QueryErrorCode, message: string, place: Place, hint: string): never {
  throw new QueryError(code, message, { at: place.at, length: place.length, hint })
}

function checkText(text: string): void {
  if (text.length > QUERY_CHARS_MAX) {
    const place = { at: QUERY_CHARS_MAX, length: text.length - QUERY_CHARS_MAX }
    const message = `The query has ${text.length} characters; at most ${QUERY_CHARS_MAX} are allowed.`
    fail('too_long', message, place, 'Use wildcards, or search in several steps.')
  }
  const nul = text.indexOf('\0')
  if (nul >= 0)
    fail('bad_character', 'A NUL cannot be searched for.', { at: nul, length: 1 }, 'Leave it out.')
}

function readTerm(text: string, at: number): RawTerm {
  const not = text[at] === '-'
  const fieldAt = not ? at + 1 : at
  FIELD.lastIndex = fieldAt
  const name = FIELD.exec(text)?.[1]
  const field = name === undefined ? undefined : { name, at: fieldAt, length: name.length }
  const values: RawValue[] = []
  let end = field === undefined ? fieldAt : fieldAt + name!.length + 1
  do {
    if (values.length > 0) end += 1 // the bar
    const value = readValue(text, end)
    end = value.at + value.length
    if (value.length === 0) missing(text, at, end)
    values.push(value)
  } while (text[end] === '|')
  return { not, field, values, at, length: end - at }
}

function missing(text: string, termAt: number, at: number): never {
  const length = Math.max(1, at - termAt)
  const stands = at < text.length ? ` before ${JSON.stringify(text[at])}` : ' at the end'
  const message = `A value is missing${stands} of ${JSON.stringify(text.slice(termAt, at + 1))}.`
  return fail('missing_value', message, { at: termAt, length }, VALUE_HINT)
}

function readValue(text: string, begin: number): RawValue {
  const pieces = ['']
  const add = (chars: string) => {
    pieces[pieces.length - 1] += chars
  }
  let at = begin
  let afterStar = false
  while (at < text.length && !isBlank(text[at]!) && text[at] !== '|') {
    const char = text[at]!
    if (char === '*' && !afterStar) pieces.push('')
    if (char === '"') at = readQuoted(text, at, add)
    else if (char === '\\' && at + 1 < text.length) add(text[++at]!)
    else if (char !== '*') add(char)
    // Several stars in a row say no more than one.
    afterStar = char === '*'
    at += 1
  }
  const value = { pieces, at: begin, length: at - begin }
  if (pieces.length - 1 > WILDCARDS_MAX)
    fail('too_many', `More than ${WILDCARDS_MAX} wildcards in one value.`, value, 'Use fewer.')
  return value
}

/** Reads from the opening quote; returns the offset of the closing one. */
function readQuoted(text: string, open: number, add: (chars: string) => void): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at
    if (text[at] === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) at += 1
    add(text[at]!)
  }
  const place = { at: open, length: text.length - open }
  return fail('unclosed_quote', 'This quote is never closed.', place, 'Add " at its end.')
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text[at]!)) at += 1
  return at
}

function isBlank(char: string): boolean {
  return /\s/.test(char)
}
