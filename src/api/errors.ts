// Every error the API can answer with, once: the code (stable, clients may switch on it), the status
// and when it happens. docs/api.md shows the same table; errors.test.ts holds the two together.
// An error for people says what happened, where and with which value, then what to do (`hint`).

/** By code: the status, and when it happens. */
export const ERRORS = {
  bad_parameter: { status: 400, when: 'a parameter has a value that is not allowed' },
  unknown_parameter: { status: 400, when: 'the route has no such parameter' },
  repeated_parameter: { status: 400, when: 'a parameter is given more than once' },
  bad_path: { status: 400, when: 'the path holds a percent-encoding that is not UTF-8' },
  bad_body: { status: 400, when: 'the JSON body does not have the shape the route takes' },
  bad_query: { status: 400, when: '`q` does not parse; `at` and `length` mark the place' },
  token_missing: { status: 401, when: 'a token is required and the request carries none' },
  token_wrong: { status: 401, when: 'the token is not the right one' },
  login_wrong: { status: 401, when: 'the user or the password is not right' },
  login_refused: {
    status: 401,
    when: 'the identity provider, or what it says, does not let this person in',
  },
  forbidden: { status: 403, when: 'who asks does not have the role or the scope it takes' },
  forged_request: { status: 403, when: 'a change by cookie that does not come from our own page' },
  foreign_host: { status: 403, when: 'the Host header names neither an address nor a known name' },
  foreign_origin: { status: 403, when: 'a page of another site made the request' },
  call_not_found: { status: 404, when: 'no call with this Call-ID is stored' },
  share_not_found: { status: 404, when: 'there is no such share link' },
  frame_not_found: { status: 404, when: 'no frame with this id is in quarantine' },
  no_intake: { status: 404, when: 'this server takes no HEP itself' },
  search_not_found: { status: 404, when: 'there is no such saved search, or none of yours' },
  not_found: { status: 404, when: 'there is no user, token or key of this name' },
  unknown_route: { status: 404, when: 'there is nothing at this path' },
  method_not_allowed: { status: 405, when: 'the path exists, but not for this method' },
  frame_claimed: { status: 409, when: 'the quarantined frame is being tried again already' },
  demo_refused: { status: 409, when: 'calls are stored already, or the demo is running' },
  too_many_searches: { status: 409, when: 'somebody has as many saved searches as one may have' },
  share_over: { status: 410, when: 'the share link has expired or was revoked' },
  name_taken: { status: 409, when: 'there is one of this name already' },
  last_admin: { status: 409, when: 'nobody would be left who could undo it' },
  body_too_large: { status: 413, when: 'the request body is larger than the limit' },
  too_many_attempts: { status: 429, when: 'too many wrong tokens from this address' },
  too_many_requests: { status: 429, when: 'too many requests a second from this address' },
  internal: { status: 500, when: 'a fault of ours; the id in the message is also in the log' },
  not_ready: { status: 503, when: '`/readyz` while something is missing, or when draining' },
  store_unavailable: { status: 503, when: 'the database cannot be reached just now' },
  spool_unavailable: { status: 503, when: 'the spool cannot take a frame just now' },
  too_many_streams: { status: 503, when: 'too many live streams are open' },
  timed_out: { status: 504, when: 'the database took longer than a request may' },
} as const satisfies Record<string, { status: number; when: string }>

/** A code of the table; clients may switch on it. */
export type ErrorCode = keyof typeof ERRORS

/** The body of every answer that is not a success. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode
    readonly message: string
    readonly hint: string
    /** For `bad_query`: where in `q` the mistake stands, in characters, and how far it reaches. */
    readonly at?: number
    readonly length?: number
    /** For `bad_query`: the query language's own word for the mistake. */
    readonly reason?: string
    /** For `bad_body`: what is wrong, by the field's path; '' is the body itself. */
    readonly fields?: Readonly<Record<string, string>>
  }
}

/** Thrown anywhere in the API, answered as JSON. `headers` go with the answer. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly headers: Readonly<Record<string, string>>
  readonly place: Pick<ErrorBody['error'], 'at' | 'length' | 'reason' | 'fields'>

  constructor(
    code: ErrorCode,
    message: string,
    hint: string,
    { headers = {}, place = {} }: Partial<Pick<ApiError, 'headers' | 'place'>> = {},
  ) {
    super(message)
    this.code = code
    this.hint = hint
    this.headers = headers
    this.place = place
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  body(): ErrorBody {
    return {
      error: { code: this.code, message: this.message, hint: this.hint, ...this.place },
    }
  }
}

/**
 * What the outside may know of an error from below: the place of a mistake in `q`, that the database
 * is away, or nothing but a number under which the log has the rest.
 */
export function explainError(error: unknown, note: (id: string, error: unknown) => void): ApiError {
  if (error instanceof ApiError) return error
  if (isQueryError(error))
    return new ApiError('bad_query', error.message, error.hint ?? 'See docs/search.md.', {
      place: { at: error.at, length: error.length, reason: error.code },
    })
  // Ours (deadline.ts) or the store's own limit; both say in words how long was waited.
  if (error instanceof Error && error.name === 'TimeoutError')
    return new ApiError('timed_out', error.message, 'Narrow the time range or the search.')
  // From here on the log has the details, and the user the id to find them by.
  const id = crypto.randomUUID()
  note(id, error)
  if (isRetryable(error))
    return new ApiError(
      'store_unavailable',
      `The database cannot be reached just now (${id}).`,
      'Nothing is lost: what arrives waits in the spool. Try again in a moment.',
      { headers: { 'retry-after': '5' } },
    )
  return new ApiError(
    'internal',
    `Something went wrong here (${id}).`,
    'Look for this id in the log of the node that answered.',
  )
}

// The store's errors are known by their shape, because the API must not import the store.
interface QueryErrorShape extends Error {
  readonly code: string
  readonly at: number
  readonly length: number
  readonly hint?: string
}

const isQueryError = (error: unknown): error is QueryErrorShape =>
  error instanceof Error &&
  typeof (error as Partial<QueryErrorShape>).at === 'number' &&
  typeof (error as Partial<QueryErrorShape>).length === 'number'

const isRetryable = (error: unknown): boolean =>
  error instanceof Error && (error as { retryable?: unknown }).retryable === true
