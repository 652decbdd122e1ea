// Old rows go, whole partitions at a time, as heplify-server's nightly jobs do it, only by the hour: those
// older than DBDropDays (its own number for calls, registrations and other SIP), then the oldest while the
// tables are larger than they may be. Today's partitions stay in any case. Partitions that
// heplify-server made go like ours. On several nodes one does it; the others go on with their work.
import type { SQL } from 'bun'
import { log as rootLog } from '#log'
import { bytesOverDisk } from '../postgres/disk-usage.ts'
import { listPartitions, type Partition } from '../postgres/partitions.ts'
import { describeError } from '../postgres/sql-state.ts'
import { type DropKind, TABLES } from './tables.ts'

const log = rootLog.child({ room: 'store', part: 'homer7' })

const DROP_LOCK = 0x0ca1_1006
/** DROP waits for whoever reads the partition, and everybody waits behind it. */
const LOCK_WAIT_MS_MAX = 1_000
const DAY_US = 86_400_000_000
/** At a time: there are two dozen tables to a day, and others may be filling the disk. */
const FOR_DISK_MAX = 24

export interface Homer7Retention {
  /** How many days are kept, today among them; 0 = all. */
  readonly dropDays: Readonly<Record<DropKind, number>>
  /** 0 = no limit. */
  readonly bytesMax: number
  /** Of the database's disk, which may be used; 0 = all of it. @default 0 */
  readonly diskPercent?: number
}

interface Sized extends Partition {
  readonly keepDays: number
  readonly bytes: number
}

/** Drops what is too old or too much; returns the names, or undefined when another node is at it. */
export async function dropOldPartitions(
  sql: SQL,
  { dropDays, bytesMax, diskPercent = 0 }: Homer7Retention,
  nowUs = Date.now() * 1000,
): Promise<readonly string[] | undefined> {
  using connection = await sql.reserve()
  const [lock] = await connection`select pg_try_advisory_lock(${DROP_LOCK}) as taken`
  if (!lock.taken) return undefined
  try {
    const dropped: string[] = []
    const excessBytes = await bytesOverDisk(connection, diskPercent)
    const partitions = await sizedPartitions(connection, dropDays)
    for (const partition of choose(partitions, { bytesMax, excessBytes }, nowUs))
      if (await drop(connection, partition)) dropped.push(partition.name)
    return dropped
  } finally {
    await connection`select pg_advisory_unlock(${DROP_LOCK})`
  }
}

async function sizedPartitions(sql: SQL, dropDays: Homer7Retention['dropDays']): Promise<Sized[]> {
  const all: Sized[] = []
  for (const table of TABLES) {
    const partitions = await listPartitions(sql, table.name)
    const names = partitions.map(({ name }) => name)
    const sizes: { bytes: number }[] = await sql`
      select coalesce(pg_total_relation_size(to_regclass(name)), 0)::float8 as bytes
      from unnest(${names}::text[]) with ordinality as n(name, i) order by i`
    const keepDays = dropDays[table.drop]
    for (const [i, partition] of partitions.entries())
      all.push({ ...partition, keepDays, bytes: sizes[i]?.bytes ?? 0 })
  }
  return all.sort((a, b) => a.toUs - b.toUs)
}

interface Limits {
  readonly bytesMax: number
  readonly excessBytes: number
}

function choose(
  partitions: readonly Sized[],
  { bytesMax, excessBytes }: Limits,
  nowUs: number,
): Sized[] {
  const today = Math.floor(nowUs / DAY_US) * DAY_US
  let bytes = partitions.reduce((sum, { bytes }) => sum + bytes, 0)
  const chosen: Sized[] = []
  let toFree = excessBytes
  let forDisk = 0
  for (const partition of partitions) {
    const { keepDays, toUs } = partition
    const isOld = keepDays > 0 && toUs <= today - (keepDays - 1) * DAY_US
    const isTooMuch = bytesMax > 0 && bytes > bytesMax && toUs <= today
    const isForDisk = toFree > 0 && forDisk < FOR_DISK_MAX && toUs <= today
    if (!isOld && !isTooMuch && !isForDisk) continue
    chosen.push(partition)
    bytes -= partition.bytes
    toFree -= partition.bytes
    forDisk += isOld || isTooMuch ? 0 : 1
  }
  if (bytesMax > 0 && bytes > bytesMax)
    log.warn(
      { bytes, bytesMax },
      "homer7: today's partitions are larger than the limit by themselves",
    )
  return chosen
}

async function drop(sql: SQL, { name, bytes }: Sized): Promise<boolean> {
  try {
    await sql.unsafe(
      `begin; set local lock_timeout = ${LOCK_WAIT_MS_MAX}; drop table if exists ${name}; commit`,
    )
    log.info({ partition: name, bytes }, 'homer7: dropped a partition of old rows')
    return true
  } catch (error) {
    await sql.unsafe('rollback').catch(() => undefined)
    log.warn({ partition: name, error: describeError(error) }, 'homer7: could not drop it; later')
    return false
  }
}
