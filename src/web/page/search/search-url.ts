// What the search's part of the address says.
import type { Query } from '../shell/address.ts'
import type { TimeRange } from './time-range.ts'

/** The words, the time range, and whether to follow what comes in. */
export interface SearchUrl extends TimeRange {
  readonly q: string
  readonly live: boolean
}

/** From the query of the address. */
export const readSearch = ({ q = '', from = '', to = '', live }: Query): SearchUrl => ({
  ...{ q, from, to },
  live: live === '1',
})
