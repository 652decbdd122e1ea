// Flows that are pinned make one node hot. Ours must neither flap for it nor be deaf to a fleet that is short.
import { expect, test } from 'bun:test'
import { CALLIOPE } from '../policy/presets.ts'
import { minutes, run } from './test-runs.ts'
import { namedTrace } from './traces.ts'
import { RELAY } from './world.ts'

test('simulate shows no flapping of calliope while flows are pinned', () => {
  const cases = [
    { senders: 2, peak: 120_000 },
    { senders: 200, peak: 300_000 },
  ]
  for (const { senders, peak } of cases)
    for (const seed of [1, 2]) {
      const result = run(
        CALLIOPE,
        namedTrace('day', { peak, seed }),
        { senders: { senders } },
        { seed },
      )
      // Hundreds, as long as an alarm rang for every hot node.
      expect(result.flaps).toBeLessThanOrEqual(10)
      expect(result.nodesMost).toBeLessThanOrEqual(Math.ceil((1.3 * peak) / 30_000))
    }
}, 30_000)

const alarmsOnly = { ...CALLIOPE, rules: CALLIOPE.rules.filter(({ kind }) => kind === 'step') }

test('simulate shows that alarms alone still grow a fleet that is short as a whole', () => {
  const trace = minutes(Array.from({ length: 60 }, (_, i) => (i < 5 ? 60_000 : 400_000)))
  for (const senders of [{ senders: 2, relay: RELAY }, { senders: 200 }]) {
    const { changes } = run(alarmsOnly, trace, { senders })
    // 400,000 are five nodes and a bit of what a node carries.
    expect(changes.at(-1)!.wanted).toBeGreaterThanOrEqual(6)
    expect(changes[0]!.at).toBeLessThan(8 * 60)
  }
})
