import { expect, test } from 'bun:test'
import {
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { readMarks, writeMark } from './reader-marks.ts'
import { memoryDisk, numberedFrame, numbersTo, readAll, temporaryDirectory } from './test-frames.ts'

const FILE = join('udp-0', '0000000001.spool')

/** Three batches of 2, 3 and 1 frames; returns the file's size after each. */
async function writeThreeBatches(directory: string): Promise<number[]> {
  const lane = openLane({ directory, lane: 'udp-0' })
  const ends = [statSync(join(directory, FILE)).size]
  let n = 0
  for (const frames of [2, 3, 1]) {
    for (let i = 0; i < frames; i++) lane.append(numberedFrame(n++))
    lane.flush()
    ends.push(statSync(join(directory, FILE)).size)
  }
  await lane.close()
  return ends
}

test('openLane cuts a torn tail of every length at the last whole batch, counts included', async () => {
  using origin = temporaryDirectory()
  const ends = await writeThreeBatches(origin.path)
  const framesBehind = [0, 2, 5, 6]
  using torn = temporaryDirectory(memoryDisk())
  for (let size = 0; size <= ends.at(-1)!; size++) {
    const directory = join(torn.path, String(size))
    cpSync(origin.path, directory, { recursive: true })
    truncateSync(join(directory, FILE), size)
    const frames = framesBehind[ends.findLastIndex((end) => end <= size)] ?? 0
    const lane = openLane({ directory, lane: 'udp-0' })
    expect(lane.ledger.counts()).toEqual({
      received: frames,
      appended: frames,
      rejected: {},
      dropped: {},
    })
    lane.append(numberedFrame(99))
    await lane.close()
    const reader = openReader({ directory, lane: 'udp-0' })
    expect(readAll(reader)).toMatchObject({ numbers: [...numbersTo(frames), 99], lostFrames: 0 })
    reader.close()
  }
}, 20_000)

test('openLane begins every run in a new file, at the next round thousand', async () => {
  using directory = temporaryDirectory()
  for (let run = 0; run < 3; run++) {
    await openLane({ directory: directory.path, lane: 'udp-0' }).close()
  }
  expect(readdirSync(join(directory.path, 'udp-0')).sort()).toEqual([
    '0000000001.spool',
    '0000001001.spool',
    '0000002001.spool',
  ])
})

test('openLane steps over damage in the middle of the last file to the newest counters', async () => {
  using directory = temporaryDirectory()
  const ends = await writeThreeBatches(directory.path)
  const path = join(directory.path, FILE)
  const bytes = readFileSync(path)
  bytes[ends[1]! + 20]! ^= 1
  writeFileSync(path, bytes)
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  expect(lane.ledger.appended).toBe(6)
  await lane.close()
  expect(statSync(path).size).toBe(ends.at(-1)!)
})

test('openLane keeps the bytes it cuts off aside', async () => {
  using directory = temporaryDirectory()
  const ends = await writeThreeBatches(directory.path)
  truncateSync(join(directory.path, FILE), ends[2]! + 10)
  await openLane({ directory: directory.path, lane: 'udp-0' }).close()
  const kept = readdirSync(join(directory.path, 'damaged'))
  expect(kept).toEqual([`udp-0-1-${ends[2]}.tail`])
  expect(statSync(join(directory.path, 'damaged', kept[0]!)).size).toBe(10)
})

test('openLane finds the counters in an older file when the newest holds no whole batch', async () => {
  using directory = temporaryDirectory()
  await writeThreeBatches(directory.path)
  writeFileSync(join(directory.path, 'udp-0', '0000000002.spool'), 'no batch')
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  expect(lane.ledger.appended).toBe(6)
  await lane.close()
})

test('openLane numbers its files above every reader mark, when all files were lost', async () => {
  using directory = temporaryDirectory()
  await writeThreeBatches(directory.path)
  const laneDir = join(directory.path, 'udp-0')
  writeMark(laneDir, 'store', { file: 3_007, offset: 10_000, records: 50 })
  rmSync(join(laneDir, '0000000001.spool'))
  const reader = openReader({
    directory: directory.path,
    lane: 'udp-0',
    from: readMarks(laneDir).get('store')!,
  })
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  expect(readdirSync(laneDir)).toContain('0000004001.spool')
  lane.append(numberedFrame(50))
  lane.flush()
  expect(readAll(reader)).toEqual({ numbers: [50], lostFrames: 0, setBackFrames: 0 })
  await lane.close()
})

test('openLane counts frames a reader passed on before a power failure took them', async () => {
  using directory = temporaryDirectory()
  const ends = await writeThreeBatches(directory.path)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  for (let chunk = reader.read(); chunk; chunk = reader.read()) reader.release('store', chunk.next)
  truncateSync(join(directory.path, FILE), ends[1]!)
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  expect(lane.ledger.counts()).toMatchObject({ received: 6, appended: 6 })
  lane.append(numberedFrame(6))
  lane.flush()
  expect(readAll(reader)).toEqual({ numbers: [6], lostFrames: 0, setBackFrames: 0 })
  await lane.close()
  reader.close()
})
