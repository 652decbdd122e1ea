import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { openReader } from '../lane-reader.ts'
import { openLane } from '../open-lane.ts'
import type { Cursor } from '../record.ts'
import { openSpool } from '../spool.ts'
import { memoryDisk, numberedFrame, readAll, temporaryDirectory } from '../test-frames.ts'
import { fetchSpool } from './fetch-spool.ts'
import { openFilePlace } from './file-place.ts'
import { handOverSpool } from './hand-over-spool.ts'
import { type Manifest, manifestKey, parseManifest, renderManifest } from './manifest.ts'
import { tryPlace } from './open-place.ts'
import type { HandOverPlace } from './place.ts'
import { readSeal, settleSeal, writeSeal } from './seal.ts'
import { acceptLoss, removeHandOver, WaitingHandOvers } from './waiting.ts'

const LANE = 'udp-0'

/** Appends numbered frames and passes the first of them, as a store would. */
async function fillSpool(
  directory: string,
  { frames, passed, frameBytes = 200, fileBytesMax = 4_000 }: Filling,
): Promise<Cursor | undefined> {
  const spool = await openSpool({ directory, readers: ['store'] })
  const writer = openLane({ directory, lane: LANE, fileBytesMax, flushBytes: 1_000, now: () => 0 })
  for (let n = 0; n < frames; n++) writer.append(numberedFrame(n, frameBytes))
  await writer.close()
  const reader = openReader({ directory, lane: LANE })
  let at: Cursor | undefined
  while (reader.cursor.records < passed) at = reader.read({ bytesMax: 1 })?.next
  if (at) reader.release('store', at)
  reader.close()
  await spool.close()
  return at
}

interface Filling {
  readonly frames: number
  readonly passed: number
  readonly frameBytes?: number
  readonly fileBytesMax?: number
}

const handOver = (directory: string, place: HandOverPlace) =>
  handOverSpool({ directory, place, node: 'a', version: '1' })

const cursorsOf = ({ lanes }: Manifest) => new Map(lanes.map(({ lane, from }) => [lane, from]))

const readerAt = (directory: string, from: Cursor | undefined) =>
  openReader({ directory, lane: LANE, ...(from?.file ? { from } : {}) })

function readFrom(directory: string, from: Cursor | undefined) {
  const reader = readerAt(directory, from)
  const all = readAll(reader)
  reader.close()
  return all
}

test('fetchSpool gives back what handOverSpool took, from wherever the database has come to', () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        frames: fc.integer({ min: 1, max: 200 }),
        frameBytes: fc.integer({ min: 4, max: 3_000 }),
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (filling, marked, further) => {
        using here = temporaryDirectory(memoryDisk())
        using there = temporaryDirectory(memoryDisk())
        using bucket = temporaryDirectory(memoryDisk())
        const place = openFilePlace(join(bucket.path, 'a b'))
        const passed = Math.floor(filling.frames * marked)
        const mark = await fillSpool(here.path, { ...filling, passed })
        const { manifest } = await handOver(here.path, place)
        const reader = readerAt(here.path, mark)
        // Behind the last frame there may be counters: a file of their own when the one before was full.
        if (reader.cursor.records === filling.frames && !reader.read())
          return expect(manifest).toBeUndefined()
        let cursor = mark
        const goal = passed + Math.floor((filling.frames - passed) * further)
        while (reader.cursor.records < goal) cursor = reader.read({ bytesMax: 1 })?.next
        reader.close()
        const cursors = new Map(cursor ? [[LANE, cursor]] : [])
        const directory = join(there.path, 'spool')
        await fetchSpool({ place, manifest: manifest!, directory, cursors })
        expect(readFrom(directory, cursor)).toEqual(readFrom(here.path, cursor))
        const frames = filling.frames - (mark?.records ?? 0)
        expect(manifest).toMatchObject({ frames, isWhole: true, node: 'a' })
        const [lane] = manifest!.lanes
        expect(lane!.to.records).toBe(filling.frames)
        expect(lane!.intake).toMatchObject({ received: filling.frames, appended: filling.frames })
      },
    ),
    { numRuns: 25, examples: [[{ frames: 1, frameBytes: 2_580 }, 1, 0]] },
  ))

test('handOverSpool that runs out of time names what arrived without a gap, and breaks the seal', async () => {
  using here = temporaryDirectory()
  using there = temporaryDirectory()
  using bucket = temporaryDirectory()
  await fillSpool(here.path, { frames: 300, passed: 0 })
  const partsLeft = readdirSync(join(here.path, LANE)).filter((name) => name.endsWith('.spool'))
  const [hung] = partsLeft.sort().splice(8, 1)
  const files = openFilePlace(bucket.path)
  const timeUp = new AbortController()
  const limitsMs: number[] = []
  const place: HandOverPlace = {
    ...files,
    // The ninth part of the spool never arrives, all others do: there is a gap. Then time is up.
    async put(key, bytes, signal) {
      if (key.includes(`/${hung!.replace('.spool', '-')}`))
        return new Promise((_, reject) =>
          signal!.addEventListener('abort', () => reject(signal!.reason)),
        )
      await files.put(key, bytes)
      partsLeft.splice(0, key.startsWith('parts/') ? 1 : 0)
      if (partsLeft.length === 0) timeUp.abort()
    },
  }
  const { manifest, isWhole } = await handOverSpool({
    ...{ directory: here.path, place, node: 'a', version: '1', withinMs: 400 },
    timeLimit: (ms) => (limitsMs.push(ms) === 1 ? timeUp.signal : new AbortController().signal),
  })
  expect(limitsMs).toEqual([360, 1_040])
  expect(isWhole).toBe(false)
  expect(manifest!.isWhole).toBe(false)
  expect(manifest!.lanes[0]!.parts).toHaveLength(8)
  expect(readSeal(here.path)).toBeUndefined()
  const directory = join(there.path, 'spool')
  await fetchSpool({ place, manifest: manifest!, directory, cursors: new Map() })
  const { numbers } = readFrom(directory, undefined)
  expect(numbers).toHaveLength(manifest!.frames)
  expect(numbers).toEqual(readFrom(here.path, undefined).numbers.slice(0, numbers.length))
})

test('handOverSpool leaves the spool as it was, and no manifest, when the place refuses a part', async () => {
  using here = temporaryDirectory()
  using bucket = temporaryDirectory()
  await fillSpool(here.path, { frames: 100, passed: 30 })
  const before = readFrom(here.path, undefined)
  const files = openFilePlace(bucket.path)
  let puts = 0
  const place: HandOverPlace = {
    ...files,
    put: (key, bytes) =>
      ++puts > 3 ? Promise.reject(new Error('refused')) : files.put(key, bytes),
  }
  await expect(handOver(here.path, place)).rejects.toThrow('refused')
  expect(await files.list('handovers/')).toEqual([])
  expect(readSeal(here.path)).toBeUndefined()
  expect(readFrom(here.path, undefined)).toEqual(before)
})

test('fetchSpool refuses a part that changed or is gone, until somebody accepts the loss', async () => {
  using here = temporaryDirectory()
  using there = temporaryDirectory()
  using bucket = temporaryDirectory()
  const place = openFilePlace(bucket.path)
  await fillSpool(here.path, { frames: 100, passed: 0 })
  const { manifest } = await handOver(here.path, place)
  const [changed, gone] = [manifest!.lanes[0]!.parts[1]!, manifest!.lanes[0]!.parts[3]!]
  const path = join(bucket.path, changed.key)
  writeFileSync(path, readFileSync(path).fill(1, 20, 24))
  const fetching = (of: Manifest, name: string) =>
    fetchSpool({ place, manifest: of, directory: join(there.path, name), cursors: cursorsOf(of) })
  await expect(fetching(manifest!, 'one')).rejects.toThrow(
    /is not what was handed over.*accept-loss/,
  )
  await place.remove(changed.key)
  await place.remove(gone.key)
  await expect(fetching(manifest!, 'two')).rejects.toThrow('is gone')
  const waiting = new WaitingHandOvers(place)
  expect(await waiting.list()).toEqual([manifest!])
  await acceptLoss(place, manifest!)
  waiting.forget(manifest!)
  const [lossy] = await waiting.list()
  await fetching(lossy!, 'three')
  const { numbers, lostFrames } = readFrom(join(there.path, 'three'), undefined)
  expect(lostFrames).toBeGreaterThan(0)
  expect(numbers.length + lostFrames).toBe(100)
})

test('settleSeal discards a spool that was handed over, and only that', async () => {
  using here = temporaryDirectory()
  using bucket = temporaryDirectory()
  const place = openFilePlace(bucket.path)
  await fillSpool(here.path, { frames: 50, passed: 0 })
  const before = readFrom(here.path, undefined)
  expect(await settleSeal(here.path, place)).toBe('none')
  const seal = { id: crypto.randomUUID(), at: new Date().toISOString(), place: place.name }
  writeSeal(here.path, { ...seal, state: 'sealed' })
  await place.put(`parts/${seal.id}/udp-0/1-0.zst`, Buffer.from('nobody asks for it any more'))
  await place.put('parts/other/udp-0/1-0.zst', Buffer.from('somebody does'))
  expect(await settleSeal(here.path, place)).toBe('opened')
  expect(readFrom(here.path, undefined)).toEqual(before)
  while ((await place.list('parts/')).length > 1) await Bun.sleep(1)
  expect(await place.list('parts/')).toEqual(['parts/other/udp-0/1-0.zst'])
  // Killed between the manifest and the seal's last word.
  const { manifest } = await handOver(here.path, place)
  const seal2 = { ...seal, id: manifest!.id, at: manifest!.at, state: 'sealed' as const }
  const rewritten = (isWhole: boolean) =>
    place.put(manifestKey(manifest!), renderManifest({ ...manifest!, isWhole }))
  await rewritten(false)
  writeSeal(here.path, seal2)
  expect(await settleSeal(here.path, place)).toBe('opened')
  await rewritten(true)
  writeSeal(here.path, seal2)
  expect(await settleSeal(here.path, undefined)).toBe('opened')
  writeSeal(here.path, seal2)
  expect(await settleSeal(here.path, place)).toBe('discarded')
  expect(readdirSync(here.path)).toEqual([])
  await fillSpool(here.path, { frames: 50, passed: 0 })
  await handOver(here.path, place)
  expect(readSeal(here.path)?.state).toBe('handed-over')
  rmSync(bucket.path, { recursive: true })
  expect(await settleSeal(here.path, undefined)).toBe('discarded')
})

test('parseManifest refuses whatever would have us write elsewhere, and formats of the future', async () => {
  using here = temporaryDirectory()
  using bucket = temporaryDirectory()
  const place = openFilePlace(bucket.path)
  await fillSpool(here.path, { frames: 3, passed: 0 })
  const manifest = (await handOver(here.path, place)).manifest!
  const parse = (changed: object) =>
    parseManifest(renderManifest({ ...manifest, ...changed }), 'handovers/x.json')
  expect(parse({})).toEqual(manifest)
  const [lane] = manifest.lanes
  for (const name of ['../../etc', '', 'damaged', 'a/b'])
    expect(() => parse({ lanes: [{ ...lane, lane: name }] })).toThrow('has a bad lanes.0.lane')
  expect(() => parse({ lanes: [{ ...lane, parts: [{ ...lane!.parts[0], file: -1 }] }] })).toThrow(
    'file',
  )
  expect(() => parse({ id: '../x' })).toThrow('has a bad id')
  expect(() => parse({ format: 2 })).toThrow('it waits for a node with the newer Calliope')
  expect(() => parseManifest(Buffer.from('{'), 'handovers/x.json')).toThrow('is not a JSON object')
})

test('removeHandOver leaves nothing behind, and tryPlace neither', async () => {
  using here = temporaryDirectory()
  using bucket = temporaryDirectory()
  const place = openFilePlace(bucket.path)
  await fillSpool(here.path, { frames: 100, passed: 0 })
  await tryPlace(place)
  const { manifest } = await handOver(here.path, place)
  await removeHandOver(place, manifest!)
  expect(readdirSync(bucket.path)).toEqual([])
})

test('openFilePlace says what to do about a directory that cannot be used', async () => {
  await expect(tryPlace(openFilePlace('/proc/calliope'))).rejects.toThrow(
    /\/proc\/calliope \(drain.handover\) cannot be used: .*; see that it is mounted/,
  )
})
