// What the writer does about an error of the database. docs/database-errors.md is this table for
// people; a test compares the two.
//
//   again      the bytes are fine, the server is not able right now: wait and send them again, for
//              as long as it takes. Also everything unknown: data in the spool is not given up.
//   partition  the row has no partition (another node dropped it): create it, then again.
//   row        this row will never be taken: find it, keep its messages without the searched columns.

export type Verdict = 'again' | 'partition' | 'row'

/** SQLSTATE classes and states that mean the row itself is refused. The longest match counts. */
export const ROW_STATES: Readonly<Record<string, string>> = {
  '22': 'data exception: a value PostgreSQL cannot hold (22021 bad text, 22P03 bad binary, 22008 bad time)',
  '23': 'integrity: a constraint somebody added refuses it',
  '44': 'WITH CHECK OPTION of a view refuses it',
  '54': 'program limit: the row or an index entry of it is too large',
  P0001: 'a trigger somebody added raises an exception',
}

/** SQLSTATE classes and states known to pass, or to need a person while the data waits. */
export const AGAIN_STATES: Readonly<Record<string, string>> = {
  '08': 'connection lost',
  '25006': 'read-only: a standby, or a failover is under way',
  '25P03': 'idle in transaction for too long: we were stalled',
  '28': 'login refused: a password is being changed, or was',
  '3D000': 'the database is gone',
  '40': 'serialization failure or deadlock',
  '42': 'tables or permissions are not as we left them',
  '53': 'insufficient resources',
  '53100': 'out of disk space',
  '53200': 'out of memory',
  '53300': 'too many connections',
  '55': 'an object is locked or not ready',
  '57': 'stopped, starting, or the statement was cancelled',
  '58': 'the server met an error of its operating system',
  XX: 'internal error or damaged data in the server',
}

interface DriverError {
  readonly errno?: unknown
  readonly constraint?: unknown
}

/** Decides by the SQLSTATE; errors of the connection carry none. */
export function verdictOf(error: unknown): Verdict {
  const { errno, constraint } = (error ?? {}) as DriverError
  const state = typeof errno === 'string' ? errno : ''
  // PostgreSQL reports a missing partition as a violated check without a name.
  if (state === '23514' && !constraint) return 'partition'
  return state in ROW_STATES || state.slice(0, 2) in ROW_STATES ? 'row' : 'again'
}

/** For the log: the state, what it means, and the server's words. Never the values of a row. */
export function describeError(error: unknown): string {
  const { errno, code, message } = (error ?? {}) as {
    errno?: string
    code?: string
    message?: string
  }
  const state = errno ?? ''
  const meaning = [state, state.slice(0, 2)]
    .map((key) => ROW_STATES[key] ?? AGAIN_STATES[key])
    .find((text) => text !== undefined)
  return [state || code, meaning, message ?? String(error)].filter(Boolean).join(': ')
}
