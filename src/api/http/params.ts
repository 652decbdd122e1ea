// The kinds of parameter a route can take. Each knows how to read its text, what to tell a user who
// got it wrong, and what openapi.json says about it, so that the three cannot disagree.
import { ApiError } from '../errors.ts'
import { parseTime, TIME_ALLOWED } from './time.ts'

/** A schema as openapi.json carries it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** One parameter of a route, of any kind. */
export interface Param<Value> {
  readonly in: 'path' | 'query'
  readonly help: string
  /** What a value may be, for people. */
  readonly allowed: string
  readonly schema: JsonSchema
  /** When the parameter is absent. */
  readonly byDefault: (nowUs: number) => Value
  /** Undefined when the text is not allowed. */
  readonly parse: (text: string, nowUs: number) => Value | undefined
}

/** Free text in the query string; absent is empty. */
export const text = (help: string, charsMax: number): Param<string> => ({
  in: 'query',
  help,
  allowed: `text of at most ${charsMax} characters`,
  schema: { type: 'string', maxLength: charsMax, default: '' },
  byDefault: () => '',
  parse: (text) => (text.length <= charsMax ? text : undefined),
})

/** Text that must not be empty when given, such as a cursor. */
export const opaque = (help: string, charsMax: number): Param<string | undefined> => ({
  in: 'query',
  help,
  allowed: `what an answer gave, at most ${charsMax} characters`,
  schema: { type: 'string', minLength: 1, maxLength: charsMax },
  byDefault: () => undefined,
  parse: (text) => (text.length > 0 && text.length <= charsMax ? text : undefined),
})

/** A whole number within bounds: no sign, no fraction, no exponent. */
export const integer = (
  help: string,
  { min, max, byDefault }: { min: number; max: number; byDefault: number },
): Param<number> => ({
  in: 'query',
  help,
  allowed: `a whole number from ${min} to ${max}`,
  schema: { type: 'integer', minimum: min, maximum: max, default: byDefault },
  byDefault: () => byDefault,
  // Number('') is 0 and Number('1e3') is 1000; neither is what a whole number looks like.
  parse: (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : undefined
  },
})

/** A point in time in microseconds since 1970; `byDefault` is written as a user would. */
export const time = <const Default extends string | undefined>(
  help: string,
  byDefault: Default,
): Param<Default extends string ? number : number | undefined> => ({
  in: 'query',
  help,
  allowed: TIME_ALLOWED,
  schema: { type: 'string', ...(byDefault ? { default: byDefault } : {}), examples: ['-15m'] },
  // Read at each request: '-1h' is another hour every time.
  byDefault: (nowUs) =>
    (byDefault === undefined ? undefined : parseTime(byDefault, nowUs)) as Default extends string
      ? number
      : number | undefined,
  parse: parseTime,
})

/** Yes or no, as a shell or a browser writes it. */
export const flag = (help: string, byDefault: boolean): Param<boolean> => ({
  in: 'query',
  help,
  allowed: '1 or 0',
  schema: { type: 'string', enum: ['1', '0', 'true', 'false'], default: byDefault ? '1' : '0' },
  byDefault: () => byDefault,
  parse: (text) =>
    text === '1' || text === 'true' ? true : text === '0' || text === 'false' ? false : undefined,
})

/** Several Call-IDs, parted by commas, which no Call-ID has (RFC 3261 §25.1). */
export const list = (
  help: string,
  { itemsMax, charsMax }: { itemsMax: number; charsMax: number },
): Param<readonly string[]> => ({
  in: 'query',
  help,
  allowed: `at most ${itemsMax} parted by commas, at most ${charsMax} characters`,
  schema: { type: 'string', maxLength: charsMax, default: '' },
  byDefault: () => [],
  parse: (text) => {
    const items = text.split(',').filter((item) => item !== '')
    const isAllowed = text.length <= charsMax && items.length <= itemsMax && !text.includes('\0')
    return isAllowed ? items : undefined
  },
})

/** A path segment, percent-decoded. PostgreSQL keeps no NUL in a text, so none can be found by one. */
export const segment = (help: string, charsMax: number): Param<string> => ({
  in: 'path',
  help,
  allowed: `1 to ${charsMax} characters, none of them NUL`,
  schema: { type: 'string', minLength: 1, maxLength: charsMax },
  byDefault: () => '',
  parse: (text) =>
    text.length > 0 && text.length <= charsMax && !text.includes('\0') ? text : undefined,
})

/** A time range read backwards would be empty, and look as if nothing had happened. */
export function refuseBackwards(from: number | undefined, to: number | undefined): void {
  if (from !== undefined && to !== undefined && from > to)
    throw new ApiError('bad_parameter', 'from is after to.', 'Swap them.')
}
