// How rows about people leave the database: times as text, arrays as PostgreSQL writes them.

/** A timestamptz column as RFC 3339 UTC with microseconds. */
export const timeSql = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Takes the lock under which administrators are counted: two of them cannot remove each other. */
export const ADMINS_LOCK = 0x0ca1_1002
