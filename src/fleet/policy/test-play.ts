// For tests: plays metric values to a policy in virtual time, one sample each step, as an engine would.
import fc from 'fast-check'
import { decide } from './decide.ts'
import type { MetricName } from './metrics.ts'
import type { Decision, Engine, Policy, PolicyState, Sample } from './policy.ts'
import { initialState } from './state.ts'

export const MINUTE_MS = 60_000
/** An hour's beginning. */
export const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000)

export type Values = Partial<Record<MetricName, number>>

/** One sample in which every node says the same. */
export function sampled(atMs: number, values: Values, nodes: number): Sample {
  const spread = (value: number) => ({ average: value, maximum: value, nodes })
  return {
    ...{ atMs, nodes },
    values: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, spread(value)]),
    ),
  }
}

export interface PlayOptions {
  readonly nodes: number
  readonly hosts?: number
  /** @default one minute */
  readonly stepMs?: number
  readonly engine?: Engine
  /** What happens to the state between decisions. */
  readonly carry?: (state: PolicyState) => PolicyState
}

/** The decisions after each value. */
export function play(
  policy: Policy,
  values: readonly Values[],
  { nodes, hosts, stepMs = MINUTE_MS, engine, carry = (state) => state }: PlayOptions,
): Decision[] {
  let state = initialState(policy, nodes, hosts)
  const samples: Sample[] = []
  return values.map((each, step) => {
    samples.push(sampled(START_MS + step * stepMs, each, state.nodes.wanted))
    const decision = decide(policy, state, samples, START_MS + (step + 1) * stepMs, engine)
    state = carry(decision.state)
    return decision
  })
}

const percent = fc.option(fc.double({ min: 0, max: 150, noNaN: true }), { nil: undefined })

/** Anything a minute may say, with gaps. */
export const anySample: fc.Arbitrary<Values> = fc
  .record({
    cpuPercent: percent,
    memoryPercent: percent,
    hostCpuPercent: percent,
    packetsPerSecond: fc.option(fc.nat(90_000), { nil: undefined }),
    behindSeconds: fc.option(fc.nat(90), { nil: undefined }),
    shortDropsPerSecond: fc.constantFrom(0, 0, 0, 5),
  })
  .map(
    (values) =>
      Object.fromEntries(
        Object.entries(values).filter(([, value]) => value !== undefined),
      ) as Values,
  )
