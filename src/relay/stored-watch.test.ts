import { expect, test } from 'bun:test'
import type { Outlet } from './outlet.ts'
import { type Progress, StoredWatch } from './stored-watch.ts'
import { FakeNodes, numbersTo, RelayRig } from './testing/relay-rig.ts'

const place = (frames: number, spool = 'a') => ({ spool, frames })

test('StoredWatch says yes when the store has passed the place, asking once for all who wait', async () => {
  let passedFrames = 0
  let asked = 0
  const watch = new StoredWatch(async () => {
    asked++
    passedFrames += 100
    return { spool: 'a', passedFrames }
  }, 60_000)
  const waits = [50, 100, 150].map((frames) => watch.wait('node', place(frames)))
  expect(await Promise.all(waits)).toEqual([true, true, true])
  expect(asked).toBe(2)
})

test('StoredWatch says no for another spool, for a node that stays silent, and at its end', async () => {
  const answers: Record<string, () => Promise<Progress>> = {
    new: async () => ({ spool: 'b', passedFrames: 1_000 }),
    silent: () => Promise.reject(new Error('gone')),
    behind: async () => ({ spool: 'a', passedFrames: 1 }),
  }
  const watch = new StoredWatch((target) => answers[target]!(), 300)
  expect(await watch.wait('new', place(10))).toBe(false)
  expect(await watch.wait('silent', place(10))).toBe(false)
  const behind = watch.wait('behind', place(10))
  watch.close()
  expect(await behind).toBe(false)
})

test('a parcel that was sent and is not confirmed takes no memory, and goes to another when it never is', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  const verdicts: ((isThere: boolean) => void)[] = []
  const outlet: Outlet = {
    async send(parcel, target, signal) {
      const receipt = await nodes.send(parcel, target, signal)
      return { ...receipt, confirmed: new Promise((resolve) => verdicts.push(resolve)) }
    },
    close: async () => {},
  }
  rig.write(5_000)
  const carrier = rig.carrier(outlet, ['a', 'b'])
  while (nodes.all.length < 5_000) await Bun.sleep(5)
  await Bun.sleep(20)
  expect(carrier.status().memoryBytes).toBe(0)
  expect(carrier.counts()).toMatchObject({ taken: 0, settled: 0 })
  carrier.targets.replace(['b'])
  const drained = carrier.drain()
  let isFirst = true
  const judge = setInterval(() => {
    for (const settle of verdicts.splice(0)) {
      settle(!isFirst)
      isFirst = false
    }
  }, 5)
  await drained
  clearInterval(judge)
  const twice = nodes.all.length - 5_000
  expect(new Set(nodes.all)).toEqual(new Set(numbersTo(5_000)))
  expect(carrier.status().doubtfulFrames).toBeGreaterThanOrEqual(twice)
  expect(carrier.counts()).toMatchObject({ taken: 5_000, settled: 5_000 })
})
