// What ends a migration before it is through, with what to do about it. All are for a person: what passes
// by itself (a server away, a full spool) is waited for instead.

/** Stable names; docs/migrate.md lists them. */
export type MigrateErrorCode =
  | 'MIGRATE_NO_TABLES'
  | 'MIGRATE_NOT_HOMER7'
  | 'MIGRATE_JOURNAL'
  | 'MIGRATE_REWRITTEN'
  | 'MIGRATE_REFUSED'

export class MigrateError extends Error {
  override name = 'MigrateError'
  readonly code: MigrateErrorCode
  readonly hint: string

  constructor(code: MigrateErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.hint = hint
  }
}
