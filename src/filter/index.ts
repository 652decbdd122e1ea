// filter: a packet -> the same packet as the operator wants it kept, or the reason why it is not.
export { type Filter, openFilter } from './filter.ts'
export { type FilterCount, FilterCounts } from './filter-counts.ts'
export type { FilterOptions, ScriptFile, ScriptOptions } from './filter-options.ts'
export type {
  Discarded,
  Filtered,
  FramePlace,
  Passed,
  ScriptWord,
  SipProfile,
} from './filtered.ts'
export { isForeignScript, rewriteNotes } from './scripts/foreign-scripts.ts'
export { SCRIPT_TYPES } from './scripts/script-types.ts'
export { tryScripts } from './scripts/try-scripts.ts'
