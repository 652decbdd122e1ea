// What a store does now and then beside storing: old calls go, fresh partitions are analyzed.
import type { SQL } from 'bun'
import { pause } from '#backoff'
import { log as rootLog } from '#log'
import { retentionInForce } from './people/retention-setting.ts'
import { bytesOverDisk } from './postgres/disk-usage.ts'
import { analyzeFresh } from './postgres/fresh-statistics.ts'
import { enforceRetention } from './postgres/retention.ts'

const log = rootLog.child({ room: 'store' })

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const STATISTICS_EVERY_MS = 3_000

export interface HouseOptions {
  readonly retentionMs?: number
  readonly bytesMax?: number
  /** Of the database's disk, which may be used; 0 = all of it. */
  readonly diskPercent?: number
  readonly retentionEveryMs?: number
}

/** Keeps the planner's statistics of new partitions fresh until the signal. */
export async function keepStatistics(
  sql: SQL,
  isReady: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(STATISTICS_EVERY_MS, signal)
    if (signal.aborted || !isReady()) continue
    try {
      await analyzeFresh(sql)
    } catch (error) {
      log.debug({ error: String(error) }, 'could not analyze new partitions; later')
    }
  }
}

/** Drops what is too old or too much, every minute until the signal. */
export async function keepHouse(
  sql: SQL,
  options: HouseOptions,
  isReady: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { retentionMs = 14 * DAY_MS, bytesMax = 0, diskPercent = 0 } = options
  while (!signal.aborted) {
    await pause(options.retentionEveryMs ?? MINUTE_MS, signal)
    if (signal.aborted || !isReady()) continue
    try {
      const inForce = await retentionInForce(sql, { retentionMs, bytesMax })
      const excessBytes = await bytesOverDisk(sql, diskPercent)
      await enforceRetention(sql, { ...inForce, excessBytes })
    } catch (error) {
      log.warn({ error: String(error) }, 'could not look for old calls; later')
    }
  }
}
