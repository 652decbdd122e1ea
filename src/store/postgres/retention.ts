// Old calls go, whole partitions at a time: those older than the retention, then the oldest until the
// tables fit into `bytesMax`, and the disk below its limit. Never the partition now being written, nor a later one. Any role that
// owns the tables can do it; sizes come from PostgreSQL's own functions. On several nodes at once one
// does it and the others go on with their work.
//
// DROP waits for searches that read the partition and makes later ones wait behind it: so it waits a
// second at most and tries again the next time.
import type { SQL } from 'bun'
import { log as rootLog } from '#log'
import { listPartitions, type Partition } from './partitions.ts'
import { describeError } from './sql-state.ts'

const log = rootLog.child({ room: 'store', part: 'retention' })

const RETENTION_LOCK = 0x0ca1_1003
const LOCK_WAIT_MS_MAX = 1_000
const DAY_MS = 86_400_000
/** KPI rows are small: a year and a month, for comparing with the year before. */
const KPI_DAYS = 400
/** A row of segment_minutes stands for that long. */
const MARK_MS = 60_000
/** Per minute for drilling down, per hour beyond. */
const MINUTE_DETAILS_DAYS = 8
const SOURCE_MINUTES_MS = 2 * 3_600_000
/** Samples of the nodes: two seconds each, and a minute each. */
const FLEET_FINE_MS = 3_600_000
const FLEET_DAYS = 8
/** At a time, for the disk: it may be somebody else's files that fill it, and no reason to drop everything. */
const FOR_DISK_MAX = 2
const QUARANTINE_ROWS_MAX = 10_000

export interface RetentionOptions {
  readonly retentionMs: number
  /** 0 = no limit. */
  readonly bytesMax: number
  /** To be freed because the disk is too full. @default 0 */
  readonly excessBytes?: number
  readonly nowMs?: number
}

export interface DroppedPartition extends Partition {
  readonly bytes: number
  readonly reason: 'age' | 'size' | 'disk'
}

/** Drops and trims what is too old or too much; undefined when another node is at it. */
export async function enforceRetention(
  sql: SQL,
  { retentionMs, bytesMax, excessBytes = 0, nowMs = Date.now() }: RetentionOptions,
): Promise<readonly DroppedPartition[] | undefined> {
  using connection = await sql.reserve()
  const [lock] = await connection`select pg_try_advisory_lock(${RETENTION_LOCK}) as taken`
  if (!lock.taken) return undefined
  try {
    const dropped: DroppedPartition[] = []
    const limits = { retentionMs, bytesMax, excessBytes, nowMs }
    for (const partition of await choose(connection, limits)) {
      if (await drop(connection, partition)) dropped.push(partition)
    }
    const [oldest] = await listPartitions(connection)
    const keysFromMs = Math.max(nowMs - retentionMs, (oldest?.fromUs ?? 0) / 1000)
    await trim(connection, { retentionMs, nowMs, keysFromMs })
    return dropped
  } finally {
    await connection`select pg_advisory_unlock(${RETENTION_LOCK})`
  }
}

async function choose(
  sql: SQL,
  { retentionMs, bytesMax, excessBytes, nowMs }: Required<RetentionOptions>,
): Promise<DroppedPartition[]> {
  const partitions = await listPartitions(sql)
  const closed = partitions.filter(({ toUs }) => toUs <= nowMs * 1000)
  const sizes = await sizesOf(sql, partitions)
  let bytes = bytesMax > 0 ? sizes.others : 0
  for (const { name } of partitions) bytes += sizes.byName.get(name) ?? 0
  const chosen: DroppedPartition[] = []
  let toFree = excessBytes
  let forDisk = 0
  for (const partition of closed) {
    const isOld = partition.toUs <= (nowMs - retentionMs) * 1000
    const isTooMuch = bytesMax > 0 && bytes > bytesMax
    if (!isOld && !isTooMuch && (toFree <= 0 || forDisk >= FOR_DISK_MAX)) continue
    const size = sizes.byName.get(partition.name) ?? 0
    const reason = isOld ? 'age' : isTooMuch ? 'size' : 'disk'
    chosen.push({ ...partition, bytes: size, reason })
    bytes -= size
    toFree -= size
    forDisk += reason === 'disk' ? 1 : 0
  }
  if (bytesMax > 0 && bytes > bytesMax) {
    log.warn({ bytes, bytesMax }, 'the partition being written is larger than the limit by itself')
  }
  return chosen
}

async function sizesOf(
  sql: SQL,
  partitions: readonly Partition[],
): Promise<{ byName: ReadonlyMap<string, number>; others: number }> {
  const names = partitions.map(({ name }) => name)
  const rows = await sql`
    select name, coalesce(pg_total_relation_size(to_regclass(name)), 0)::float8 as bytes
    from unnest(${names}::text[]) as name`
  const [others] = await sql`select (pg_total_relation_size('correlation_keys')
    + pg_total_relation_size('quarantine') + pg_total_relation_size('kpi_minutes')
    + pg_total_relation_size('kpi_details') + pg_total_relation_size('call_quality')
    + pg_total_relation_size('segment_minutes'))::float8 as bytes`
  const sized = rows as { name: string; bytes: number }[]
  return { byName: new Map(sized.map(({ name, bytes }) => [name, bytes])), others: others.bytes }
}

async function drop(sql: SQL, { name, bytes, reason }: DroppedPartition): Promise<boolean> {
  try {
    await sql.unsafe(
      `begin; set local lock_timeout = ${LOCK_WAIT_MS_MAX}; drop table if exists ${name}; commit`,
    )
    log.info({ partition: name, bytes, reason }, 'dropped a partition of old calls')
    return true
  } catch (error) {
    await sql.unsafe('rollback').catch(() => undefined)
    log.warn({ partition: name, error: describeError(error) }, 'could not drop a partition; later')
    return false
  }
}

/** What has no partitions: kept short row by row. */
async function trim(
  sql: SQL,
  { retentionMs, nowMs, keysFromMs }: { retentionMs: number; nowMs: number; keysFromMs: number },
): Promise<void> {
  const oldest = new Date(nowMs - retentionMs).toISOString()
  const oldestKpi = new Date(nowMs - Math.max(retentionMs, KPI_DAYS * DAY_MS)).toISOString()
  await sql`delete from correlation_keys where at < ${new Date(keysFromMs).toISOString()}`
  await sql`delete from call_quality where at < ${new Date(keysFromMs).toISOString()}`
  await sql`delete from segment_minutes where minute < ${new Date(keysFromMs - MARK_MS).toISOString()}`
  await sql`delete from kpi_minutes where minute < ${oldestKpi}`
  const oldestDetail = new Date(nowMs - MINUTE_DETAILS_DAYS * DAY_MS).toISOString()
  await sql`delete from kpi_details where span_seconds = 60 and span_start < ${oldestDetail}`
  await sql`delete from kpi_details where span_seconds = 3600 and span_start < ${oldestKpi}`
  const oldestMinute = new Date(nowMs - SOURCE_MINUTES_MS).toISOString()
  await sql`delete from source_minutes where minute < ${oldestMinute}`
  await sql`delete from sources where last_seen_at < ${oldest}`
  await sql`delete from nodes where heartbeat_at < ${oldest}`
  await sql`delete from fleet_events where at < ${oldest}`
  await sql`delete from fleet_samples where span_seconds = 2
    and at < ${new Date(nowMs - FLEET_FINE_MS).toISOString()}`
  await sql`delete from fleet_samples where at < ${new Date(nowMs - FLEET_DAYS * DAY_MS).toISOString()}`
  await sql`delete from quarantine where id <= (
    select id from quarantine order by id desc offset ${QUARANTINE_ROWS_MAX} limit 1)`
}
