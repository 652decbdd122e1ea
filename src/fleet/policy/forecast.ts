// The predictive floor: this hour will need what the same hour needed a day and a week ago. Telephony
// follows the clock and the weekday closely enough that nothing cleverer is worth its surprises.
//
//   now ───── leadSeconds ────▶   the hours in between, looked up 24 h and 168 h back
import type { HourPeak, PolicyState, PredictiveRule, Sample } from './policy.ts'

const HOUR_MS = 3_600_000
const BACK_HOURS = [24, 168]
/** A week and what is looked up before it is forgotten. */
const HOURS_KEPT = 168 + 24

type Hourly = PolicyState['hourly']

/** `hourly` with the samples after `notedAtMs`. */
export function notePeaks(
  rules: readonly PredictiveRule[],
  { hourly, notedAtMs }: PolicyState,
  samples: readonly Sample[],
): Hourly {
  if (rules.length === 0) return hourly
  const fresh = samples.slice(samples.findLastIndex(({ atMs }) => atMs <= notedAtMs) + 1)
  return Object.fromEntries(
    rules.map((rule) => [rule.name, fresh.reduce(notePeak(rule), hourly[rule.name] ?? [])]),
  )
}

const notePeak =
  ({ metric }: PredictiveRule) =>
  (peaks: readonly HourPeak[], { atMs, nodes, values }: Sample): readonly HourPeak[] => {
    const spread = values[metric]
    if (spread === undefined || spread.nodes === 0) return peaks
    const load = spread.average * nodes
    const hour = Math.floor(atMs / HOUR_MS)
    const last = peaks.at(-1)
    if (last?.hour !== hour) return [...peaks.slice(1 - HOURS_KEPT), { hour, load }]
    return load > last.load ? [...peaks.slice(0, -1), { hour, load }] : peaks
  }

/** Nodes the coming hours will need; 0 while there is no day to look back to. */
export function forecast(
  { target, leadSeconds }: PredictiveRule,
  peaks: readonly HourPeak[],
  atMs: number,
): number {
  const first = Math.floor(atMs / HOUR_MS)
  const last = Math.floor((atMs + leadSeconds * 1000) / HOUR_MS)
  const hours = new Set<number>()
  for (let hour = first; hour <= last; hour++) for (const back of BACK_HOURS) hours.add(hour - back)
  const loads = peaks.filter(({ hour }) => hours.has(hour)).map(({ load }) => load)
  return Math.max(0, Math.ceil(Math.max(0, ...loads) / target - 1e-9))
}
