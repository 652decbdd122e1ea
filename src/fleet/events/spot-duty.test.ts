import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FLEET, startFleet } from '../../../test/simulated-fleet.ts'
import type { FaultKind } from '../aws-sim/fault.ts'
import type { FleetEvent } from './read-event.ts'
import { callsMaxOf, configuredDuties } from './reconciler.ts'
import { compareSpot, type SpotFacts } from './spot-duty.ts'

const CONFIG = { ...FLEET.spot!, least: 0, most: 6, giveBackAfterSeconds: 900 }
const TICK: FleetEvent = { kind: 'tick' }
const SHORT: FleetEvent = { kind: 'spot-short', why: 'placement' }
const NEVER = Number.NEGATIVE_INFINITY
const calm: SpotFacts = {
  ...{ wanted: 4, living: 4, leaving: 0, standIns: 0, troubleAtMs: NEVER, raisedAtMs: NEVER },
  waitingSinceMs: [],
}
const verdict = (facts: Partial<SpotFacts>, event: FleetEvent = TICK, nowMs = 10_000_000) => {
  const made = compareSpot({ ...calm, ...facts }, event, nowMs, CONFIG)
  return made.kind === 'change' && made.change.kind === 'desired' ? made.change.to : made.why
}

test('compareSpot raises as many as are short, when there is a sign of trouble', () => {
  expect(verdict({ living: 2 }, SHORT)).toBe(2)
  expect(verdict({ living: 2, troubleAtMs: 9_900_000 })).toBe(2)
  expect(verdict({ living: 2 })).toBe('2 short, 0 stand in')
  expect(verdict({ living: 4, leaving: 1 }, { kind: 'host-leaving', instanceId: 'i-1' })).toBe(1)
  expect(verdict({ living: 0, wanted: 50 }, SHORT)).toBe(6)
})

test('compareSpot takes a task that waits beyond all patience for one that is short', () => {
  expect(verdict({ waitingSinceMs: [9_600_000, 9_800_000] })).toBe(1)
  expect(verdict({ waitingSinceMs: [9_800_000] })).toBe('0 short, 0 stand in')
})

test('compareSpot gives back by halves, after quiet since the last trouble and the last raise', () => {
  expect(verdict({ standIns: 5 })).toBe(2)
  expect(verdict({ standIns: 1 })).toBe(0)
  expect(verdict({ standIns: 5, raisedAtMs: 9_500_000 })).toBe('spot is well for 500 s of 900 s')
  expect(verdict({ standIns: 5, troubleAtMs: 9_200_000 })).toBe('spot is well for 800 s of 900 s')
  expect(verdict({ standIns: 5, living: 3 })).toBe('1 still short: all 5 stand-ins stay')
})

// A small world, minute by minute: spot has `room`, the autoscaler wants `wanted`.
const weather = fc.record({
  room: fc.integer({ min: 0, max: 10 }),
  wanted: fc.integer({ min: 1, max: 10 }),
  minutes: fc.integer({ min: 1, max: 40 }),
  told: fc.boolean(),
})
const FOREVER_MINUTES = 60

test('compareSpot stays within its bounds, settles, and turns at most once while nothing changes', () => {
  fc.assert(
    fc.property(fc.array(weather, { maxLength: 12 }), weather, (spells, last) => {
      let facts: SpotFacts = calm
      let minute = 0
      for (const spell of [...spells, { ...last, minutes: FOREVER_MINUTES }]) {
        const counts: number[] = [facts.standIns]
        for (let n = 0; n < spell.minutes; n++) {
          facts = live(facts, spell, ++minute * 60_000)
          counts.push(facts.standIns)
        }
        expect(Math.max(...counts)).toBeLessThanOrEqual(CONFIG.most)
        expect(turns(counts)).toBeLessThanOrEqual(1)
        expect(
          new Set(counts.slice(20 + Math.ceil(Math.log2(CONFIG.most)))).size,
        ).toBeLessThanOrEqual(1)
      }
      const short = Math.max(0, last.wanted - last.room)
      expect(facts.standIns).toBeGreaterThanOrEqual(Math.min(short, CONFIG.most))
      if (short === 0) expect(facts.standIns).toBe(0)
    }),
  )
})

function live(
  facts: SpotFacts,
  spell: { room: number; wanted: number; told: boolean },
  nowMs: number,
) {
  const living = Math.min(spell.room, spell.wanted)
  const short = living < spell.wanted
  const troubleAtMs = short ? nowMs : facts.troubleAtMs
  const seen = { ...facts, living, wanted: spell.wanted, troubleAtMs }
  const made = compareSpot(seen, short && spell.told ? SHORT : TICK, nowMs, CONFIG)
  if (made.kind !== 'change' || made.change.kind !== 'desired') return seen
  const standIns = made.change.to
  return { ...seen, standIns, raisedAtMs: standIns > seen.standIns ? nowMs : seen.raisedAtMs }
}

/** How often a series changes its direction. */
function turns(counts: readonly number[]): number {
  const moves = counts.slice(1).map((count, at) => Math.sign(count - counts[at]!))
  const directions = moves.filter((move) => move !== 0)
  return directions.slice(1).filter((move, at) => move !== directions[at]).length
}

const fault = fc.constantFrom<FaultKind>(
  { kind: 'throttle' },
  { kind: 'throttle', retryAfterSeconds: 1 },
  { kind: 'conflict' },
  { kind: 'server-error' },
  { kind: 'lost-reply' },
)
const act = fc.record({
  reclaim: fc.integer({ min: 0, max: 3 }),
  room: fc.integer({ min: 0, max: 6 }),
  wanted: fc.integer({ min: 1, max: 8 }),
  minutes: fc.integer({ min: 1, max: 5 }),
  faults: fc.array(fault, { maxLength: 2 }),
  replay: fc.boolean(),
})

test('Reconciler, over the wire: converges whatever spot, AWS and the event bus do', async () => {
  const property = fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 4 }), async (acts) => {
    await using fleet = await startFleet()
    const capture = fleet.sim.ecs.requireService('voip', 'capture')
    for (const { reclaim, room, wanted, minutes, faults, replay } of acts) {
      capture.desired = wanted
      fleet.sim.ecs.spotRoom = room
      fleet.sim.ecs.reclaimSpot(capture, reclaim)
      for (const planned of faults)
        fleet.sim.faults.plan(planned.kind === 'conflict' ? 'UpdateService' : '*', planned)
      await fleet.pass(minutes * 60, 10)
      if (replay)
        for (const event of fleet.events.slice(-20).reverse()) await fleet.reconciler.handle(event)
    }
    await fleet.pass(15 * 60, 30)
    const callsBefore = fleet.sim.calls.length
    await fleet.pass(10 * 60, 60)
    expect(
      fleet.sim.calls.slice(callsBefore).filter(({ operation }) => operation === 'UpdateService'),
    ).toEqual([])
    const served = fleet.running('capture') + fleet.running('capture-on-demand')
    expect(served).toBeGreaterThanOrEqual(Math.min(capture.desired, fleet.running('capture') + 6))
    holdToLimits(fleet)
  })
  await fc.assert(property, { numRuns: 8 })
}, 60_000)

// Retries after a fault are calls too: five attempts for each at most.
function holdToLimits({ outcomes, sim }: Awaited<ReturnType<typeof startFleet>>): void {
  const faults = sim.calls.filter((call) => call.fault !== undefined).length
  const duties = configuredDuties(FLEET)
  for (const { event, calls } of outcomes) {
    const allowed = callsMaxOf({ kind: event } as FleetEvent, duties)
    expect(calls).toBeLessThanOrEqual(allowed + (faults > 0 ? allowed + faults : 0))
  }
  const changed = outcomes.filter(({ done }) => done === 'changed').length
  const updated = sim.calls.filter(
    (call) => call.operation === 'UpdateService' && !call.fault,
  ).length
  expect(updated).toBeLessThanOrEqual(changed + faults)
}

test('Reconciler: spot tasks that wait for a host of our own are stood in for after a while', async () => {
  await using fleet = await startFleet({ provider: 'own-spot-hosts' })
  const capture = fleet.sim.ecs.requireService('voip', 'capture')
  fleet.sim.ecs.spotRoom = 1
  fleet.sim.ecs.reclaimSpot(capture, 2)
  await fleet.pass(4 * 60, 5)
  // ECS has put new tasks in their place, which wait: so far they may be on their way.
  expect(fleet.desired('capture-on-demand')).toBe(0)
  await fleet.pass(3 * 60, 5)
  expect(fleet.desired('capture-on-demand')).toBe(2)
  fleet.sim.ecs.spotRoom = 9
  await fleet.pass(10 * 60, 5)
  expect([fleet.running('capture'), fleet.desired('capture-on-demand')]).toEqual([4, 0])
})
