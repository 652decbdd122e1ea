// Samples as an alarm sees them: whole periods on the clock's grid, each one value or none.
//
//   samples  · ··  ···  · ·      ··  · │·        · = one sample
//   periods  [ 3 ][ 3 ][ 2 ][ – ][ 3 ] │ now     a period without samples is missing, not zero
import type { MetricName } from './metrics.ts'
import type { Sample, Statistic } from './policy.ts'

/** Longest an alarm may look back: what callers of `decide` have to keep of the samples. */
export const HISTORY_SECONDS = 3600

export interface PeriodQuery {
  readonly metric: MetricName
  readonly statistic: Statistic
  readonly periodSeconds: number
  readonly periods: number
}

export interface Periods {
  /** Oldest first; undefined where no node said anything. */
  readonly values: readonly (number | undefined)[]
  /** End of the newest of them. */
  readonly endMs: number
}

/** The last whole periods before `atMs`. */
export function lastPeriods(
  samples: readonly Sample[],
  { metric, statistic, periodSeconds, periods }: PeriodQuery,
  atMs: number,
): Periods {
  const periodMs = periodSeconds * 1000
  const endMs = Math.floor(atMs / periodMs) * periodMs
  const startMs = endMs - periods * periodMs
  const sums = new Float64Array(periods)
  const weights = new Float64Array(periods)
  for (let i = samples.length - 1; i >= 0; i--) {
    const sample = samples[i]!
    if (sample.atMs < startMs) break
    const spread = sample.values[metric]
    if (sample.atMs >= endMs || spread === undefined || spread.nodes === 0) continue
    const at = Math.floor((sample.atMs - startMs) / periodMs)
    if (statistic === 'average') {
      sums[at]! += spread.average * spread.nodes
      weights[at]! += spread.nodes
    } else {
      sums[at] = weights[at] === 0 ? spread.maximum : Math.max(sums[at]!, spread.maximum)
      weights[at] = 1
    }
  }
  const values = Array.from(sums, (sum, at) => (weights[at] === 0 ? undefined : sum / weights[at]!))
  return { values, endMs }
}

/** True when every one of the values is there and fulfils `test`. */
export const all = (
  values: readonly (number | undefined)[],
  test: (value: number) => boolean,
): boolean => values.length > 0 && values.every((value) => value !== undefined && test(value))
