// Rows as the real writer makes them, taken out of the database into a file and copied back in: what
// PostgreSQL alone asks for them, with these indexes or those. COPY runs inside the server: no client, no
// socket, one connection.
import { join } from 'node:path'
import type { SQL } from 'bun'
import type { BenchServer } from './database.ts'
import { progress } from './report.ts'

const ROUNDS = 3

export class StoredRows {
  readonly #sql: SQL
  readonly #file: string

  private constructor(sql: SQL, file: string) {
    this.#sql = sql
    this.#file = file
  }

  /** Takes out what call_segments of a database holds. */
  static async takeFrom(server: BenchServer, database: string): Promise<StoredRows> {
    const sql = server.administrator(database)
    const file = join(server.directory, 'stored-rows.bin')
    await sql.unsafe(`copy (select * from call_segments) to '${file}' (format binary)`)
    return new StoredRows(sql, file)
  }

  /** Names and definitions of the indexes the tables have. */
  async indexes(): Promise<readonly { name: string; definition: string }[]> {
    return await this.#sql`
      select indexname as name, indexdef as definition from pg_indexes
      where tablename = 'call_segments' order by 1`
  }

  /** Milliseconds of a COPY into a table with only these indexes: the best of some. */
  async copyMs(name: string, definitions: readonly string[]): Promise<number> {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      await this.#sql.unsafe(
        'drop table if exists floor; create table floor (like call_segments including defaults including storage)',
      )
      for (const definition of definitions) await this.#sql.unsafe(onFloor(definition))
      const beganMs = performance.now()
      await this.#sql.unsafe(`copy floor from '${this.#file}' (format binary)`)
      best = Math.min(best, performance.now() - beganMs)
      progress(`COPY ${name}: ${best.toFixed(0)} ms`)
    }
    return best
  }

  async close(): Promise<void> {
    await this.#sql.close({ timeout: 0 })
  }
}

/** The same index on another table, under a name of its own. */
const onFloor = (definition: string): string =>
  definition
    .replace(/INDEX \S+ ON (ONLY )?\S+/, 'INDEX ON floor')
    .replace(/^CREATE UNIQUE/, 'CREATE UNIQUE')
