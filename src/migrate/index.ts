// The door of migrate: what a heplify-server with homer-app has, taken over.
export { type ExplainedMappings, explainMappings } from './homer-config/explain-mappings.ts'
export { type PlannedAliases, planAliases } from './homer-config/plan-aliases.ts'
export { type PlannedUser, planUsers } from './homer-config/plan-users.ts'
export { type HomerConfig, readHomerConfig } from './homer-config/read-homer-config.ts'
export type { MigrateErrorCode } from './migrate-error.ts'
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
