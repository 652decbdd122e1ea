// What the search's part of the address says.
import type { Query } from '../shell/address.ts'

/** As the API takes it. */
export interface SearchUrl {
  readonly q: string
  /** RFC 3339 or an age; '' = no bound. */
  readonly from: string
  readonly to: string
  readonly live: boolean
}

/** From the query of the address. */
export const readSearch = ({ q = '', from = '', to = '', live }: Query): SearchUrl => ({
  q,
  from: from === 'all' ? '' : from,
  to,
  live: live === '1',
})
