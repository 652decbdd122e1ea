// What is wrong with a query, for the person who typed it: what, where, and what could stand there.
// The codes are stable; docs/search.md lists them and a test compares the two.

export const QUERY_ERROR_CODES = {
  bad_address: 'not an IP address or a CIDR block',
  bad_character: 'a NUL character, which no stored text holds',
  bad_cursor: 'the cursor is not one this search gave out',
  bad_number: 'not a number, comparison or range',
  bad_word: 'not one of the words the field knows',
  empty_range: 'a range in which nothing can lie',
  missing_value: 'a field, a minus or a | with nothing behind it',
  no_wildcard: 'a * in a field that compares numbers, addresses or words',
  too_long: 'more characters than a query may have',
  too_many: 'more values or wildcards than a query may have',
  unclosed_quote: 'a quote that is never closed',
  unknown_field: 'no field has this name',
} as const
export type QueryErrorCode = keyof typeof QUERY_ERROR_CODES

/** A mistake in the query text: where it stands and what is allowed there. */
export class QueryError extends Error {
  override name = 'QueryError'
  readonly code: QueryErrorCode
  /** Offset in the query, in characters. */
  readonly at: number
  readonly length: number
  readonly hint: string

  constructor(
    code: QueryErrorCode,
    message: string,
    { at, length, hint }: { at: number; length: number; hint: string },
  ) {
    super(message)
    this.code = code
    this.at = at
    this.length = length
    this.hint = hint
  }
}
