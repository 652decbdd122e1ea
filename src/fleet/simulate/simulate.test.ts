// Laws that every run obeys, whatever the policy, the trace and the world.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HPA_ENGINE } from '../policy/engines.ts'
import { PRESETS } from '../policy/presets.ts'
import { cpuTarget, fixed, minutes, run, unaccounted, type WorldChanges } from './test-runs.ts'
import type { TraceEvent } from './trace.ts'
import { RELAY } from './world.ts'

/** All runs take 0.2 s; the limit is for the search of a smaller counterexample. */
const RUNS = { numRuns: 100, interruptAfterTimeLimit: 5_000 }
/** Shares of all packets: no stretch of time is shorter than a millisecond, and a spool overflows that late. */
const ROUNDING = 1e-4
const at = fc.integer({ min: 0, max: 1_800 })
const anyEvent: fc.Arbitrary<TraceEvent> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('sender-down' as const, 'sender-up' as const),
    at,
    sender: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('deploy' as const), at }),
  fc.record({
    ...{ kind: fc.constant('reclaim' as const), at, share: fc.constantFrom(0.3, 0.8, 1) },
    ...{ over: fc.constantFrom(1, 120), shortage: fc.constantFrom(0, 900) },
  }),
  fc.record({
    ...{ kind: fc.constant('database' as const), at, share: fc.constantFrom(0, 0.02) },
    seconds: fc.constantFrom(30, 600),
  }),
)
const anyTrace = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 500_000 }), { minLength: 5, maxLength: 40 }),
    fc.array(anyEvent, { maxLength: 4 }),
  )
  .map(([rates, events]) => minutes(rates, events))
const anyWorld: fc.Arbitrary<WorldChanges> = fc.record({
  senders: fc.record({
    senders: fc.integer({ min: 1, max: 30 }),
    portsEach: fc.integer({ min: 1, max: 3 }),
    relay: fc.constantFrom(undefined, { ...RELAY, flowsEach: 32, spoolPackets: 200_000 }),
  }),
  node: fc.record({
    spoolPackets: fc.constantFrom(10_000, 1_000_000, 50_000_000),
    handsOver: fc.boolean(),
    stopAfter: fc.constantFrom(5, 120),
  }),
  platform: fc.record({ reclaimsPerHour: fc.constantFrom(0, 2) }),
  databaseRate: fc.constantFrom(50_000, 1_000_000),
})
const anyPolicy = fc.constantFrom(...Object.values(PRESETS), fixed(3), fixed(3, true))

test('simulate accounts for every packet: sent = stored + lost by cause + pending', () => {
  fc.assert(
    fc.property(anyPolicy, anyTrace, anyWorld, fc.nat(), (policy, trace, world, seed) => {
      const result = run(policy, trace, world, { seed })
      expect(Math.abs(unaccounted(result))).toBeLessThan(1e-6 * result.sent + 0.01)
      for (const lost of Object.values(result.lost)) expect(lost).toBeGreaterThanOrEqual(-1e-3)
      expect(result.pending).toBeGreaterThanOrEqual(-1e-3)
    }),
    RUNS,
  )
})

test('simulate keeps the wanted nodes within the bounds of the policy', () => {
  fc.assert(
    fc.property(anyPolicy, anyTrace, fc.nat(), (policy, trace, seed) => {
      const { changes } = run(policy, trace, {}, { seed })
      for (const { wanted } of changes) {
        expect(wanted).toBeGreaterThanOrEqual(policy.nodesMin)
        expect(wanted).toBeLessThanOrEqual(policy.nodesMax)
      }
    }),
    RUNS,
  )
})

test('simulate never scales in twice within the cooldown, unless it scaled out in between', () => {
  fc.assert(
    fc.property(anyTrace, anyWorld, fc.nat(), (trace, world, seed) => {
      const { changes } = run(cpuTarget(60), trace, world, { seed })
      for (const [i, { at, change }] of changes.entries()) {
        const before = changes[i - 1]
        if (before && change < 0 && before.change < 0)
          expect(at - before.at).toBeGreaterThanOrEqual(300)
      }
    }),
    RUNS,
  )
})

test('simulate gives the same run for the same seed, and another for another', () => {
  const [trace, world] = [minutes([90_000, 300_000, 20_000, 200_000]), { senders: { senders: 7 } }]
  const of = (seed: number) => run(PRESETS.calliope!, trace, world, { seed })
  expect(of(7)).toEqual(of(7))
  expect(of(7).skewP95).not.toBe(of(8).skewP95)
})

test('simulate never loses more with faster nodes, bigger spools or a faster database', () => {
  const better: fc.Arbitrary<(factor: number) => WorldChanges> = fc.constantFrom(
    (factor) => ({ node: { cpus: 0.5 * factor } }),
    (factor) => ({ node: { spoolPackets: 300_000 * factor } }),
    (factor) => ({ databaseRate: 40_000 * factor, node: { spoolPackets: 2_000_000 } }),
  )
  const factors = fc.tuple(fc.double({ min: 1, max: 4, noNaN: true }), fc.constantFrom(1.1, 2))
  fc.assert(
    fc.property(better, factors, anyTrace, fc.nat(), (world, [factor, more], { points }, seed) => {
      const trace = minutes(points.map(({ rate }) => rate))
      const less = run(fixed(3), trace, world(factor), { seed })
      const much = run(fixed(3), trace, world(factor * more), { seed })
      expect(much.lostTotal).toBeLessThanOrEqual(less.lostTotal + ROUNDING * less.sent + 1)
    }),
    RUNS,
  )
})

// Where nodes fill up it need not be so: reckoning.test.ts, "what a bigger relay saves".
test('simulate never loses more with bigger spools in the relays, as long as nodes have room', () => {
  const spools = fc.integer({ min: 1_000, max: 3_000_000 })
  // Relays that only began to offer others what a full node refused once something waited.
  const steep = minutes([0, 294_864, 316_888, 123_253, 296_358, 130_220])
  const node = { spoolPackets: Number.MAX_SAFE_INTEGER }
  fc.assert(
    fc.property(spools, fc.constantFrom(1.5, 10), anyTrace, fc.nat(), (size, more, trace, seed) => {
      const of = (spoolPackets: number) =>
        run(
          fixed(2),
          trace,
          { node, senders: { senders: 3, relay: { ...RELAY, spoolPackets } } },
          { seed },
        )
      const less = of(size)
      expect(of(size * more).lostTotal).toBeLessThanOrEqual(
        less.lostTotal + ROUNDING * less.sent + 1,
      )
    }),
    { ...RUNS, examples: [[18_429, 1.5, steep, 565_576_254]] },
  )
})

test('simulate runs on the rules of Kubernetes as well', () => {
  const trace = minutes(Array.from({ length: 30 }, (_, i) => (i < 10 ? 50_000 : 250_000)))
  const relay = { senders: { senders: 2, relay: RELAY } }
  const platform = { platformMetricDelay: 30, ownMetricDelay: 15 }
  const result = run(cpuTarget(60), trace, { ...relay, platform }, { engine: HPA_ENGINE })
  expect(result.changes[0]!.at).toBeLessThan(10 * 60 + 120)
  expect(result.changes.at(-1)!.wanted).toBeGreaterThanOrEqual(5)
})
