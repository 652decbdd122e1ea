// The HTTP API and its client. The API reads calls through the CallStore port and knows no database.

export { hashPassword, passwordFault } from './auth/passwords.ts'
export type { CallStore } from './call-store.ts'
export {
  type Client,
  type ClientOptions,
  type ExportOptions,
  openClient,
  type SearchOptions,
} from './client.ts'
export { parseTime, TIME_ALLOWED } from './http/time.ts'
export type { About, ApiOptions, HepDoor, Peer, Readiness, StaticFile } from './options.ts'
export { type Api, startApi } from './start-api.ts'
