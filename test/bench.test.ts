// Every benchmark in small: does it still run, and does it say what it measured? No figure is looked at,
// also not how long it takes: under a minute where the machine is not busy with the other tests.
// `kills` has a test of its own (test/faults/kill.test.ts).
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { Ramp } from '../bench/ramp.ts'

const NAMES = [
  ...['decode', 'spool', 'floors', 'store', 'intake', 'pipeline', 'visible', 'memory'],
  ...['recovery', 'search', 'growth', 'sustained', 'profile', 'targets'],
]

test('npm run bench -- --quick runs every benchmark', async () => {
  const bench = Bun.spawn(
    [process.execPath, join(import.meta.dir, '../bench/main.ts'), '--quick', ...NAMES],
    {
      ...{ stdout: 'pipe', stderr: 'pipe', stdin: 'ignore' },
    },
  )
  const [out, err] = await Promise.all([
    new Response(bench.stdout).text(),
    new Response(bench.stderr).text(),
    bench.exited,
  ])
  expect([bench.exitCode, err.slice(-2_000)]).toEqual([0, expect.any(String) as never])
  for (const name of NAMES.filter((one) => one !== 'targets')) expect(out).toContain(`## ${name}`)
  expect(out).toContain('| UDP, 738-byte SIP')
}, 300_000)

test('Ramp finds any limit to the closeness asked for, and never names a rate that lost', () => {
  const rates = [50_000, 100_000, 200_000, 400_000]
  fc.assert(
    fc.property(fc.integer({ min: 60_000, max: 390_000 }), (limit) => {
      const ramp = new Ramp({ rates, again: 1, closeness: 0.04 })
      for (let steps = 0; ramp.rate !== undefined; steps++) {
        expect(steps).toBeLessThan(40)
        ramp.note(ramp.rate <= limit ? 'kept' : 'lost', ramp.rate)
      }
      expect(ramp.best).toBeLessThanOrEqual(limit)
      expect(ramp.best).toBeGreaterThan(limit - 0.04 * ramp.firstLost! - 1_000)
    }),
  )
})

test("Ramp tells the sender's limit from the server's, after trying again", () => {
  const ramp = new Ramp({ rates: [100_000, 200_000], again: 1, closeness: 0.04 })
  ramp.note('kept', 100_000)
  ramp.note('sender too slow', 150_000)
  expect(ramp.rate).toBe(200_000)
  ramp.note('sender too slow', 170_000)
  expect([ramp.rate, ramp.best, ramp.text]).toEqual([
    undefined,
    170_000,
    "≥ 170,000/s (the sender's limit)",
  ])
})
