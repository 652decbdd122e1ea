// The fleet's steps on an even grid of time: where no node was there is nothing, and the chart shows a
// gap, for a line drawn over an outage would hide it.
import type { Fleet, FleetPoint } from '#contract'

export interface FleetGrid {
  /** Where each step begins, seconds since 1970. */
  readonly times: readonly number[]
  readonly points: readonly (FleetPoint | undefined)[]
}

/** Every step from the first in the range to the last that is known; the axis shows the rest empty. */
export function fleetGrid(
  { points, stepSeconds }: Pick<Fleet, 'points' | 'stepSeconds'>,
  fromSeconds: number,
): FleetGrid {
  const byTime = new Map(points.map((point) => [Date.parse(point.at) / 1000, point]))
  const first = Math.ceil(fromSeconds / stepSeconds) * stepSeconds
  const count = Math.max(0, (Math.max(0, ...byTime.keys()) - first) / stepSeconds + 1)
  const times = Array.from({ length: count }, (_, i) => first + i * stepSeconds)
  return { times, points: times.map((time) => byTime.get(time)) }
}

/** One number of each step; null where there is none. */
export const valuesOf = (
  { points }: FleetGrid,
  pick: (point: FleetPoint) => number | null,
): readonly (number | null)[] => points.map((point) => (point === undefined ? null : pick(point)))
