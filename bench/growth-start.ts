// Until a node on a filled database is ready, and what partitions add to that.
import { startCapture } from './capture.ts'
import type { BenchServer } from './database.ts'

const HOUR_MS = 3_600_000

/** Milliseconds from starting the process to its `ready`, the median of some. */
export async function timeStart(
  place: { directory: string; database: string },
  times: number,
): Promise<number> {
  const tookMs: number[] = []
  for (let i = 0; i < times; i++) {
    const beganMs = performance.now()
    const capture = await startCapture({ ...place, flags: ['--spool-bytes-max', '100GB'] })
    tookMs.push(performance.now() - beganMs)
    await capture.program.stop()
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(times / 2)]!
}

/** Adds empty partitions of an hour, far back, until there are so many; how many there are then. */
export async function addEmptyPartitions(
  server: BenchServer,
  database: string,
  wanted: number,
): Promise<number> {
  await using sql = server.administrator(database)
  const have = async () => {
    const [row] =
      await sql`select count(*)::int as n from pg_inherits where inhparent = 'call_segments'::regclass`
    return row.n as number
  }
  const missing = wanted - (await have())
  // Within the retention of 14 days nothing is dropped again: at most 330 hours; beyond, ahead of time.
  const from = Date.now() - 13 * 24 * HOUR_MS
  const hours = Array.from(
    { length: Math.max(0, missing) },
    (_, i) => from + (i < 280 ? i : i + 24 * 14) * HOUR_MS,
  )
  for (const ms of hours) {
    const at = new Date(Math.floor(ms / HOUR_MS) * HOUR_MS)
    const end = new Date(at.getTime() + HOUR_MS)
    const digits = at.toISOString().replaceAll(/\D/g, '')
    const name = `call_segments_${digits.slice(0, 8)}_${digits.slice(8, 12)}`
    await sql.unsafe(
      `create table if not exists ${name} partition of call_segments for values from ('${at.toISOString()}') to ('${end.toISOString()}'); alter table ${name} owner to calliope`,
    )
  }
  return await have()
}
