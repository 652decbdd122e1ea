// For tests: policies, traces and worlds that are small enough to reckon with by hand.
import type { Policy } from '../policy/policy.ts'
import { type SimulateOptions, type SimulationResult, simulate } from './simulate.ts'
import type { Trace, TraceEvent, TracePoint } from './trace.ts'
import { worldWith } from './world.ts'

export type WorldChanges = Parameters<typeof worldWith>[0]

/** A policy that keeps so many nodes whatever happens. */
export const fixed = (nodes: number, spot = false): Policy => ({
  ...{ name: `fixed-${nodes}`, nodesMin: nodes, nodesMax: nodes, rules: [] },
  capacity: spot
    ? { kind: 'spot', onDemandBase: 0, onDemandWeight: 0, spotWeight: 1, standInsMax: 0 }
    : { kind: 'on-demand' },
})

/** Target tracking of CPU alone. */
export const cpuTarget = (target: number, nodesMax = 20): Policy => ({
  ...{ name: 'cpu', nodesMin: 1, nodesMax, capacity: { kind: 'on-demand' } },
  rules: [
    {
      ...{ kind: 'target', name: 'cpu', metric: 'cpuPercent', target },
      ...{ outCooldownSeconds: 60, inCooldownSeconds: 300, scaleIn: true },
    },
  ],
})

/** Rates, each for a minute. */
export const minutes = (
  rates: readonly number[],
  events: readonly TraceEvent[] = [],
  stepAt?: number,
): Trace => ({
  ...{ name: 'test', about: '', seconds: rates.length * 60, events },
  points: rates.map((rate, i): TracePoint => ({ at: i * 60, rate })),
  ...(stepAt === undefined ? {} : { stepAt }),
})

export const steady = (rate: number, forMinutes: number, events: readonly TraceEvent[] = []) =>
  minutes(
    Array.from({ length: forMinutes }, () => rate),
    events,
  )

/** A world without chance reclaims, where reckoning is exact. */
export const run = (
  policy: Policy,
  trace: Trace,
  { platform, ...changes }: WorldChanges = {},
  more: Partial<SimulateOptions> = {},
): SimulationResult =>
  simulate({
    ...{ policy, trace },
    world: worldWith({ ...changes, platform: { reclaimsPerHour: 0, ...platform } }),
    ...more,
  })

/** What the run cannot account for; rounding apart, nothing. */
export const unaccounted = ({ sent, stored, lostTotal, pending }: SimulationResult): number =>
  sent - stored - lostTotal - pending
