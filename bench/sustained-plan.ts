// When things happen in a sustained run, and how they are made to happen then. Partitions are an hour
// long and retention goes by whole partitions, so the clocks are arranged:
//
//   agents' clocks     run ahead by as much as makes their hour turn at ROLL_OVER of the run
//   old calls          from before and after an hour's end, two hours ago
//   retention          as long as makes that hour's end too old at RETENTION of the run
export const RESTART_AT = 0.25
export const ROLL_OVER_AT = 0.45
export const RETENTION_AT = 0.65

const HOUR_MS = 3_600_000
const OLD_MS = 50 * 60_000

/** End of the hour whose partition will be dropped. */
export const oldHourEnd = (nowMs: number): number =>
  Math.floor(nowMs / HOUR_MS) * HOUR_MS - 2 * HOUR_MS

/** Where old calls lie: as far before that hour's end as nothing is too old at the start, and after it. */
export const oldCallsSpan = (
  hourEndMs: number,
  runMs: number,
): { fromMs: number; toMs: number } => ({
  fromMs: hourEndMs - (RETENTION_AT * runMs) / 2,
  toMs: hourEndMs + OLD_MS,
})

export const retentionMs = (hourEndMs: number, startMs: number, runMs: number): number =>
  Math.round(startMs + RETENTION_AT * runMs - hourEndMs)

export function clockAheadMs(startMs: number, runMs: number): number {
  const turnMs = startMs + ROLL_OVER_AT * runMs
  return Math.ceil(turnMs / HOUR_MS) * HOUR_MS - turnMs
}
