// Saved searches in the database (003-searches.sql). Saving under a name one has already replaces it.
import type { SQL } from 'bun'
import type { SavedSearch } from '#contract'
import { usSql } from '../read/sql-params.ts'
import { timeText } from '../read/time-text.ts'

/** A person has no more than this; the next one is refused. */
const SEARCHES_MAX = 200

/** What is kept of a search when it is saved. */
export type NewSearch = Omit<SavedSearch, 'id' | 'createdAt'>

interface Row extends Omit<SavedSearch, 'from' | 'to' | 'createdAt'> {
  readonly range_from: string
  readonly range_to: string
  readonly created_us: string
}

const COLUMNS = `id, owner, name, q, range_from, range_to, shared, ${usSql('created_at')} as created_us`

/** Keeps them. */
export class SavedSearches {
  readonly #sql: SQL

  constructor(sql: SQL) {
    this.#sql = sql
  }

  /** One's own and what others share, by name. */
  async list(owner: string): Promise<readonly SavedSearch[]> {
    const rows = await this.#sql.unsafe<Row[]>(
      `select ${COLUMNS} from saved_searches where owner = $1 or shared
       order by lower(name), owner limit 1000`,
      [owner],
    )
    return rows.map(searchOf)
  }

  /** Undefined when the owner has too many. */
  async save({ owner, name, q, from, to, shared }: NewSearch): Promise<SavedSearch | undefined> {
    const [row] = await this.#sql.unsafe<Row[]>(
      `insert into saved_searches (id, owner, name, q, range_from, range_to, shared)
       select gen_random_uuid(), $1, $2, $3, $4, $5, $6
       where (select count(*) from saved_searches where owner = $1 and name <> $2) < ${SEARCHES_MAX}
       on conflict (owner, name) do update set q = excluded.q, range_from = excluded.range_from,
         range_to = excluded.range_to, shared = excluded.shared
       returning ${COLUMNS}`,
      [owner, name, q, from, to, shared],
    )
    return row && searchOf(row)
  }

  /** False when the owner has none of this id; undefined owner = anybody's. */
  async remove(id: string, owner: string | undefined): Promise<boolean> {
    const rows = await this.#sql.unsafe(
      `delete from saved_searches where id = $1::uuid and ($2::text is null or owner = $2) returning id`,
      [id, owner ?? null],
    )
    return rows.length > 0
  }
}

const searchOf = ({ range_from, range_to, created_us, ...row }: Row): SavedSearch => ({
  ...row,
  from: range_from,
  to: range_to,
  createdAt: timeText(Number(created_us)),
})
