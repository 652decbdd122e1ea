// The log on disk between intake and store: openSpool (main thread), openLane (one writer thread a
// lane), openReader (anyone). spool.ts has the format.
export type { Loss } from './damage.ts'
export { chooseDrain, ShrinkRate } from './hand-over/drain-budget.ts'
export { fetchSpool } from './hand-over/fetch-spool.ts'
export {
  type HandedOver,
  type HandOverOptions,
  handOverSpool,
} from './hand-over/hand-over-spool.ts'
export type { HandOverLane, Manifest } from './hand-over/manifest.ts'
export { measurePlace, openPlace, type PlaceOptions, tryPlace } from './hand-over/open-place.ts'
export { type HandOverPlace, PlaceError } from './hand-over/place.ts'
export { openS3Place, type S3Credentials } from './hand-over/s3-place.ts'
export { settleSeal } from './hand-over/seal.ts'
export { acceptLoss, removeHandOver, WaitingHandOvers } from './hand-over/waiting.ts'
export { listLanes } from './lane-files.ts'
export { type Chunk, type LaneReader, openReader, type ReaderOptions } from './lane-reader.ts'
export type { AppendResult, LaneWriter } from './lane-writer.ts'
export { type LaneOptions, openLane } from './open-lane.ts'
export { type QuarantinedFrame, type RefusedFrame, readQuarantined } from './quarantine.ts'
export { passOver, readerCursor } from './reader-marks.ts'
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
