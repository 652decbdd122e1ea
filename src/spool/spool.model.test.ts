// The spool against a model of it: random lives of a lane (appends, flushes, closes, kills, cuts and
// flipped bits anywhere, readers that come and go), see test-life.ts.
import { test } from 'bun:test'
import fc from 'fast-check'
import { openSpool } from './spool.ts'
import { temporaryDirectory } from './test-frames.ts'
import { Life, READERS, type Step } from './test-life.ts'

const who = fc.constantFrom(0 as const, 1 as const)
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const bytesMax = fc.constantFrom(1, 300, 1_000, 100_000)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 4, max: 300 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('quarantine' as const, 'flush', 'flush', 'close', 'kill'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'flip', 'flip'), place }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), who, bytesMax }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('reopen' as const, 'release'), who }) },
)

test('a lane yields exactly what its model says, whatever happens to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      using directory = temporaryDirectory()
      await using _ = await openSpool({
        directory: directory.path,
        readers: READERS,
        reclaimMs: 1e6,
      })
      const life = new Life(directory.path)
      for (const step of steps) await life.live(step)
      await life.end()
    }),
    { numRuns: 200 },
  )
}, 30_000)
