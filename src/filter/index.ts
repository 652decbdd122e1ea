// filter: a packet -> the same packet as the operator wants it kept, or the reason why it is not.
export { type Filter, openFilter } from './filter.ts'
export type { FilterOptions, ScriptFile, ScriptOptions } from './filter-options.ts'
export type {
  Discarded,
  Filtered,
  FramePlace,
  Passed,
  ScriptWord,
  SipProfile,
} from './filtered.ts'
