// Runs that can be reckoned on paper, and those that were measured elsewhere: the balancer's skew, and
// Amazon's published times of ECS scaling out.
import { expect, test } from 'bun:test'
import { ECS_ENGINE, ECS_FAST_ENGINE } from '../policy/engines.ts'
import type { EcsEngine } from '../policy/policy.ts'
import { cpuTarget, fixed, minutes, run, steady, unaccounted } from './test-runs.ts'
import { carriedByNode, RELAY, WORLD } from './world.ts'

const { node } = WORLD
const MINUTE = 60

test('simulate: under a load that nodes carry nothing is lost or late, and hours are nodes times time', () => {
  const result = run(fixed(3), steady(100_000, 120), { senders: { senders: 2, relay: RELAY } })
  expect(result.lostTotal).toBe(0)
  expect(result.delayP99).toBeCloseTo(node.storeDelay, 1)
  expect(result.badMinutes).toBe(0)
  expect(result.onDemandHours).toBeCloseTo(6, 6)
  expect(result.cost.nodes).toBeCloseTo(6 * (0.04048 + 2 * 0.004445), 6)
  // 100,000/s need two nodes: one of three is idle.
  expect(result.overAccuracy).toBeCloseTo(0.5, 6)
  expect(result.underTimeshare).toBe(0)
})

test('simulate: what a node receives beyond what it can store waits in its spool', () => {
  const rate = 100_000
  const result = run(fixed(1), steady(rate, 10), { senders: { senders: 1 } })
  const stored = (1e6 - rate * node.receiveMicros) / node.storeMicros
  expect(result.pending).toBeCloseTo((rate - stored) * 600, -2)
  expect(result.lostTotal).toBe(0)
})

test('simulate: a database that is away is delay, not loss, and is made up for at the speed of the nodes', () => {
  const rate = 50_000
  const away = { kind: 'database', at: 10 * MINUTE, share: 0, seconds: 5 * MINUTE } as const
  const trace = { ...steady(rate, 60, [away]), stepAt: 10 * MINUTE }
  const result = run(fixed(1), trace, { senders: { senders: 1 } })
  const catchUp = (1e6 - rate * node.receiveMicros) / node.storeMicros - rate
  // All is well again when the oldest has waited no longer than the objective allows.
  const caughtUp = 5 * MINUTE + (rate * (5 * MINUTE - WORLD.sloDelay)) / catchUp
  expect(result.lostTotal).toBe(0)
  expect(Math.abs(result.recoverySeconds! - caughtUp)).toBeLessThan(15)
})

test('simulate: two senders on one of two nodes lose by skew what the other node could have taken', () => {
  const over = steady(200_000, 20)
  const results = Array.from({ length: 40 }, (_, seed) => run(fixed(2), over, {}, { seed }))
  const together = results.filter(({ lostTotal }) => lostTotal > 0)
  // Half of all hashes put both on one node; then it receives as long as it has CPU, and the rest is lost.
  expect(together.length).toBeGreaterThan(10)
  expect(together.length).toBeLessThan(30)
  for (const { lost, lostTotal, skewP95 } of together) {
    expect(lost.skew).toBeCloseTo(lostTotal, 0)
    expect(skewP95).toBeCloseTo(2, 1)
  }
})

test('simulate: flows hashed over nodes are as uneven as balls thrown into bins', () => {
  const skewOf = (senders: number, nodes: number) => {
    const runs = Array.from({ length: 60 }, (_, seed) =>
      run(fixed(nodes), steady(1_000, 2), { senders: { senders } }, { seed }),
    )
    return runs.reduce((sum, { skewP95 }) => sum + skewP95, 0) / runs.length
  }
  // Monte Carlo of max/mean, 100,000 throws each.
  expect(Math.abs(skewOf(2, 4) - 2.47)).toBeLessThan(0.35)
  expect(Math.abs(skewOf(16, 4) - 1.54)).toBeLessThan(0.12)
  expect(Math.abs(skewOf(256, 10) - 1.31)).toBeLessThan(0.08)
})

test('simulate: what a bigger relay saves costs nodes CPU, so that later, when all are full, more may be lost', () => {
  const bigger = 900_000 // all relays together
  const waves = [1, 2, 3, 4].flatMap(() => [400_000, 400_000, 0])
  const away = { kind: 'database', at: waves.length * MINUTE, share: 0, seconds: 600 } as const
  const full = minutes([...waves, ...Array.from({ length: 5 }, () => 400_000)], [away])
  const [before, after] = [minutes(waves), full].map((trace) => {
    const lostWith = (spoolPackets: number) => {
      const world = { senders: { senders: 3, relay: { ...RELAY, spoolPackets } } }
      return run(fixed(2), trace, { ...world, node: { spoolPackets: 40_000_000 } }).lostTotal
    }
    return lostWith(200_000 + bigger / 3) - lostWith(200_000)
  })
  // Each wave fills the relays; nodes take it afterwards, in time that would have gone into storing.
  expect(Math.abs(before! + 4 * bigger)).toBeLessThan(5_000)
  const notStored = (4 * bigger * node.receiveMicros) / node.storeMicros
  expect(Math.abs(after! - (notStored - bigger))).toBeLessThan(5_000)
})

test('simulate: a reclaimed node loses what is sent to it until the balancer has moved its flows', () => {
  const reclaim = { kind: 'reclaim', at: 5 * MINUTE, share: 1, over: 0, shortage: 3600 } as const
  const trace = steady(10_000, 20, [reclaim])
  const result = run({ ...fixed(1, true), nodesMax: 1 }, trace, { senders: { senders: 1 } })
  // Deaf after drain.wait; its spool is empty then, so it stops, and only then is taken off. There is no
  // other node all that while.
  expect(result.lost.spot).toBeCloseTo(10_000 * WORLD.balancer.deregister, -2)
  expect(result.lost.capacity).toBeCloseTo(
    10_000 * (15 * MINUTE - node.drainWait - WORLD.balancer.deregister),
    -2,
  )
  expect(Math.abs(unaccounted(result))).toBeLessThan(0.01)
})

test('simulate: a node that is given back, or replaced by a deployment, loses nothing', () => {
  const deploy = { kind: 'deploy', at: 5 * MINUTE } as const
  const calm = minutes([
    ...Array.from({ length: 10 }, () => 200_000),
    ...Array.from({ length: 50 }, () => 20_000),
  ])
  const senders = { senders: { senders: 40 } }
  const deployed = run(fixed(4), steady(100_000, 30, [deploy]), senders)
  expect(deployed.happenings.map(({ text }) => text)).toContain('deployment is over')
  expect(deployed.lostTotal).toBe(0)
  const shrunk = run(cpuTarget(60), calm, senders)
  expect(shrunk.changes.some(({ change }) => change < 0)).toBe(true)
  expect(shrunk.lost.drain).toBe(0)
})

test('simulate: nodes that end before their spool is empty lose it, unless it is handed over', () => {
  const reclaim = { kind: 'reclaim', at: 5 * MINUTE, share: 1, over: 0, shortage: 0 } as const
  const away = { kind: 'database', at: 4 * MINUTE, share: 0, seconds: 10 * MINUTE } as const
  const trace = steady(20_000, 60, [away, reclaim])
  const spool = (handsOver: boolean) =>
    run(fixed(2, true), trace, { senders: { senders: 2, relay: RELAY }, node: { handsOver } })
  expect(spool(true).lostTotal).toBe(0)
  expect(spool(true).pending).toBe(0)
  // A minute of traffic, and the time until the nodes are deaf.
  expect(spool(false).lost.spot).toBeGreaterThan(20_000 * 60)
})

test('carriedByNode is a CPU over what a message costs, but no more than one writer', () => {
  expect(carriedByNode(node)).toBeCloseTo(1e6 / (node.receiveMicros + node.storeMicros), 6)
  expect(carriedByNode({ ...node, cpus: 16 })).toBe(node.storeRateMax)
})

// Published by Amazon in June 2026 for target tracking of CPU after a step of the load: 363 s until the
// scale-out triggers and 386 s until the tasks run with metrics of 60 s; 86 and 109 s with those of 20 s.
const PUBLISHED = [
  { engine: ECS_ENGINE, platformMetricDelay: 120, triggerSeconds: 363, bandSeconds: 60 },
  { engine: ECS_FAST_ENGINE, platformMetricDelay: 10, triggerSeconds: 86, bandSeconds: 20 },
]

function meanTrigger(engine: EcsEngine, platformMetricDelay: number): number {
  const trace = minutes(Array.from({ length: 30 }, (_, i) => (i < 15 ? 20_000 : 70_000)))
  const platform = { platformMetricDelay, ownMetricDelay: Math.min(15, platformMetricDelay) }
  const runs = Array.from({ length: 60 }, (_, seed) =>
    run(cpuTarget(60), trace, { platform }, { seed, engine }),
  )
  const triggers = runs.map(({ changes }) => changes.find(({ change }) => change > 0)!.at - 900)
  return triggers.reduce((sum, seconds) => sum + seconds, 0) / triggers.length
}

for (const { engine, platformMetricDelay, triggerSeconds, bandSeconds } of PUBLISHED)
  test(`simulate scales out ${triggerSeconds} s after a step with metrics of ${engine.periodSeconds} s, as Amazon measured, within one period`, () => {
    const trigger = meanTrigger(engine, platformMetricDelay)
    expect(Math.abs(trigger - triggerSeconds)).toBeLessThan(bandSeconds)
    const { place, start } = WORLD.platform
    expect(place + start).toBe(386 - 363)
  })
