// The door of the store: the write half (spool to PostgreSQL) and the read half (search, calls).
export { type ConnectOptions, connect, describeUrl } from './postgres/connect.ts'
export { DatabaseError, type DatabaseErrorCode } from './postgres/database-error.ts'
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from './postgres/embedded.ts'
export { migrate, SCHEMA_VERSION } from './postgres/migrate.ts'
