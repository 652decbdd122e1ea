// The cursor: where the next page begins. Opaque to clients, JSON in base64url to us; it holds no
// secret and everything in it is checked and used as a parameter. It remembers the time range of the
// first page, because `-15m` means another time with every request.
import { QueryError } from './query-error.ts'
import type { SearchKey } from './search-key.ts'

/** Longest cursor; the API takes no longer parameter. */
export const CURSOR_CHARS_MAX = 2_000
/** Found calls that a cursor carries along. */
export const CARRIED_MAX = 16

export interface SearchCursor {
  /** The canonical query it belongs to. */
  readonly query: string
  readonly fromUs: number | undefined
  /** The page holds what comes after this. */
  readonly after: SearchKey
  /** Calls that were found by segments already passed, and start further back: see call-walk.ts. */
  readonly carried: readonly string[]
  /** Walk over every call instead of the query's candidates. */
  readonly everyCall: boolean
}

const VERSION = 1

export function cursorText(cursor: SearchCursor): string {
  const { after, fromUs = null } = cursor
  const whole = encode(cursor, fromUs, cursor.carried, cursor.everyCall)
  if (whole.length <= CURSOR_CHARS_MAX && cursor.carried.length <= CARRIED_MAX) return whole
  // Too much to carry: whoever walks over every call finds those again.
  return encode({ ...cursor, after }, fromUs, [], true)
}

function encode(
  { query, after }: SearchCursor,
  fromUs: number | null,
  carried: readonly string[],
  everyCall: boolean,
): string {
  const fields = [VERSION, hashOf(query), fromUs, after.us, after.callId, carried, everyCall]
  return Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/** Reads a cursor back; throws QueryError when it is not one of ours for this query. */
export function readCursor(text: string, query: string): SearchCursor {
  const fields = fieldsOf(text)
  if (fields === undefined || fields[0] !== VERSION || fields.length !== 7) return refused()
  const [, hash, fromUs, us, callId, carried, everyCall] = fields
  if (hash !== hashOf(query)) return refused('It belongs to another search. ')
  if (fromUs !== null && !isTime(fromUs)) return refused()
  if (!isTime(us) || !isCallId(callId) || typeof everyCall !== 'boolean') return refused()
  if (!Array.isArray(carried) || carried.length > CARRIED_MAX || !carried.every(isCallId))
    return refused()
  return { query, fromUs: fromUs ?? undefined, after: { us, callId }, carried, everyCall }
}

function fieldsOf(text: string): readonly unknown[] | undefined {
  if (text.length > CURSOR_CHARS_MAX) return undefined
  try {
    const fields: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    return Array.isArray(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value)
const isCallId = (value: unknown): value is string =>
  typeof value === 'string' && !value.includes('\0')

function refused(why = ''): never {
  throw new QueryError('bad_cursor', `The cursor does not fit. ${why}`.trim(), {
    at: 0,
    length: 0,
    hint: 'Hand back nextCursor as it came, with the same q; or leave cursor out to begin again.',
  })
}

function hashOf(query: string): string {
  return Bun.hash(query).toString(36)
}
