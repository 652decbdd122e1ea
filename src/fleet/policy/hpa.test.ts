// Conformance with the HorizontalPodAutoscaler: every case is one that Kubernetes' documentation of the
// algorithm and of `behavior` describes, with its numbers where it gives any.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { behaviorOf } from './behavior.ts'
import { decide } from './decide.ts'
import type { HpaBehavior, HpaDirection } from './deployed.ts'
import { HPA_ENGINE } from './engines.ts'
import { limitPace, podsByMetric, podsByTotal, stabilize } from './hpa.ts'
import type { Policy, Sample } from './policy.ts'
import { CALLIOPE, CALLIOPE_FORECAST, CPU_MEMORY, UP_EARLY_DOWN_SLOWLY } from './presets.ts'
import { initialState } from './state.ts'
import { play, START_MS } from './test-play.ts'

const TENTH = { out: 0.1, in: 0.1 }
const steady = { missing: 0, unready: 0 }

test('podsByMetric is ceil(pods × metric / target)', () => {
  const by = (average: number, target: number, pods: number) =>
    podsByMetric({ pods, reporting: pods, average, target, ...steady }, TENTH)
  // 200m where 100m is wanted doubles; 50m halves.
  expect(by(200, 100, 3)).toBe(6)
  expect(by(50, 100, 4)).toBe(2)
  expect(by(90, 60, 4)).toBe(6)
  expect(by(61, 50, 5)).toBe(7)
})

test('podsByMetric does nothing within a tenth of the target, and the edge is within', () => {
  const by = (average: number) =>
    podsByMetric({ pods: 10, reporting: 10, average, target: 100, ...steady }, TENTH)
  expect([90, 95, 100, 105, 110].map(by)).toEqual([10, 10, 10, 10, 10])
  expect([89.9, 110.1].map(by)).toEqual([9, 12])
})

test('podsByMetric takes silent pods as at the target when scaling in, as idle when scaling out', () => {
  const by = (average: number, reporting: number, missing: number, unready = 0) =>
    podsByMetric(
      { pods: reporting + missing + unready, average, reporting, missing, unready, target: 100 },
      TENTH,
    )
  expect(by(50, 4, 0)).toBe(2)
  // (4 × 50 + 2 × 100) / 6 = 67 of 100.
  expect(by(50, 4, 2)).toBe(4)
  // (4 × 200 + 0) / 6 = 133 of 100.
  expect(by(200, 4, 2)).toBe(8)
  // Pods that are not ready damp a scale-out just so, and do not count when scaling in.
  expect(by(200, 4, 0, 2)).toBe(8)
  expect(by(50, 4, 0, 2)).toBe(2)
})

test('podsByMetric never turns round because of silent pods', () => {
  // 120 of 100 wants more, but with two thirds idle it would be fewer: no change.
  const damped = { pods: 9, average: 120, reporting: 3, missing: 6, unready: 0, target: 100 }
  expect(podsByMetric(damped, TENTH)).toBe(9)
  fc.assert(
    fc.property(
      fc.record({
        ...{
          average: fc.integer({ min: 0, max: 400 }),
          reporting: fc.integer({ min: 1, max: 20 }),
        },
        ...{ missing: fc.nat(20), unready: fc.nat(20), target: fc.integer({ min: 1, max: 200 }) },
      }),
      (metric) => {
        const pods = metric.reporting + metric.missing + metric.unready
        const wanted = podsByMetric({ pods, ...metric }, TENTH)
        if (metric.missing + metric.unready === 0) return
        if (metric.average > metric.target) expect(wanted).toBeGreaterThanOrEqual(pods)
        else if (metric.missing > 0) expect(wanted).toBeLessThanOrEqual(pods)
      },
    ),
  )
})

test('podsByTotal follows an external metric of average value 1, beyond the tolerance', () => {
  expect(podsByTotal(10, 15, TENTH)).toBe(15)
  expect(podsByTotal(10, 11, TENTH)).toBe(10)
  expect(podsByTotal(10, 8.5, TENTH)).toBe(9)
  expect(podsByTotal(10, 9, { out: 0.1, in: 0.01 })).toBe(9)
})

const direction = (windowSeconds: number, policies: HpaDirection['policies']): HpaDirection => ({
  ...{ stabilizationWindowSeconds: windowSeconds, selectPolicy: 'Max', policies },
})
/** What Kubernetes does when `behavior` says nothing. */
const byDefault: HpaBehavior = {
  scaleUp: direction(0, [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ]),
  scaleDown: direction(300, [{ type: 'Percent', value: 100, periodSeconds: 15 }]),
}

test('limitPace lets the default behaviour double or add four pods in fifteen seconds', () => {
  const to = (wanted: number, wish: number) =>
    limitPace({ wanted, moves: [] }, wish, byDefault, 100_000)
  expect([to(1, 50), to(4, 50), to(10, 50), to(10, 12)]).toEqual([5, 8, 20, 12])
  const moves = [{ atMs: 95_000, change: 4 }]
  // Of the 4 there were fifteen seconds ago, 4 were added already: 8 is the most.
  expect(limitPace({ wanted: 8, moves }, 50, byDefault, 100_000)).toBe(8)
  expect(limitPace({ wanted: 8, moves }, 50, byDefault, 111_000)).toBe(16)
})

test('limitPace scales 80 pods in by 10 % a minute as the documentation counts it', () => {
  const tenth = direction(0, [
    { type: 'Pods', value: 4, periodSeconds: 60 },
    { type: 'Percent', value: 10, periodSeconds: 60 },
  ])
  const behavior = { ...byDefault, scaleDown: tenth }
  let level = { wanted: 80, moves: [] as { atMs: number; change: number }[] }
  const counts: number[] = []
  for (let minute = 1; minute <= 8; minute++) {
    const wanted = limitPace(level, 10, behavior, minute * 60_000)
    level = {
      wanted,
      moves: [...level.moves, { atMs: minute * 60_000, change: wanted - level.wanted }],
    }
    counts.push(wanted)
  }
  // 8 of 80, then 7.2 of 72 (8 by the documentation's rounding up), until 4 pods are more than 10 %.
  expect(counts).toEqual([72, 64, 57, 51, 45, 40, 36, 32])
  const least = { ...behavior, scaleDown: { ...tenth, selectPolicy: 'Min' as const } }
  expect(limitPace({ wanted: 80, moves: [] }, 10, least, 0)).toBe(76)
})

test('stabilize takes the highest of the window when scaling in, the lowest when scaling out', () => {
  const recommended = [
    { atMs: 0, nodes: 9 },
    { atMs: 100_000, nodes: 7 },
    { atMs: 200_000, nodes: 3 },
  ]
  const at = (atMs: number, wish: number, behavior = byDefault) =>
    stabilize(10, wish, recommended, behavior, atMs)
  expect(at(250_000, 3)).toBe(9)
  expect(at(301_000, 3)).toBe(7)
  expect(at(401_000, 3)).toBe(3)
  expect(at(250_000, 30)).toBe(30)
  const careful = {
    ...byDefault,
    scaleUp: { ...byDefault.scaleUp, stabilizationWindowSeconds: 120 },
  }
  expect(stabilize(2, 30, recommended, careful, 250_000)).toBe(3)
})

const HPA = { engine: HPA_ENGINE, stepMs: 15_000 }
const wantedOf = (policy: Policy, values: Parameters<typeof play>[1], nodes: number) =>
  play(policy, values, { nodes, ...HPA }).map(({ wanted }) => wanted)

test('decide as an HPA acts on the newest sample and keeps the pace of the policy', () => {
  const cpu = (percent: number) => ({ cpuPercent: percent, memoryPercent: 40 })
  // Doubling a minute: 2, then 6 at once (four pods), the rest when the minute is over.
  expect(wantedOf(CPU_MEMORY, [cpu(240), cpu(240), cpu(60), cpu(60)], 2)).toEqual([6, 6, 6, 6])
  const idle = Array.from({ length: 27 }, () => cpu(10))
  const wanted = wantedOf(CPU_MEMORY, idle, 10)
  // What was found counts as wanted for the five minutes of the window; then a tenth a minute.
  expect(wanted.slice(18)).toEqual([10, 10, 9, 9, 9, 9, 8, 8, 8])
})

test('decide as an HPA does not scale in when one of several metrics is missing', () => {
  const blind = Array.from({ length: 30 }, () => ({ cpuPercent: 5 }))
  expect(wantedOf(CPU_MEMORY, blind, 8).at(-1)).toBe(8)
  expect(wantedOf(CPU_MEMORY, [{ cpuPercent: 120 }], 4)).toEqual([8])
})

test('decide as an HPA takes idle pods as busy when they say nothing', () => {
  const spread = { average: 20, maximum: 20, nodes: 2 }
  const values = { cpuPercent: spread, memoryPercent: spread }
  const sample: Sample = { atMs: START_MS, nodes: 8, values }
  const { wanted } = decide(CPU_MEMORY, initialState(CPU_MEMORY, 8), [sample], START_MS, HPA_ENGINE)
  expect(wanted).toBe(8)
})

test('decide as an HPA runs step rules as the queries they compile to', () => {
  const behind = (seconds: number) => ({
    ...{ packetsPerSecond: 30_000, cpuPercent: 65, shortDropsPerSecond: 0, behindSeconds: seconds },
  })
  const values = [0, 0, 35, 35, 35, 35].map(behind)
  // 35 s is 25 beyond the threshold: half as many again, once two periods of 30 s say so.
  expect(wantedOf(CALLIOPE, values, 8)).toEqual([8, 8, 8, 8, 8, 12])
  const idle = Array.from({ length: 64 }, () => ({ cpuPercent: 20 }))
  expect(wantedOf(UP_EARLY_DOWN_SLOWLY, idle, 10).at(-1)).toBe(9)
})

test('decide as an HPA does not fall below the forecast', () => {
  const rules = CALLIOPE_FORECAST.rules.filter(({ name }) => /forecast|packets/.test(name))
  const hours = Array.from({ length: 30 }, (_, hour) => ({
    packetsPerSecond: hour === 4 ? 90_000 : 100,
  }))
  const options = { nodes: 4, engine: HPA_ENGINE, stepMs: 3_600_000 }
  const decisions = play({ ...CALLIOPE_FORECAST, rules }, hours, options)
  expect(decisions[26]!.wanted).toBe(2)
  expect(decisions[27]!.wanted).toBeGreaterThan(2)
})

test('behaviorOf lets the quickest rule set the pace out and the slowest the pace in', () => {
  const { scaleUp, scaleDown } = behaviorOf(CALLIOPE)
  expect(scaleUp.policies.map(({ periodSeconds }) => periodSeconds)).toEqual([60, 60])
  expect(scaleDown.stabilizationWindowSeconds).toBe(600)
  expect(scaleDown).not.toHaveProperty('tolerance')
  // A tenth of the pods is all it takes away: within Kubernetes' usual tolerance it never would.
  expect(behaviorOf(UP_EARLY_DOWN_SLOWLY).scaleDown.tolerance).toBe('0.01')
})
