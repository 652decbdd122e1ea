// The shapes around searching beyond the calls themselves: how many there are over time, values to
// complete a query with, and searches that were saved. Part of contract.ts.
import type { Outcome } from './contract.ts'

export interface CallCountQuery {
  readonly q: string
  /** Undefined: from the oldest call on. */
  readonly fromUs: number | undefined
  /** Undefined: until now. */
  readonly toUs: number | undefined
  /** Buckets wished for; there are at most so many. */
  readonly buckets: number
}

/** Calls that began in one bucket, by how they stand. */
export interface CallCountBucket {
  readonly at: string
  /** Outcomes that did not happen are left out. */
  readonly counts: Partial<Record<Outcome, number>>
}

/** How many calls match over a time range. Never shows a part as the whole: see `share` and `coveredFrom`. */
export interface CallCounts {
  readonly from: string
  readonly to: string
  /** Length of a bucket; they begin at whole multiples of it. */
  readonly bucketMs: number
  /** Buckets in which nothing was found are left out. */
  readonly buckets: readonly CallCountBucket[]
  /** All of them together. */
  readonly total: number
  /** How much of each bucket was looked at: 1 = all, and the counts are exact; else scaled up by it. */
  readonly share: number
  /** Nothing older was looked at: `from` when nothing was left out. */
  readonly coveredFrom: string
}

/** A value to complete a query with. */
export interface RecentValue {
  readonly value: string
  /** How often it was seen in what was looked at: for sorting, not for counting. */
  readonly seen: number
}

/** A search that was saved under a name. */
export interface SavedSearch {
  readonly id: string
  readonly name: string
  readonly q: string
  /** As the API takes them; '' = no bound of its own. */
  readonly from: string
  readonly to: string
  /** Who saved it. */
  readonly owner: string
  /** Whether everybody sees it. */
  readonly shared: boolean
  readonly createdAt: string
}
