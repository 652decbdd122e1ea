// Conformance with Application Auto Scaling: its documented rules, one by one.
import { expect, test } from 'bun:test'
import { decide } from './decide.ts'
import { ECS_ENGINE, ECS_FAST_ENGINE } from './engines.ts'
import { forecast } from './forecast.ts'
import type { EcsEngine, Policy, PredictiveRule, Rule, StepRule } from './policy.ts'
import { initialState } from './state.ts'
import { MINUTE_MS, play, START_MS, sampled } from './test-play.ts'

const cpu: Rule = {
  ...{ kind: 'target', name: 'cpu', metric: 'cpuPercent', target: 60, scaleIn: true },
  ...{ outCooldownSeconds: 60, inCooldownSeconds: 3600 },
}
const of = (...rules: Rule[]): Policy => ({
  ...{ name: 'one', nodesMin: 1, nodesMax: 100, rules, capacity: { kind: 'on-demand' } },
})
const minutes = (count: number, cpuPercent: number) =>
  Array.from({ length: count }, () => ({ cpuPercent }))
const wantedOf = (
  rule: Rule,
  values: Parameters<typeof play>[1],
  nodes: number,
  engine?: EcsEngine,
) => play(of(rule), values, { nodes, ...(engine ? { engine } : {}) }).map(({ wanted }) => wanted)

test('a target rule does not scale in above nine tenths of its target', () => {
  expect(wantedOf(cpu, minutes(30, 55), 40).at(-1)).toBe(40)
  expect(wantedOf(cpu, minutes(15, 53), 40).at(-1)).toBe(36)
})

test('a target rule scales in once a cooldown, unless a scale-out ends the cooldown', () => {
  const once = wantedOf(cpu, minutes(50, 30), 40)
  expect([once[14], once.at(-1)]).toEqual([20, 20])
  const values = [...minutes(15, 30), ...minutes(3, 90), ...minutes(16, 30)]
  const wanted = wantedOf(cpu, values, 40)
  expect([wanted[14], wanted[17], wanted.at(-1)]).toEqual([20, 30, 15])
})

test('a target rule scales in one by one, where the engine is taken to do so', () => {
  const engine: EcsEngine = { ...ECS_ENGINE, inStep: 'one' }
  const often: Rule = { ...cpu, inCooldownSeconds: 300 }
  expect(wantedOf(often, minutes(26, 6), 10, engine).slice(13)).toEqual([
    ...[10, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 7, 7],
  ])
})

test('a target rule with 20-second metrics scales out after a minute, in after a quarter of an hour', () => {
  const options = { nodes: 4, engine: ECS_FAST_ENGINE, stepMs: 20_000 }
  const out = play(of(cpu), minutes(3, 90), options).map(({ wanted }) => wanted)
  expect(out).toEqual([4, 4, 6])
  const low = play(of(cpu), minutes(45, 20), options).map(({ wanted }) => wanted)
  expect(low.slice(-2)).toEqual([4, 2])
})

test('a step that scales in waits for its cooldown between two of them', () => {
  const idle: StepRule = {
    ...{ kind: 'step', name: 'idle', metric: 'cpuPercent', statistic: 'average', when: 'below' },
    ...{ threshold: 30, periodSeconds: 60, periods: 2, unit: 'nodes', cooldownSeconds: 180 },
    steps: [
      { from: 0, change: -1 },
      { from: 20, change: -4 },
    ],
  }
  expect(wantedOf(idle, minutes(9, 25), 20)).toEqual([20, 19, 19, 19, 18, 18, 18, 17, 17])
  // 20 below the threshold is the next step.
  expect(wantedOf(idle, minutes(2, 10), 20)).toEqual([20, 16])
})

test('percentages are cut towards zero, but never to nothing', () => {
  const by = (change: number, nodes: number) => {
    const rule: Rule = {
      ...{ kind: 'simple', name: 'by', metric: 'cpuPercent', statistic: 'average', threshold: 50 },
      ...{ periodSeconds: 60, periods: 1, unit: 'percent', change, cooldownSeconds: 0 },
      when: change > 0 ? 'above' : 'below',
    }
    return wantedOf(rule, minutes(1, change > 0 ? 90 : 10), nodes)[0]! - nodes
  }
  // AWS's own examples: 12.7 becomes 12, 0.67 becomes 1, -0.58 becomes -1, -6.67 becomes -6.
  expect([by(127, 10), by(67, 1), by(-29, 2), by(-66.7, 10)]).toEqual([12, 1, -1, -6])
})

test('the minute that is not over yet does not count', () => {
  const samples = [0, 1, 2].map((minute) =>
    sampled(START_MS + minute * MINUTE_MS, { cpuPercent: 90 }, 4),
  )
  const at = (atMs: number) => decide(of(cpu), initialState(of(cpu), 4), samples, atMs).wanted
  expect(at(START_MS + 2.9 * MINUTE_MS)).toBe(4)
  expect(at(START_MS + 3 * MINUTE_MS)).toBe(6)
})

test('forecast takes the larger of yesterday and a week ago, for every hour until its lead is over', () => {
  const rule: PredictiveRule = {
    ...{ kind: 'predictive', name: 'f', metric: 'packetsPerSecond' },
    ...{ target: 100, leadSeconds: 1800 },
  }
  const peaks = [
    { hour: 0, load: 900 },
    { hour: 144, load: 500 },
    { hour: 145, load: 2000 },
  ]
  const at = (hour: number) => forecast(rule, peaks, hour * 3_600_000)
  expect([at(168), at(168.6), at(169), at(170)]).toEqual([9, 20, 20, 0])
})
