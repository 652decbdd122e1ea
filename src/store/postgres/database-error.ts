// What went wrong with the database, in words that say what to do. Never the password.
//
// `retryable` = waiting may help: the server is away, starting, full, failing over. Otherwise a person
// has to change something, and the sentence says what.
import { lookup } from 'node:dns/promises'
import { describeUrl } from './connect.ts'

export type DatabaseErrorCode =
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_TIMEOUT'
  | 'DATABASE_STARTING'
  | 'DATABASE_FULL'
  | 'DATABASE_LOGIN'
  | 'DATABASE_MISSING'
  | 'DATABASE_PERMISSION'
  | 'DATABASE_TLS'
  | 'DATABASE_SETTING'
  | 'DATABASE_VERSION'
  | 'DATABASE_NEWER'
  | 'DATABASE_ENCODING'
  | 'DATABASE_FOREIGN'
  | 'DATABASE_ERROR'

/** The database cannot be used; `retryable` says whether waiting may help. */
export class DatabaseError extends Error {
  override name = 'DatabaseError'
  readonly code: DatabaseErrorCode
  readonly retryable: boolean

  constructor(
    code: DatabaseErrorCode,
    message: string,
    { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.retryable = retryable
  }
}

/** Bun's error as we look at it: `errno` is PostgreSQL's SQLSTATE, `code` Bun's own. */
interface DriverError {
  readonly code?: string
  readonly errno?: string
  readonly message?: string
}

/** Says what an error of Bun.SQL means for the database at `url`. */
export async function explainDatabaseError(error: unknown, url: string): Promise<DatabaseError> {
  if (error instanceof DatabaseError) return withWhere(error, url)
  const { code = '', errno = '', message = String(error) } = (error ?? {}) as DriverError
  const where = describeUrl(url)
  const explain = (name: DatabaseErrorCode, text: string, retryable = false) =>
    new DatabaseError(name, `${text} (${where})`, { retryable, cause: error })
  if (code === 'ERR_POSTGRES_CONNECTION_REFUSED') {
    return explain('DATABASE_UNREACHABLE', await whyRefused(url), true)
  }
  for (const [pattern, name, text, retryable] of MEANINGS) {
    if (pattern.test(errno) || pattern.test(code)) {
      return explain(name, `${filled(text, url)}: ${message}`, retryable)
    }
  }
  return explain('DATABASE_ERROR', `the database answered ${errno || code}: ${message}`)
}

/** Errors of our own checks do not know where they were made. */
function withWhere(error: DatabaseError, url: string): DatabaseError {
  const where = describeUrl(url)
  if (error.message.includes(where)) return error
  const { code, message, retryable, cause } = error
  return new DatabaseError(code, `${message} (${where})`, { retryable, cause })
}

/** First match counts; the pattern is tried on the SQLSTATE and on Bun's code. */
const MEANINGS: readonly (readonly [RegExp, DatabaseErrorCode, string, boolean])[] = [
  [
    /TIMEOUT/,
    'DATABASE_TIMEOUT',
    'the database does not answer; check host, port and firewall',
    true,
  ],
  [
    /^57P0|CONNECTION_(CLOSED|FAILED)/,
    'DATABASE_STARTING',
    'the connection was closed: the database is starting or stopping, or something else listens there',
    true,
  ],
  [/^53100/, 'DATABASE_FULL', 'the database is out of disk space', true],
  [/^53200/, 'DATABASE_FULL', 'the database is out of memory', true],
  [/^53300/, 'DATABASE_FULL', 'the database has too many connections', true],
  [/^53/, 'DATABASE_FULL', 'the database is short of something it needs', true],
  [/^25006/, 'DATABASE_STARTING', 'the database is read-only at the moment (failover?)', true],
  [
    /UNEXPECTED_MESSAGE|INVALID_MESSAGE|UNKNOWN_AUTH/,
    'DATABASE_FOREIGN',
    'what listens there does not speak PostgreSQL; check host and port',
    false,
  ],
  [
    /^28/,
    'DATABASE_LOGIN',
    'the database refuses the login; check user, password and pg_hba.conf',
    false,
  ],
  [
    /^3D000/,
    'DATABASE_MISSING',
    'there is no such database; create it (CREATE DATABASE {name} OWNER {user})',
    false,
  ],
  [
    /^42501/,
    'DATABASE_PERMISSION',
    'the user may not do this; GRANT CREATE ON SCHEMA public TO {user}, or make it owner of the database',
    false,
  ],
  [
    /TLS|CERT|SSL|SELF_SIGNED/,
    'DATABASE_TLS',
    'TLS failed; check ?sslmode= in the URL and the server certificate',
    false,
  ],
  [
    /^(42704|08P01)/,
    'DATABASE_SETTING',
    'the server refuses a connection setting (behind PgBouncer, list it in ignore_startup_parameters)',
    false,
  ],
]

/** Names in a hint are the ones to type. */
function filled(hint: string, url: string): string {
  if (!URL.canParse(url)) return hint
  const { username, pathname } = new URL(url)
  const quoted = (name: string) => `"${decodeURIComponent(name).replaceAll('"', '""')}"`
  const user = username || 'postgres'
  return hint.replace('{name}', quoted(pathname.slice(1) || user)).replace('{user}', quoted(user))
}

/** Bun reports an unknown host name and a closed port alike. */
async function whyRefused(url: string): Promise<string> {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
  try {
    if (host !== '') await lookup(host)
    return 'no PostgreSQL listens there; start it, or check host and port'
  } catch {
    return `the host name '${host}' has no address; check the database URL`
  }
}
