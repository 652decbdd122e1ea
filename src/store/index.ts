// The door of the store: the write half (spool to PostgreSQL) and the read half (search, calls).

export { type AdoptOptions, adoptSpool } from './adopt/adopt-spool.ts'
export {
  claimHandOver,
  finishHandOver,
  forgetHandOvers,
  readCursors,
  registerHandOver,
  releaseHandOver,
} from './adopt/hand-over-rows.ts'
export type { Homer7Settings, Layout, LayoutOptions } from './layouts.ts'
export { connectPeople, type OpenedPeople, openPeople } from './people/people-store.ts'
export { type ConnectOptions, connect, describeUrl } from './postgres/connect.ts'
export {
  type DatabaseError,
  type DatabaseErrorCode,
  explainDatabaseError,
} from './postgres/database-error.ts'
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from './postgres/embedded.ts'
export { keepLogin } from './postgres/login.ts'
export { migrate } from './postgres/migrate.ts'
export { readRunningUrl } from './postgres/running-url.ts'
export { type OpenCallStoreOptions, openCallStore } from './read/call-store.ts'
export { type MessageRange, messagesBetween, nextMessageUs } from './read/messages-between.ts'
export { readNodeRates } from './read/node-rates.ts'
export type { LiveLane } from './read/read-ledger.ts'
export { type Store, type StoreOptions, startStore, type Undrained } from './start-store.ts'
export type { Heartbeat } from './write/heartbeat.ts'
export type { WriterOptions } from './write/writer.ts'
