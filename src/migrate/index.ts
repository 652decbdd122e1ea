// The door of migrate: what a heplify-server with homer-app has, taken over.
export { MigrateError, type MigrateErrorCode } from './migrate-error.ts'
export {
  type MigrateOptions,
  type MigrateProgress,
  type MigrateSummary,
  migrateHomer7,
} from './migrate-homer7.ts'
export type { LeftOut } from './row-batch.ts'
export type { ComparisonCounts, Finding } from './shadow/comparison.ts'
export { nameOf as nameOfFinding } from './shadow/comparison.ts'
export { type ShadowOptions, watchShadow } from './shadow/watch-shadow.ts'
