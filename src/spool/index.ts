// The log on disk between intake and store: openSpool (main thread), openLane (one writer thread a
// lane), openReader (anyone). spool.ts has the format.
export type { Loss } from './damage.ts'
export { listLanes } from './lane-files.ts'
export { type Chunk, type LaneReader, openReader, type ReaderOptions } from './lane-reader.ts'
export type { AppendResult, LaneWriter } from './lane-writer.ts'
export { type LaneOptions, openLane } from './open-lane.ts'
export { type QuarantinedFrame, type RefusedFrame, readQuarantined } from './quarantine.ts'
export type {
  Cursor,
  IncomingFrame,
  RecordKind,
  SpoolRecord,
  Transport,
} from './record.ts'
export { TRANSPORTS } from './record.ts'
export type { RecordWalk } from './record-walk.ts'
export { openSpool, type Spool, type SpoolOptions } from './spool.ts'
export type { SpoolErrorCode } from './spool-error.ts'
export { renderSpoolReport } from './spool-report.ts'
export { type LaneUsage, type SpoolUsage, spoolUsage } from './spool-usage.ts'
export {
  type DamagedPlace,
  type LaneReport,
  type SpoolReport,
  verifySpool,
} from './verify-spool.ts'
