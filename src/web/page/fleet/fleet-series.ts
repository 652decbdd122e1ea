// The fleet's steps on an even grid of time: where no node was there is nothing, and the chart shows a
// gap, for a line drawn over an outage would hide it.
import type { Fleet, FleetPoint } from '#contract'

export interface FleetGrid {
  /** Where each step begins, seconds since 1970. */
  readonly times: readonly number[]
  readonly points: readonly (FleetPoint | undefined)[]
}

/** The whole steps of a range; the one that is not over yet is left out. */
export function fleetGrid(
  { points, stepSeconds }: Pick<Fleet, 'points' | 'stepSeconds'>,
  fromSeconds: number,
  toSeconds: number,
): FleetGrid {
  const byTime = new Map(points.map((point) => [Date.parse(point.at) / 1000, point]))
  const first = Math.ceil(fromSeconds / stepSeconds) * stepSeconds
  // Nodes write a span once it is over, with their next heartbeat: the newest is not whole for a while.
  const last = Math.max(0, ...byTime.keys())
  const end = Math.min(toSeconds, last + stepSeconds, last === 0 ? toSeconds : Number.MAX_VALUE)
  const count = Math.max(0, Math.floor((end - first) / stepSeconds))
  const times = Array.from({ length: count }, (_, i) => first + i * stepSeconds)
  return { times, points: times.map((time) => byTime.get(time)) }
}

/** One number of each step; null where there is none. */
export const valuesOf = (
  { points }: FleetGrid,
  pick: (point: FleetPoint) => number | null,
): readonly (number | null)[] => points.map((point) => (point === undefined ? null : pick(point)))
