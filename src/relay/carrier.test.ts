import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { callOf, FakeNodes, type Fault, numbersTo, RelayRig } from './testing/relay-rig.ts'

const NODES = ['node-1', 'node-2', 'node-3', 'node-4']
/** Away for a moment only, so that a test need not wait. */
const QUICK = { now: () => performance.now() * 50, probeMs: 1e9 }

test('Carrier carries every frame of every lane once, each call to one node, and counts what it did', async () => {
  await using rig = await RelayRig.start()
  rig.write(3_000)
  rig.write(2_000, 'streams')
  const nodes = new FakeNodes()
  const carrier = rig.carrier(nodes, NODES)
  await carrier.drain()
  expect(nodes.all).toEqual(numbersTo(5_000))
  const nodeOf = new Map<number, string>()
  for (const [node, numbers] of nodes.taken)
    for (const call of numbers.map(callOf)) {
      expect(nodeOf.get(call) ?? node).toBe(node)
      nodeOf.set(call, node)
    }
  expect(carrier.counts()).toEqual({ ...NOTHING, taken: 5_000, settled: 5_000 })
})

test('Carrier goes on where it was closed, and the spool lets go of what every carrier has passed', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  rig.write(8_000)
  const first = rig.carrier(nodes, NODES)
  await first.drain()
  await first.close()
  rig.write(8_000)
  const second = rig.carrier(nodes, NODES)
  await second.drain()
  expect(nodes.all).toEqual(numbersTo(16_000))
  rig.spool.reclaim()
  expect(rig.spool.usage().lanes[0]!.files).toBe(1)
})

test('Carrier gives the share of a node that is down to the others, at once and back again', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  nodes.down.add('node-3')
  const carrier = rig.carrier(nodes, NODES, { targeting: QUICK })
  rig.write(2_000)
  await carrier.drain()
  expect(nodes.all).toEqual(numbersTo(2_000))
  expect(nodes.taken.has('node-3')).toBe(false)
  nodes.down.clear()
  await carrier.targets.whenChanged()
  rig.write(2_000)
  await carrier.drain()
  expect(nodes.all).toEqual(numbersTo(4_000))
  expect(nodes.taken.get('node-3')!.length).toBeGreaterThan(300)
})

test('Carrier holds what it has while no node is there, within its memory', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  for (const name of NODES) nodes.down.add(name)
  rig.write(60_000)
  const carrier = rig.carrier(nodes, NODES, { targeting: QUICK, inFlightBytes: 4 * 2 ** 20 })
  while (carrier.status().memoryBytes < 2 * 2 ** 20) await Bun.sleep(1)
  for (let look = 0; look < 50; look++) {
    expect(carrier.status().memoryBytes).toBeLessThanOrEqual(4 * 2 ** 20)
    await Bun.sleep(1)
  }
  nodes.down.clear()
  await carrier.drain()
  expect(nodes.all).toEqual(numbersTo(60_000))
})

test('Carrier sends what may have been taken to the same node, under the same number', async () => {
  await using rig = await RelayRig.start()
  let cuts = 12
  const nodes = new FakeNodes(() => (cuts-- > 0 ? 'lose-answer' : 'none'))
  rig.write(3_000)
  const carrier = rig.carrier(nodes, NODES, { targeting: QUICK })
  await carrier.drain()
  expect(nodes.all).toEqual(numbersTo(3_000))
  expect(carrier.status()).toMatchObject({ doubtfulFrames: 0 })
})

test('Carrier sends it elsewhere when that node stays away, and says how many may be there twice', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes((target) => (target === 'node-2' ? 'lose-answer' : 'none'))
  rig.write(3_000)
  const carrier = rig.carrier(nodes, NODES, {
    targeting: { probe: async (name) => name !== 'node-2', probeMs: 1e9 },
    doubtMs: 50,
  })
  await carrier.drain()
  expect(new Set(nodes.all)).toEqual(new Set(numbersTo(3_000)))
  const twice = nodes.all.length - 3_000
  expect(twice).toBeGreaterThan(0)
  expect(carrier.status().doubtfulFrames).toBe(twice)
  expect(carrier.counts()).toEqual({ ...NOTHING, taken: 3_000, settled: 3_000 })
})

test('Carrier drops what will never be taken, and counts it', async () => {
  await using rig = await RelayRig.start()
  rig.write(100)
  const carrier = rig.carrier(new FakeNodes(() => 'never'), ['one'])
  await carrier.drain()
  expect(carrier.counts()).toEqual({ ...NOTHING, dropped: { refused: 100 }, settled: 100 })
})

test('Carrier of a slow node holds up no other node', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes((target) => (target === 'node-1' ? 'hang' : 'none'))
  const carrier = rig.carrier(nodes, NODES, {
    targeting: { slowMs: 50, connections: 1, probeMs: 1e9 },
  })
  rig.write(20_000)
  const stuck = () => rig.written - nodes.all.length
  while (stuck() > 3_000) await Bun.sleep(5)
  rig.write(20_000)
  while (stuck() > 3_000) await Bun.sleep(5)
  expect(carrier.targets.get('node-1')!.state).toBe('slow')
})

test('Carriers do not wait for each other: one that is away keeps its place', async () => {
  await using rig = await RelayRig.start(['good', 'gone'])
  const good = new FakeNodes()
  const gone = new FakeNodes()
  gone.down.add('g')
  const one = rig.carrier(good, ['a'], { name: 'good' })
  const other = rig.carrier(gone, ['g'], { name: 'gone', targeting: QUICK })
  rig.write(20_000)
  await one.drain()
  expect(good.all).toEqual(numbersTo(20_000))
  while (other.status().backlogBytes < 3e6) await Bun.sleep(5)
  gone.down.clear()
  await other.drain()
  expect(gone.all).toEqual(numbersTo(20_000))
})

test('Carrier that fell too far behind gives up the oldest, counts it, and frees the disk', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  nodes.down.add('n')
  const carrier = rig.carrier(nodes, ['n'], { backlogBytesMax: 3e6, targeting: QUICK })
  rig.write(40_000)
  while (rig.spool.usage().bytes > 5e6) await Bun.sleep(20)
  nodes.down.clear()
  await carrier.drain()
  const { taken, dropped, settled } = carrier.counts()
  expect(settled).toBe(40_000)
  expect(taken + dropped.backlog!).toBe(40_000)
  expect(nodes.all).toEqual(numbersTo(40_000).slice(-taken))
}, 20_000)

const NOTHING = { taken: 0, rejected: 0, before: 0, dropped: {} }

test('whatever nodes do and however often the relay is cut off, each frame is taken once', async () => {
  const faults = fc.constantFrom<Fault>(
    'none',
    'none',
    'refuse',
    'half',
    'lose-answer',
    'lose-request',
  )
  const lives = fc.array(fc.tuple(fc.nat(40), fc.nat(300)), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(faults, { minLength: 1, maxLength: 40 }),
      lives,
      async (script, cuts) => {
        await using rig = await RelayRig.start()
        let step = 0
        const nodes = new FakeNodes(() => script[step++] ?? 'none')
        for (const [lifeMs, frames] of cuts) {
          const carrier = rig.carrier(nodes, NODES, { targeting: QUICK })
          rig.write(frames)
          await Bun.sleep(lifeMs)
          await carrier.close()
        }
        const last = rig.carrier(nodes, NODES, { targeting: QUICK })
        await last.drain()
        expect(nodes.all).toEqual(numbersTo(rig.written))
        const { written } = rig
        expect(last.counts()).toEqual({ ...NOTHING, taken: written, settled: written })
      },
    ),
    { numRuns: 15 },
  )
}, 30_000)
