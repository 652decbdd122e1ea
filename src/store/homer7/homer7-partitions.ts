// Partitions of homer7's tables, by heplify-server's names and bounds, in UTC:
//
//   hep_proto_1_call_20261121_1200   from 2026-11-21 12:00 to 14:00        spans begin at midnight
//
// A row whose partition is missing gets one, whenever it is from. A partition is made with its indexes beside
// the table and then attached: that locks out neither writers nor readers, and never lacks an index. What
// is there already, by heplify-server or by hand, with whatever bounds, is taken as it is and only gaps are
// filled. A table that somebody partitions in another way (or not at all) is left alone.
import type { SQL } from 'bun'
import { pause } from '#backoff'
import { boundOf, gapsIn, listPartitions, type Partition } from '../postgres/partitions.ts'
import type { TableRows } from './homer7-batch.ts'
import { type IndexSet, indexStatements } from './indexes.ts'
import {
  createTableSql,
  type Homer7Table,
  OWN_TABLES_SQL,
  type PartitionKind,
  TABLES,
} from './tables.ts'

export interface PartitionOptions {
  /** How long the partitions of each kind are. */
  readonly partitionMs: Readonly<Record<PartitionKind, number>>
  readonly indexes: IndexSet
}

/** Held while tables and partitions are made. */
const MAKE_LOCK = 0x0ca1_1005
const LOCK_WAIT_MS_MAX = 5_000
const MINUTE_US = 60_000_000
/** So many in one transaction: somebody may be waiting for the one his rows need. */
const TOGETHER_MAX = 8

/** Makes what is missing of the tables; none of them when all are there, which needs no privileges. */
export async function ensureTables(sql: SQL): Promise<void> {
  if ((await missingTables(sql)).length === 0) return
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MAKE_LOCK})`
    for (const name of await missingTables(tx))
      await tx.unsafe(OWN_TABLES_SQL[name] ?? createTableSql(name))
  })
}

async function missingTables(sql: SQL): Promise<string[]> {
  const names = [...TABLES.map(({ name }) => name), ...Object.keys(OWN_TABLES_SQL)]
  // Not to_regclass: it answers from a cache that waiting for an advisory lock does not refresh.
  const rows: { name: string }[] = await sql`select c.relname as name from pg_class c
    where c.relname = any(${names}::text[]) and pg_table_is_visible(c.oid)`
  const there = new Set(rows.map(({ name }) => name))
  return names.filter((name) => !there.has(name))
}

/** What one writer knows of the partitions there are. */
export class Homer7Partitions {
  readonly #options: PartitionOptions
  readonly #known = new Map<Homer7Table, Set<number>>()

  constructor(options: PartitionOptions) {
    this.#options = options
  }

  /** Sees to it that the rows have a place; returns how many partitions were made. */
  async cover(sql: SQL, tables: ReadonlyMap<Homer7Table, TableRows>): Promise<number> {
    let made = 0
    for (const [table, { minutes }] of tables) {
      const missing = new Set<number>()
      for (const minute of minutes) this.#note(table, minute * MINUTE_US, missing)
      if (missing.size > 0) made += await this.#ensure(sql, table, [...missing])
    }
    return made
  }

  /** Sees to it that everything between two moments has a place, leaving the server time for others. */
  async coverSpan(sql: SQL, fromUs: number, toUs: number, signal: AbortSignal): Promise<number> {
    let made = 0
    for (const table of TABLES) {
      const missing = new Set<number>()
      for (let us = fromUs; us < toUs; us += this.#spanUs(table)) this.#note(table, us, missing)
      for (const starts of partsOf([...missing], TOGETHER_MAX)) {
        if (signal.aborted) return made
        const startedAt = performance.now()
        made += await this.#ensure(sql, table, starts)
        await pause(performance.now() - startedAt, signal)
      }
    }
    return made
  }

  /** Looks again: somebody dropped one. */
  forget(): void {
    this.#known.clear()
  }

  #spanUs(table: Homer7Table): number {
    return this.#options.partitionMs[table.partition] * 1000
  }

  #note(table: Homer7Table, us: number, missing: Set<number>): void {
    const start = spanStart(us, this.#spanUs(table))
    if (!this.#known.get(table)?.has(start)) missing.add(start)
  }

  async #ensure(sql: SQL, table: Homer7Table, starts: readonly number[]): Promise<number> {
    const sorted = [...starts].sort((a, b) => a - b)
    let made = 0
    for (const part of partsOf(sorted, TOGETHER_MAX)) made += await this.#make(sql, table, part)
    const known = this.#known.get(table) ?? new Set()
    for (const start of sorted) known.add(start)
    this.#known.set(table, known)
    return made
  }

  async #make(sql: SQL, table: Homer7Table, starts: readonly number[]): Promise<number> {
    const spanUs = this.#spanUs(table)
    return await sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = ${LOCK_WAIT_MS_MAX}`)
      await tx`select pg_advisory_xact_lock(${MAKE_LOCK})`
      if (!(await mayPartition(tx, table.name))) return 0
      const existing = [...(await listPartitions(tx, table.name))]
      const gaps = starts.flatMap((fromUs) =>
        gapsIn({ fromUs, toUs: fromUs + spanUs }, existing, table.name),
      )
      for (const gap of gaps) await tx.unsafe(partitionSql(table, gap, this.#options.indexes))
      return gaps.length
    })
  }
}

const partsOf = (all: readonly number[], length: number): number[][] =>
  Array.from({ length: Math.ceil(all.length / length) }, (_, i) =>
    all.slice(i * length, (i + 1) * length),
  )

/** Spans begin at midnight: all lengths divide a day. */
const spanStart = (us: number, spanUs: number): number => Math.floor(us / spanUs) * spanUs

/** Partitioned by a range, and without a partition that takes all other rows. */
async function mayPartition(tx: SQL, table: string): Promise<boolean> {
  const [row] = await tx`select from pg_partitioned_table
    where partrelid = to_regclass(${table}) and partstrat = 'r' and partdefid = 0`
  return row !== undefined
}

function partitionSql(
  table: Homer7Table,
  { name, fromUs, toUs }: Partition,
  set: IndexSet,
): string {
  return [
    `create table if not exists ${name} (like ${table.name} including all)`,
    ...indexStatements(table, name, set),
    `alter table ${table.name} attach partition ${name} for values from ('${boundOf(fromUs)}') to ('${boundOf(toUs)}')`,
  ].join(';\n')
}
