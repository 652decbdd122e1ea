// The shapes around searching: counts over time, values for completion, saved searches.
import * as v from 'valibot'
import type * as contract from '#contract'
import { OUTCOMES } from '#contract'
import { at, count } from './call-schemas.ts'

const callCounts: v.GenericSchema<contract.CallCounts> = v.strictObject({
  from: at,
  to: at,
  bucketMs: v.number(),
  buckets: v.array(
    v.strictObject({
      at,
      counts: v.strictObject(v.entriesFromList(OUTCOMES, v.exactOptional(count))),
    }),
  ),
  total: count,
  share: v.pipe(v.number(), v.description('1: exact; else counted in this part and scaled up')),
  coveredFrom: v.pipe(v.string(), v.isoTimestamp(), v.description('nothing older was looked at')),
})

const savedSearch: v.GenericSchema<contract.SavedSearch> = v.strictObject({
  id: v.string(),
  name: v.string(),
  q: v.string(),
  from: v.string(),
  to: v.string(),
  owner: v.string(),
  shared: v.boolean(),
  createdAt: at,
})

/** The body that saves a search. */
export const newSearch = v.strictObject({
  name: v.pipe(v.string(), v.regex(/\S/), v.maxLength(100)),
  q: v.pipe(v.string(), v.maxLength(4096)),
  from: v.optional(v.pipe(v.string(), v.maxLength(40)), ''),
  to: v.optional(v.pipe(v.string(), v.maxLength(40)), ''),
  shared: v.optional(v.boolean(), false),
})

/** Spread into SCHEMAS. */
export const SEARCH_SCHEMAS = {
  CallCounts: callCounts,
  RecentValues: v.strictObject({
    values: v.array(v.strictObject({ value: v.string(), seen: count })),
  }),
  SavedSearches: v.strictObject({ searches: v.array(savedSearch) }),
  SavedSearch: savedSearch,
  NewSearch: newSearch,
  SearchDeleted: v.strictObject({ deleted: v.literal(true) }),
} as const
