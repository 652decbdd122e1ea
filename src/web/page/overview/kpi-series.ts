// KPI rows on an even grid of time: where there is no row there is null, and the chart shows a gap.
import type { Kpi, KpiMinute } from '#contract'

/** Rows by the grid's places. */
export interface Grid {
  /** Where each step begins, seconds since 1970. */
  readonly times: readonly number[]
  readonly stepSeconds: number
  readonly rows: readonly (KpiMinute | undefined)[]
}

/**
 * The whole steps between two times. The first and the last one are left out when the range cuts
 * them: half a step would look like half the calls.
 */
export function gridOf(
  { minutes, stepSeconds }: Kpi,
  fromSeconds: number,
  toSeconds: number,
): Grid {
  const byTime = new Map(minutes.map((row) => [Date.parse(row.minute) / 1000, row]))
  const first = Math.ceil(fromSeconds / stepSeconds) * stepSeconds
  const count = Math.max(0, Math.floor((toSeconds - first) / stepSeconds))
  const times = Array.from({ length: count }, (_, i) => first + i * stepSeconds)
  return { times, stepSeconds, rows: times.map((time) => byTime.get(time)) }
}

/** One number of each row; null where there is none. */
export const valuesOf = (
  { rows }: Grid,
  pick: (row: KpiMinute) => number | null,
): readonly (number | null)[] => rows.map((row) => (row === undefined ? null : pick(row)))

/** The values of another grid at the places of this one, `earlierSeconds` before. */
export function shifted(
  { times }: Grid,
  other: Grid,
  earlierSeconds: number,
  pick: (row: KpiMinute) => number | null,
): readonly (number | null)[] {
  const byTime = new Map(other.times.map((time, i) => [time, other.rows[i]]))
  return times.map((time) => {
    const row = byTime.get(time - earlierSeconds)
    return row === undefined ? null : pick(row)
  })
}

/** A stretch of far more registrations than usual: phones that lost their server come back at once. */
export interface Storm {
  readonly fromSeconds: number
  readonly toSeconds: number
  /** Most in one step, per minute, and what is usual. */
  readonly perMinute: number
  readonly usualPerMinute: number
}

const STORM_TIMES_USUAL = 4
const STORM_PER_MINUTE_MIN = 30

/** Stretches of steps with four times the median and at least 30 a minute. */
export function stormsOf({ times, rows, stepSeconds }: Grid): readonly Storm[] {
  const rates = rows.map((row) => ((row?.registrations ?? 0) * 60) / stepSeconds)
  const busy = rates.filter((rate) => rate > 0).sort((a, b) => a - b)
  const usual = busy[Math.floor(busy.length / 2)] ?? 0
  const limit = Math.max(STORM_PER_MINUTE_MIN, usual * STORM_TIMES_USUAL)
  const storms: Storm[] = []
  for (const [i, rate] of rates.entries()) {
    if (rate <= limit) continue
    const last = storms.at(-1)
    const goesOn = last?.toSeconds === times[i]
    const storm = {
      fromSeconds: goesOn ? last!.fromSeconds : times[i]!,
      toSeconds: times[i]! + stepSeconds,
      perMinute: Math.round(Math.max(rate, goesOn ? last!.perMinute : 0)),
      usualPerMinute: Math.round(usual),
    }
    storms.splice(goesOn ? -1 : storms.length, goesOn ? 1 : 0, storm)
  }
  return storms
}
