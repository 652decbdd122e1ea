import { expect, test } from 'bun:test'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { laneFileName } from './lane-files.ts'
import { openReader } from './lane-reader.ts'
import type { LaneWriter } from './lane-writer.ts'
import { openLane } from './open-lane.ts'
import type { Cursor } from './record.ts'
import { openSpool } from './spool.ts'
import { numberedFrame, numbersTo, readAll, temporaryDirectory } from './test-frames.ts'

const pathOf = (directory: string, file: number) => join(directory, 'udp-0', laneFileName(file))
const filesOf = (directory: string) =>
  readdirSync(join(directory, 'udp-0'))
    .filter((name) => name.endsWith('.spool'))
    .sort()

/** A lane of files with about 10 frames each. */
const smallFiles = (directory: string): LaneWriter =>
  openLane({ directory, lane: 'udp-0', fileBytesMax: 4_000, flushBytes: 1_000, now: () => 0 })

function appendNumbers(lane: LaneWriter, from: number, to: number): void {
  for (let n = from; n < to; n++) lane.append(numberedFrame(n, 200))
  lane.flush()
}

test('read waits for the rest of a batch that is half written', () => {
  using directory = temporaryDirectory()
  using whole = temporaryDirectory()
  appendNumbers(openLane({ directory: directory.path, lane: 'udp-0' }), 0, 3)
  const bytes = readFileSync(pathOf(directory.path, 1))
  const path = pathOf(whole.path, 1)
  openLane({ directory: whole.path, lane: 'udp-0' })
  writeFileSync(join(whole.path, 'spool.json'), readFileSync(join(directory.path, 'spool.json')))
  writeFileSync(path, '')
  const reader = openReader({ directory: whole.path, lane: 'udp-0' })
  const read: number[] = []
  for (const byte of bytes) {
    expect(read).toEqual([])
    appendFileSync(path, Buffer.from([byte]))
    const chunk = reader.read()
    expect(chunk?.losses ?? []).toEqual([])
    read.push(...(chunk?.records ?? []).map((record) => record.bytes.readUInt32LE(0)))
  }
  expect(read).toEqual(numbersTo(3))
})

test('read skips a damaged batch, says how many frames were in it, and keeps its bytes aside', () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  const path = pathOf(directory.path, 1)
  const ends: number[] = []
  for (let n = 0; n < 9; n += 3) {
    appendNumbers(lane, n, n + 3)
    ends.push(statSync(path).size)
  }
  const bytes = readFileSync(path)
  bytes[ends[0]! + 300]! ^= 0x80
  writeFileSync(path, bytes)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  const chunks = [reader.read(), reader.read(), reader.read()]
  expect(chunks[0]!.records.length).toBe(3)
  expect(chunks[1]).toMatchObject({ frames: 3, lostFrames: 3, next: { records: 9 } })
  expect(chunks[1]!.losses).toEqual([
    {
      kind: 'damaged',
      frames: 3,
      file: 1,
      offset: ends[0]!,
      detail: `${ends[1]! - ends[0]!} bytes: checksum does not match`,
    },
  ])
  expect(chunks[2]).toBeUndefined()
  const kept = readFileSync(join(directory.path, 'damaged', `udp-0-1-${ends[0]}.batch`))
  expect(kept).toEqual(bytes.subarray(ends[0], ends[1]))
})

test('read finds whole batches behind a damaged length at the end of what is written', () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  appendNumbers(lane, 0, 2)
  const begin = statSync(pathOf(directory.path, 1)).size
  appendNumbers(lane, 2, 4)
  appendNumbers(lane, 4, 6)
  const bytes = readFileSync(pathOf(directory.path, 1))
  bytes.writeUInt32LE(7_000_000, begin + 28)
  writeFileSync(pathOf(directory.path, 1), bytes)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  expect(readAll(reader)).toMatchObject({ numbers: [0, 1, 4, 5], lostFrames: 2 })
})

test('a frame that carries a batch of another spool is never taken for one behind damage', () => {
  using directory = temporaryDirectory()
  using forger = temporaryDirectory()
  appendNumbers(openLane({ directory: forger.path, lane: 'udp-0' }), 666, 669)
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  const begin = statSync(pathOf(directory.path, 1)).size
  lane.append({ ...numberedFrame(0), bytes: readFileSync(pathOf(forger.path, 1)) })
  lane.flush()
  appendNumbers(lane, 1, 3)
  const bytes = readFileSync(pathOf(directory.path, 1))
  bytes[begin + 60]! ^= 1
  writeFileSync(pathOf(directory.path, 1), bytes)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  expect(readAll(reader)).toMatchObject({ numbers: [1, 2], lostFrames: 1 })
})

test('read goes on behind a file somebody deleted and counts what was in it', () => {
  using directory = temporaryDirectory()
  const lane = smallFiles(directory.path)
  appendNumbers(lane, 0, 100)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  const first = reader.read({ bytesMax: 1_000 })!
  reader.close()
  for (const name of filesOf(directory.path).slice(0, 3))
    rmSync(join(directory.path, 'udp-0', name))
  const again = openReader({ directory: directory.path, lane: 'udp-0', from: first.next })
  const chunk = again.read()!
  expect(chunk.losses[0]).toMatchObject({ kind: 'deleted', frames: chunk.lostFrames, file: 1 })
  const rest = readAll(again).numbers
  expect(chunk.lostFrames).toBeGreaterThan(20)
  expect(first.frames + chunk.lostFrames + chunk.frames + rest.length).toBe(100)
})

test('openReader without a cursor begins at the oldest file there is and calls nothing lost', () => {
  using directory = temporaryDirectory()
  const lane = smallFiles(directory.path)
  appendNumbers(lane, 0, 100)
  const names = filesOf(directory.path)
  for (const name of names.slice(0, 3)) rmSync(join(directory.path, 'udp-0', name))
  const { numbers, lostFrames } = readAll(openReader({ directory: directory.path, lane: 'udp-0' }))
  expect(lostFrames).toBe(0)
  expect(numbers).toEqual(numbersTo(100).slice(-numbers.length))
})

test('a cursor beyond every file waits, then reads what the lane writes next, and says set-back', async () => {
  using directory = temporaryDirectory()
  const before = smallFiles(directory.path)
  appendNumbers(before, 0, 10)
  await before.close()
  const from: Cursor = { file: 5_001, offset: 4_000, records: 500 }
  const reader = openReader({ directory: directory.path, lane: 'udp-0', from })
  expect(reader.read()).toBeUndefined()
  expect(reader.read()).toBeUndefined()
  const lane = smallFiles(directory.path)
  appendNumbers(lane, 10, 12)
  expect(readAll(reader)).toEqual({ numbers: [10, 11], lostFrames: 0, setBackFrames: 490 })
  await lane.close()
})

test('a reader of a lane that does not exist yet waits for it', () => {
  using directory = temporaryDirectory()
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  expect(reader.read()).toBeUndefined()
  appendNumbers(openLane({ directory: directory.path, lane: 'udp-0' }), 0, 3)
  expect(readAll(reader).numbers).toEqual([0, 1, 2])
})

test('release deletes files only when every declared reader has passed them', async () => {
  using directory = temporaryDirectory()
  await using _ = await openSpool({ directory: directory.path, readers: ['store', 'relay'] })
  const lane = smallFiles(directory.path)
  appendNumbers(lane, 0, 100)
  const all = filesOf(directory.path)
  const store = openReader({ directory: directory.path, lane: 'udp-0' })
  const relay = openReader({ directory: directory.path, lane: 'udp-0' })
  for (let chunk = store.read(); chunk; chunk = store.read()) store.release('store', chunk.next)
  expect(filesOf(directory.path)).toEqual(all)
  const first = relay.read()!
  relay.release('relay', first.next)
  expect(filesOf(directory.path)).toEqual(all)
  for (let chunk = relay.read(); chunk; chunk = relay.read()) relay.release('relay', chunk.next)
  expect(filesOf(directory.path)).toEqual(all.slice(-1))
  expect(() => relay.release('../x', first.next)).toThrow('"../x" cannot name a reader')
})

test('reclaim deletes what was passed while nobody released, once a reader is no longer declared', async () => {
  using directory = temporaryDirectory()
  const lane = smallFiles(directory.path)
  const before = await openSpool({ directory: directory.path, readers: ['store', 'relay'] })
  appendNumbers(lane, 0, 100)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  for (let chunk = reader.read(); chunk; chunk = reader.read()) reader.release('store', chunk.next)
  expect(before.reclaim()).toBe(0)
  await before.close()
  await using after = await openSpool({ directory: directory.path, readers: ['store'] })
  expect(after.reclaim()).toBeGreaterThan(3)
  expect(filesOf(directory.path).length).toBe(1)
})

test('read puts a chunk where it is told when it fits, and finds room of its own when not', () => {
  using directory = temporaryDirectory()
  appendNumbers(openLane({ directory: directory.path, lane: 'udp-0' }), 0, 3)
  const numbersIn = (into: Buffer) => {
    const chunk = openReader({ directory: directory.path, lane: 'udp-0' }).read({ into })!
    const walk = chunk.walk()
    const numbers: number[] = []
    while (walk.next()) numbers.push(walk.bytes.readUInt32LE(walk.from))
    return { numbers, isInto: walk.bytes.buffer === into.buffer }
  }
  expect(numbersIn(Buffer.alloc(4_096, 1))).toEqual({ numbers: numbersTo(3), isInto: true })
  expect(numbersIn(Buffer.alloc(100, 1))).toEqual({ numbers: numbersTo(3), isInto: false })
})
