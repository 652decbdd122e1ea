// The writer's knowledge of which partitions exist, so that it asks the database once for each. A
// partition can go away under it (retention, by another node): then COPY says so, and `forget` makes
// it look again.
import type { SQL } from 'bun'
import { ensurePartitions, partitionStart } from '../postgres/partitions.ts'

export class PartitionKeeper {
  readonly #sql: SQL
  readonly #spanUs: number
  readonly #known = new Set<number>()
  #ahead = 0

  constructor(sql: SQL, spanUs: number) {
    this.#sql = sql
    this.#spanUs = spanUs
  }

  /** Sees to it that rows of these times have a place; returns how many partitions it created. */
  async cover(rowUs: readonly number[]): Promise<number> {
    const missing = new Set<number>()
    for (const us of rowUs) {
      const start = partitionStart(us, this.#spanUs)
      if (!this.#known.has(start)) missing.add(start)
    }
    if (missing.size === 0) return 0
    return await this.#ensure([...missing])
  }

  /** The current span and the next, so that none is missing at the turn of the hour. */
  async coverAhead(nowUs: number): Promise<number> {
    const start = partitionStart(nowUs, this.#spanUs)
    if (start === this.#ahead) return 0
    const created = await this.#ensure([start, start + this.#spanUs])
    this.#ahead = start
    return created
  }

  forget(): void {
    this.#known.clear()
    this.#ahead = 0
  }

  async #ensure(starts: readonly number[]): Promise<number> {
    const sorted = [...starts].sort((a, b) => a - b)
    const created = await ensurePartitions(this.#sql, sorted, this.#spanUs)
    for (const start of sorted) this.#known.add(start)
    return created.length
  }
}
