// The background step that makes slow traffic as small as fast traffic: a call whose messages were
// minutes apart has several rows; when its partition is closed, they become one (merge-partition.ts).
// One node at a time, one partition at a time, at a bounded share of one CPU, on a connection of its own,
// in a thread of its own (merge-worker.ts).
//
// It needs room for the new table while the old one is there. An embedded database says how much room
// there is; a server of the user's does not, and a merge it has no room for fails and is tried again
// an hour later.
import { log as rootLog } from '#log'
import { connect } from '../postgres/connect.ts'
import { listPartitions, type Partition } from '../postgres/partitions.ts'
import { type MergePace, type MergeReport, mergePartition } from './merge-partition.ts'
import { dropLeftovers, notMerged } from './swap-partition.ts'
import { keepDictionary } from './train-dictionary.ts'

const log = rootLog.child({ room: 'store', part: 'merge' })

const MERGE_LOCK = 0x0ca1_1004
/** Of calls held open; all of a merge takes some four times that. With 16 MiB a merged call took 211 bytes a message, not 168. */
export const MERGE_MEMORY_BYTES = 48 * 1024 * 1024
/** A database that answers no longer holds nobody up. */
const UNLOCK_MS_MAX = 1_000

interface DueOptions {
  /** How long a partition must have been over. */
  readonly afterMs: number
  readonly nowMs?: number
}

export interface MergeOptions extends MergePace, DueOptions {
  /** Free room where the database is; undefined when nobody knows. */
  readonly freeBytes?: () => number | undefined
}

export interface MergedPartition extends MergeReport {
  readonly name: string
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly tookMs: number
}

/** Whether there is something to merge and no node at it: cheap to ask. */
export async function isMergeDue(sql: Connection, options: DueOptions): Promise<boolean> {
  if ((await partitionsDue(sql, options)) === undefined) return false
  const [others] = await sql`
    select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and l.classid = 0 and l.objid = ${MERGE_LOCK} and l.objsubid = 1
      and d.datname = current_database()`
  return others.count === 0
}

/** Merges the oldest partition that is due; undefined when none is, or another node is at it. */
export async function mergeCalls(
  url: string,
  options: MergeOptions,
): Promise<MergedPartition | undefined> {
  // Everything on one connection: the lock is the session's, and goes with it.
  const sql = connect({ url, max: 1, application: 'calliope merge' })
  try {
    const [lock] = await sql`select pg_try_advisory_lock(${MERGE_LOCK}) as taken`
    if (!lock.taken) return undefined
    await sql.unsafe('set statement_timeout = 0; set synchronous_commit = off')
    await dropLeftovers(sql)
    const due = await partitionsDue(sql, options)
    if (due === undefined) return undefined
    return await merge(sql, due, options)
  } finally {
    // The session would let go of it, too, but only when PostgreSQL has noticed that we are gone.
    const unlocked = sql`select pg_advisory_unlock_all()`.catch(() => undefined)
    await Promise.race([unlocked, Bun.sleep(UNLOCK_MS_MAX)])
    await sql.close({ timeout: 0 })
  }
}

type Connection = ReturnType<typeof connect>

async function partitionsDue(
  sql: Connection,
  { afterMs, nowMs = Date.now() }: DueOptions,
): Promise<Partition | undefined> {
  const closed = (await listPartitions(sql)).filter(({ toUs }) => toUs / 1000 + afterMs <= nowMs)
  const [oldest] = await notMerged(sql, closed)
  return oldest
}

async function merge(
  sql: Connection,
  partition: Partition,
  options: MergeOptions,
): Promise<MergedPartition | undefined> {
  const { name } = partition
  const bytesBefore = await sizeOf(sql, name)
  const free = options.freeBytes?.()
  if (free !== undefined && free < bytesBefore * 2) {
    log.warn({ partition: name, bytes: bytesBefore, free }, 'too little room to merge a partition')
    return undefined
  }
  const startedAt = performance.now()
  await keepDictionary(sql, name)
  const report = await mergePartition(sql, partition, options)
  const tookMs = Math.round(performance.now() - startedAt)
  const merged = { name, bytesBefore, bytesAfter: await sizeOf(sql, name), tookMs, ...report }
  log.info(merged, 'merged the calls of a partition')
  return merged
}

async function sizeOf(sql: Connection, table: string): Promise<number> {
  const [size] = await sql`select pg_total_relation_size(${table}::regclass)::float8 as bytes`
  return size.bytes
}
