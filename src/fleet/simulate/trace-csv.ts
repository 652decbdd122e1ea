// Recorded traces: a CSV of one's own, or the minutes of a running Calliope. Two columns, time and packets
// a second; time is seconds from the beginning, or RFC 3339. A header line and further columns are let pass.
import { TRACE_POINTS_MAX, type Trace, type TracePoint } from './trace.ts'

const SECONDS_MAX = 31 * 86_400

/** A CSV that cannot be read: says which line and why. */
export class TraceError extends Error {
  readonly code = 'SIMULATE_BAD_TRACE'
}

/** Reads `time,packets per second`; points may be irregular but must be in order. */
export function traceOfCsv(text: string, name: string): Trace {
  const points: TracePoint[] = []
  let beginning: number | undefined
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [time = '', value = ''] = line.split(/[,;\t]/).map((cell) => cell.trim())
    if (time === '' || time.startsWith('#')) continue
    const seconds = secondsOf(time)
    const rate = Number(value)
    if (Number.isNaN(seconds) && points.length === 0) continue // the header
    if (Number.isNaN(seconds) || value === '' || !(rate >= 0 && Number.isFinite(rate)))
      throw new TraceError(
        `${name}, line ${i + 1}: '${line.slice(0, 60)}' is not 'TIME,PACKETS PER SECOND'; ` +
          'TIME is seconds or like 2026-11-21T10:00:00Z',
      )
    beginning ??= seconds
    points.push({ at: seconds - beginning, rate })
  }
  return recorded(name, points)
}

/** Counts per minute, oldest first, as /api/v1/kpi has them; a minute that is missing had no traffic. */
export function traceOfMinutes(
  minutes: readonly { readonly minute: string; readonly messages: number }[],
  stepSeconds: number,
  name: string,
): Trace {
  const points: TracePoint[] = []
  const beginning = Date.parse(minutes[0]?.minute ?? '') / 1000
  let due = 0
  for (const { minute, messages } of minutes) {
    const at = Date.parse(minute) / 1000 - beginning
    if (at > due) points.push({ at: due, rate: 0 })
    points.push({ at, rate: messages / stepSeconds })
    due = at + stepSeconds
  }
  return recorded(name, points)
}

const secondsOf = (time: string): number =>
  /^-?\d+(\.\d+)?$/.test(time) ? Number(time) : Date.parse(time) / 1000

function recorded(name: string, points: readonly TracePoint[]): Trace {
  const last = points.at(-1)
  if (last === undefined || points.length < 2)
    throw new TraceError(`${name}: a trace needs at least two points in time`)
  const wrong = points.findIndex(({ at }, i) => i > 0 && at <= points[i - 1]!.at)
  if (wrong > 0)
    throw new TraceError(`${name}: point ${wrong + 1} is not later than the one before it`)
  const seconds = last.at + (last.at - points.at(-2)!.at)
  if (points.length > TRACE_POINTS_MAX || seconds > SECONDS_MAX)
    throw new TraceError(
      `${name}: ${points.length} points over ${Math.round(seconds / 3600)} hours; ` +
        `at most ${TRACE_POINTS_MAX} points over ${SECONDS_MAX / 86_400} days`,
    )
  return { name, about: 'recorded', seconds, points, events: [] }
}
