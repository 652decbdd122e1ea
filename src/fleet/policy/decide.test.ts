import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { decide, splitCapacity } from './decide.ts'
import { HPA_ENGINE } from './engines.ts'
import type { Decision, Engine, Policy, Sample } from './policy.ts'
import {
  CALLIOPE,
  CALLIOPE_FORECAST,
  CPU_MEMORY,
  PRESETS,
  TWO_LEVEL,
  UP_EARLY_DOWN_SLOWLY,
} from './presets.ts'
import { initialState } from './state.ts'
import { anySample, MINUTE_MS, play, START_MS, sampled } from './test-play.ts'

const cpu = (percent: number) => ({ cpuPercent: percent, memoryPercent: 50 })

test('decide scales out on the third minute above the target, by proportion', () => {
  const wanted = play(CPU_MEMORY, [90, 90, 90, 90].map(cpu), { nodes: 4 })
  expect(wanted.map((decision) => decision.wanted)).toEqual([4, 4, 6, 9])
  expect(wanted[2]!.reason).toEqual({
    kind: 'out',
    rule: 'cpu',
    text: 'CPU 90 % is above 60 %: 4 nodes become 6',
  })
})

test('decide counts capacity already added while a scale-out cools down', () => {
  const policy = withCooldown(CPU_MEMORY, 240)
  const wanted = play(policy, [90, 90, 90, 90, 90, 120, 90].map(cpu), { nodes: 4 })
  // At the sixth minute 4 × 120/60 = 8: counted from the 4 before the cooldown, not from 6.
  expect(wanted.map((decision) => decision.wanted)).toEqual([4, 4, 6, 6, 6, 8, 8])
})

test('decide scales in only after fifteen minutes below nine tenths of every target', () => {
  const low = Array.from({ length: 16 }, () => cpu(25))
  const wanted = play(CPU_MEMORY, low, { nodes: 8 }).map((decision) => decision.wanted)
  // CPU would be content with 4 nodes, memory at 50 of 80 needs 5: the most careful rule counts.
  expect(wanted).toEqual([...Array(14).fill(8), 5, 5])
  const memoryHolds = Array.from({ length: 20 }, () => ({ cpuPercent: 10, memoryPercent: 75 }))
  expect(play(CPU_MEMORY, memoryHolds, { nodes: 8 }).at(-1)!.wanted).toBe(8)
})

test('decide does not scale in while a metric is missing', () => {
  const blind = Array.from({ length: 30 }, () => ({ cpuPercent: 5 }))
  expect(play(CPU_MEMORY, blind, { nodes: 8 }).at(-1)!.wanted).toBe(8)
  const gap = Array.from({ length: 20 }, (_, minute) => (minute === 10 ? {} : cpu(5)))
  expect(play(CPU_MEMORY, gap, { nodes: 8 }).at(-1)!.wanted).toBe(8)
})

test('decide takes a tenth away after ten idle minutes, then waits for the cooldown of the group', () => {
  const idle = Array.from({ length: 17 }, () => cpu(20))
  const wanted = play(UP_EARLY_DOWN_SLOWLY, idle, { nodes: 20 }).map((decision) => decision.wanted)
  expect(wanted).toEqual([...Array(9).fill(20), ...Array(5).fill(18), 17, 17, 17])
})

test('decide adds half at 85 % for two minutes, long before the five-minute average says so', () => {
  const wanted = play(UP_EARLY_DOWN_SLOWLY, [40, 90, 90, 90].map(cpu), { nodes: 4 })
  expect(wanted.map((decision) => decision.wanted)).toEqual([4, 4, 6, 6])
  expect(wanted[2]!.reason).toMatchObject({ kind: 'out', rule: 'cpu-hot' })
})

test('decide takes a bigger step the further behind the fleet is, within one cooldown the difference', () => {
  const behind = (seconds: number) => ({
    ...{ packetsPerSecond: 25_000, cpuPercent: 60, shortDropsPerSecond: 0, behindSeconds: seconds },
  })
  const wanted = play(CALLIOPE, [12, 12, 35, 35, 70, 70].map(behind), { nodes: 8, stepMs: 30_000 })
  expect(wanted.map((decision) => decision.wanted)).toEqual([8, 10, 12, 12, 16, 16])
})

test('decide answers a drop within ten seconds', () => {
  const drops = {
    ...{ packetsPerSecond: 25_000, cpuPercent: 60, behindSeconds: 0 },
    ...{ dropsPerSecond: 3, shortDropsPerSecond: 3 },
  }
  const [first] = play(CALLIOPE, [drops], { nodes: 4, stepMs: 10_000 })
  expect(first!.reason).toMatchObject({ kind: 'out', rule: 'drops' })
  expect(first).toMatchObject({ wanted: 5, onDemand: 2, spot: 3 })
})

test('decide keeps the floor of the same hour yesterday, ten minutes early', () => {
  const hours = Array.from({ length: 34 }, (_, hour) => ({
    ...{ packetsPerSecond: hour === 9 ? 100_000 : 1000, cpuPercent: 10 },
    ...{ shortDropsPerSecond: 0, behindSeconds: 0 },
  }))
  const eachHour = play(CALLIOPE_FORECAST, hours, { nodes: 2, stepMs: 3_600_000 })
  const { state } = eachHour.at(-3)!
  const nineMs = START_MS + 33 * 3_600_000
  const at = (atMs: number) => decide(CALLIOPE_FORECAST, state, [], atMs)
  expect(at(nineMs - 11 * MINUTE_MS).reason.kind).toBe('hold')
  // Two nodes saw 100,000 packets each: 200,000 / 30,000.
  expect(at(nineMs - 9 * MINUTE_MS)).toMatchObject({ wanted: 7, reason: { rule: 'forecast' } })
})

test('decide scales hosts by their own CPU, never below what the nodes need', () => {
  const busyHosts = Array.from({ length: 4 }, () => ({ cpuPercent: 50, hostCpuPercent: 60 }))
  const out = play(TWO_LEVEL, busyHosts, { nodes: 4, hosts: 2 })
  expect(out.map(({ hosts }) => hosts)).toEqual([2, 2, 4, 8])
  const busyNodes = Array.from({ length: 3 }, () => ({ cpuPercent: 160, hostCpuPercent: 28 }))
  expect(play(TWO_LEVEL, busyNodes, { nodes: 8, hosts: 2 }).at(-1)).toMatchObject({
    wanted: 16,
    hosts: 4,
  })
})

test('splitCapacity deals nodes out by base and weights and loses none', () => {
  const mix = {
    kind: 'spot',
    onDemandBase: 2,
    onDemandWeight: 1,
    spotWeight: 3,
    standInsMax: 0,
  } as const
  expect([1, 2, 3, 6, 10].map((nodes) => splitCapacity(mix, nodes))).toEqual([
    { onDemand: 1, spot: 0 },
    { onDemand: 2, spot: 0 },
    { onDemand: 3, spot: 0 },
    { onDemand: 3, spot: 3 },
    { onDemand: 4, spot: 6 },
  ])
})

const engines = fc.constantFrom<Engine | undefined>(undefined, HPA_ENGINE)
const presets = fc.constantFrom(...Object.values(PRESETS))
const samples = fc.array(anySample, { maxLength: 60 })

test('decide stays within the bounds and is the same for the same samples', () =>
  fc.assert(
    fc.property(presets, samples, engines, fc.nat(30), (policy, values, engine, nodes) => {
      const run = () => play(policy, values, { nodes, ...(engine ? { engine } : {}) })
      const decisions = run()
      for (const { wanted, onDemand, spot, hosts } of decisions) {
        expect(wanted).toBeWithin(policy.nodesMin, policy.nodesMax + 1)
        expect(onDemand + spot).toBe(wanted)
        if (policy.hosts) expect(hosts).toBeWithin(policy.hosts.hostsMin, policy.hosts.hostsMax + 1)
      }
      expect(run()).toEqual(decisions)
    }),
    { numRuns: 150 },
  ))

test('decide goes on from a state that went through JSON as if it had not', () =>
  fc.assert(
    fc.property(presets, samples, (policy, values) => {
      const whole = play(policy, values, { nodes: 4 })
      const parts = play(policy, values, {
        nodes: 4,
        carry: (state) => JSON.parse(JSON.stringify(state)),
      })
      expect(parts.map(({ wanted }) => wanted)).toEqual(whole.map(({ wanted }) => wanted))
    }),
    { numRuns: 60 },
  ))

test('decide never wants fewer nodes for a higher metric', () => {
  const steps = { ...CALLIOPE, rules: CALLIOPE.rules.filter(({ kind }) => kind === 'step') }
  fc.assert(
    fc.property(
      fc.constantFrom<Policy>(CPU_MEMORY, CALLIOPE, TWO_LEVEL, steps),
      engines,
      fc.double({ min: 0, max: 300, noNaN: true }),
      fc.double({ min: 1, max: 3, noNaN: true }),
      (policy, engine, percent, factor) => {
        const wantedAt = (percent: number) => {
          const all = {
            cpuPercent: percent,
            memoryPercent: percent,
            packetsPerSecond: percent * 500,
          }
          const more = { shortDropsPerSecond: percent, behindSeconds: percent }
          const values = Array.from({ length: 16 }, () => ({ ...all, ...more }))
          return play(policy, values, { nodes: 6, ...(engine ? { engine } : {}) }).map(
            ({ wanted }) => wanted,
          )
        }
        // Minute by minute the first decision that differs must differ upwards.
        const [low, high] = [wantedAt(percent), wantedAt(percent * factor)]
        const at = low.findIndex((nodes, minute) => nodes !== high[minute])
        if (at >= 0) expect(high[at]!).toBeGreaterThan(low[at]!)
      },
    ),
    { numRuns: 200 },
  )
})

test('decide leaves the cooldown of a scale-in alone between two of them', () =>
  fc.assert(
    fc.property(samples, (values) => {
      const decisions = play(UP_EARLY_DOWN_SLOWLY, values, { nodes: 12 })
      const changes = decisions.flatMap((decision, minute) =>
        decision.reason.kind === 'in' ? [{ minute, decision }] : [],
      )
      for (const { minute } of changes) {
        const before = decisions.slice(Math.max(0, minute - 4), minute)
        expect(before.filter(isChange)).toEqual([])
      }
    }),
    { numRuns: 100 },
  ))

const isChange = ({ reason }: Decision) => reason.kind !== 'hold'

test('initialState outside the bounds is brought within them at once', () => {
  const [decision] = play(CPU_MEMORY, [cpu(50)], { nodes: 30 })
  expect(decision).toMatchObject({ wanted: 10, reason: { kind: 'bounds' } })
  expect(decide(CPU_MEMORY, initialState(CPU_MEMORY), [], 0).wanted).toBe(1)
})

function withCooldown(policy: Policy, outCooldownSeconds: number): Policy {
  return {
    ...policy,
    rules: policy.rules.map((rule) =>
      rule.kind === 'target' ? { ...rule, outCooldownSeconds } : rule,
    ),
  }
}

test('decide sees each sample through the period it lies in', () => {
  const half: Sample[] = [sampled(START_MS, cpu(90), 4), sampled(START_MS + 30_000, cpu(20), 4)]
  const later = [1, 2].map((minute) => sampled(START_MS + minute * MINUTE_MS, cpu(90), 4))
  const at = START_MS + 3 * MINUTE_MS
  // 55 on average in the first minute: no third minute above 60 yet.
  expect(decide(CPU_MEMORY, initialState(CPU_MEMORY, 4), [...half, ...later], at).wanted).toBe(4)
})
