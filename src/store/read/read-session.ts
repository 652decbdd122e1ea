// One read of the database: a connection of its own for as long as it lasts, one snapshot for all its
// statements, and an end that comes from the caller. When the signal aborts, the running statement is
// cancelled in PostgreSQL too (Bun sends the cancel request when nothing else is queued on that
// connection, which reserving it makes sure of) and the connection goes back to the pool.
//
//   reserve ─▶ begin, set local … ─▶ statements ─▶ rollback ─▶ release
//      └─ abort: stops waiting            └─ abort: cancels it
//
// A statement that runs longer than `statementMsMax` is ended by PostgreSQL: TimeoutError.
import type { ReservedSQL, SQL } from 'bun'
import { answeredWithin } from '../postgres/connect.ts'

/** No statement of a read runs longer than this. */
export const STATEMENT_MS_MAX = 15_000
/** Beyond that, for the answer that it was too long. */
const SILENT_MS_MAX = 5_000

export interface ReadSession {
  /** Runs one statement; its text holds only what stands in our own source, values are parameters. */
  rows<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]>
}

/** Reading failed for a reason outside the request; `retryable` when asking again may help. */
export class ReadError extends Error {
  override name = 'ReadError'
  readonly code: 'READ_DATABASE_AWAY' | 'READ_TIMED_OUT'
  readonly retryable: boolean

  constructor(code: ReadError['code'], message: string, { cause }: { cause: unknown }) {
    super(message, { cause })
    this.code = code
    this.retryable = code === 'READ_DATABASE_AWAY'
    // The name by which every caller knows a time limit, whoever set it.
    if (code === 'READ_TIMED_OUT') this.name = 'TimeoutError'
  }
}

interface SessionOptions {
  readonly signal: AbortSignal
  readonly statementMsMax?: number
}

/** Runs `work` in a read-only snapshot on a connection of its own. */
export async function readSession<Result>(
  sql: SQL,
  { signal, statementMsMax = STATEMENT_MS_MAX }: SessionOptions,
  work: (session: ReadSession) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted()
  try {
    using connection = await sql.reserve({ signal })
    // PostgreSQL ends statements itself; one that does not even do that is not there any more.
    const answered = <Rows>(query: () => Promise<Rows>) =>
      answeredWithin(sql, statementMsMax + SILENT_MS_MAX, query)
    await answered(() => connection.unsafe(beginText(statementMsMax)))
    try {
      return await work({
        rows: (text, values) => answered(() => run(connection, text, values, signal)),
      })
    } finally {
      await answered(() => connection.unsafe('rollback'))
    }
  } catch (error) {
    signal.throwIfAborted()
    throw explainError(error, statementMsMax)
  }
}

/**
 * Every statement is planned for its own values: partitions fall away by time and a LIKE uses an
 * index only when the plan knows them. Compiling (jit) costs more than these short statements do.
 * A new partition has no statistics yet and PostgreSQL then likes to read it whole: every statement
 * here asks by Call-ID, user or time, for which there are indexes, so that is never right.
 */
function beginText(statementMsMax: number): string {
  return `begin isolation level repeatable read, read only;
    set local statement_timeout = ${Math.ceil(statementMsMax)};
    set local plan_cache_mode = force_custom_plan;
    set local jit = off;
    set local enable_seqscan = off`
}

async function run<Row>(
  connection: ReservedSQL,
  text: string,
  values: readonly unknown[],
  signal: AbortSignal,
): Promise<readonly Row[]> {
  signal.throwIfAborted()
  const query = connection.unsafe<Row[]>(text, [...values])
  const cancel = () => {
    query.cancel()
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await query
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/**
 * SQLSTATE classes that say the server is away or going: 08 connection, 57P01–57P03 shutdown; 28 while a
 * password is being changed.
 */
const AWAY = /^(08|28|57P0[123]|53300)/

/** What people may be told of it, where that is known; else the error itself. */
export function explainError(error: unknown, statementMsMax = STATEMENT_MS_MAX): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', errno = '' } = error as { code?: unknown; errno?: unknown }
  if (errno === '57014')
    return new ReadError(
      'READ_TIMED_OUT',
      `The database did not answer within ${statementMsMax / 1000} s; narrow the time range or add a term such as from:, callid: or status:.`,
      { cause: error },
    )
  const isAway = AWAY.test(String(errno)) || /^ERR_POSTGRES_CONNECTION/.test(String(code))
  if (!isAway) return error
  return new ReadError('READ_DATABASE_AWAY', `The database cannot be read: ${error.message}`, {
    cause: error,
  })
}
