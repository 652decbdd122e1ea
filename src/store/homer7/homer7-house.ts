// What homer7's tables need now and then: partitions for yesterday, today and the days to come, as
// heplify-server makes them at its start and every night, and an end for what is too old.
import type { SQL } from 'bun'
import { pause } from '#backoff'
import { log as rootLog } from '#log'
import { answeredWithin } from '../postgres/connect.ts'
import { describeError } from '../postgres/sql-state.ts'
import { ensureTables, type Homer7Partitions } from './homer7-partitions.ts'
import { dropOldPartitions, type Homer7Retention } from './homer7-retention.ts'

const log = rootLog.child({ room: 'store', part: 'homer7' })

const LOOK_MS = 60_000
/** Days of partitions of five minutes are thousands of tables. */
const HOUSE_MS_MAX = 1_800_000
const DAY_US = 86_400_000_000
const SOON_US = 6 * 3_600_000_000
/** From when on the day after tomorrow gets its partitions: 03:30, as there. */
const NIGHT_US = 3.5 * 3_600_000_000

export interface HouseOptions {
  readonly rotate?: boolean
  readonly retention: Homer7Retention
}

/** Keeps house every minute until the signal; never throws. */
export async function keepHomer7(
  sql: SQL,
  partitions: Homer7Partitions,
  { rotate = true, retention }: HouseOptions,
  signal: AbortSignal,
): Promise<void> {
  while (rotate && !signal.aborted) {
    try {
      await answeredWithin(sql, HOUSE_MS_MAX, async () => {
        await ensureTables(sql)
        await coverDays(sql, partitions, signal)
        await dropOldPartitions(sql, retention)
      })
    } catch (error) {
      if (!signal.aborted)
        log.warn({ error: describeError(error) }, 'homer7: could not look after partitions; later')
    }
    await pause(LOOK_MS, signal)
  }
}

/** Yesterday, today, tomorrow; after the night's hour the day after that. What comes next goes first. */
export async function coverDays(
  sql: SQL,
  partitions: Homer7Partitions,
  signal: AbortSignal,
  nowUs = Date.now() * 1000,
): Promise<void> {
  const today = Math.floor(nowUs / DAY_US) * DAY_US
  const days = nowUs - today < NIGHT_US ? 2 : 3
  await partitions.coverSpan(sql, nowUs, nowUs + SOON_US, signal)
  await partitions.coverSpan(sql, today, today + days * DAY_US, signal)
  await partitions.coverSpan(sql, today - DAY_US, today, signal)
}
