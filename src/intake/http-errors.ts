// Every answer of POST /hep that is not a success: code (stable), status, and what the sender can do.
// Retry-After stands where sending the same again helps.

export const HTTP_INTAKE_ERRORS = {
  empty_body: { status: 400, hint: 'Send HEP3 frames back to back, or each behind a u32 length.' },
  nothing_decodable: { status: 400, hint: 'The quarantine has the bytes and the failing place.' },
  bad_compression: { status: 400, hint: 'Send a whole gzip stream, or no Content-Encoding.' },
  bad_batch: { status: 400, hint: 'docs/relay.md says what the header calliope-batch means.' },
  address_denied: { status: 403, hint: 'Add the sender to intake.allow.' },
  key_refused: { status: 403, hint: 'Give the agent one of the keys in intake.keys.' },
  method_not_allowed: { status: 405, hint: 'POST the frames.' },
  body_too_large: { status: 413, hint: 'Send fewer frames in one request.' },
  unsupported_type: { status: 415, hint: 'Send Content-Type: application/octet-stream.' },
  unsupported_encoding: { status: 415, hint: 'Send Content-Encoding: gzip, or none.' },
  source_limit: { status: 429, hint: 'Send slower, or raise intake.source_rate_max.' },
  too_many_bodies: { status: 429, hint: 'Wait for answers before sending more.' },
  spool_full: { status: 503, hint: 'Send again later: the database is behind and the spool full.' },
  closing: { status: 503, hint: 'Send it to another node, or again when this one is back.' },
  not_safe: { status: 503, hint: 'Send the whole body again; duplicates are folded as taps.' },
} as const satisfies Record<string, { status: number; hint: string }>

export type HttpIntakeErrorCode = keyof typeof HTTP_INTAKE_ERRORS

const RETRY_SECONDS: Partial<Record<HttpIntakeErrorCode, number>> = {
  source_limit: 1,
  too_many_bodies: 1,
  spool_full: 10,
  closing: 5,
  not_safe: 5,
}

/** Thrown while a body is read and answered as JSON. */
export class HttpIntakeError extends Error {
  readonly code: HttpIntakeErrorCode

  constructor(code: HttpIntakeErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The answer for an error; `counts` says what of the body was taken before it. */
export function errorResponse({ code, message }: HttpIntakeError, counts: object = {}): Response {
  const { status, hint } = HTTP_INTAKE_ERRORS[code]
  const seconds = RETRY_SECONDS[code]
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
  return Response.json({ error: { code, message, hint }, ...counts }, { status, headers })
}
