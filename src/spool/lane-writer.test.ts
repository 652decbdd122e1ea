import { expect, test } from 'bun:test'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LaneLedger } from '#ledger'
import { openReader } from './lane-reader.ts'
import { RECORD_FRAME_BYTES_MAX } from './lane-writer.ts'
import { openLane } from './open-lane.ts'
import { readQuarantined } from './quarantine.ts'
import { openSpool } from './spool.ts'
import { numberedFrame, numbersTo, readAll, temporaryDirectory } from './test-frames.ts'

function laneBytes(directory: string, lane = 'udp-0'): number {
  const laneDir = join(directory, lane)
  return readdirSync(laneDir)
    .filter((name) => name.endsWith('.spool'))
    .reduce((sum, name) => sum + statSync(join(laneDir, name)).size, 0)
}

test('append hands the batch over when flushMs has passed, though no timer ever ran', () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const lane = openLane({ directory: directory.path, lane: 'udp-0', flushMs: 50, now: () => nowMs })
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  for (let n = 0; n < 8; n++) lane.append(numberedFrame(n))
  expect(readAll(reader).numbers).toEqual([])
  nowMs = 51
  for (let n = 8; n < 16; n++) lane.append(numberedFrame(n))
  expect(readAll(reader).numbers).toEqual(numbersTo(16))
})

test('a lone frame is handed over by the timer', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0', flushMs: 5 })
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  lane.append(numberedFrame(0))
  const numbers: number[] = []
  while (numbers.length === 0) {
    numbers.push(...readAll(reader).numbers)
    await Bun.sleep(1)
  }
  expect(numbers).toEqual([0])
  await lane.close()
})

test('append copies the bytes, so that the caller may reuse its buffer', () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  const frame = numberedFrame(7)
  lane.append(frame)
  frame.bytes.fill(0)
  lane.flush()
  expect(readAll(openReader({ directory: directory.path, lane: 'udp-0' })).numbers).toEqual([7])
})

test('append takes frames far longer than HEP allows, and refuses longer ones with a count', () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  for (const bytes of [65_535, 300_000, RECORD_FRAME_BYTES_MAX, 4]) {
    expect(lane.append(numberedFrame(1, bytes))).toBe('appended')
  }
  expect(lane.append(numberedFrame(2, RECORD_FRAME_BYTES_MAX + 1_000))).toBe('oversized')
  lane.flush()
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  const lengths: number[] = []
  for (let chunk = reader.read(); chunk; chunk = reader.read()) {
    lengths.push(...chunk.records.map((record) => record.bytes.length))
  }
  expect(lengths).toEqual([65_535, 300_000, RECORD_FRAME_BYTES_MAX, 4])
  expect(lane.ledger.counts()).toMatchObject({
    received: 5,
    appended: 4,
    rejected: { oversized: 1 },
  })
})

test('the counters outlive the deletion of the files they were counted in', async () => {
  using directory = temporaryDirectory()
  const options = {
    directory: directory.path,
    lane: 'udp-0',
    fileBytesMax: 10_000,
    flushBytes: 1_000,
  }
  await using _ = await openSpool({ directory: directory.path, readers: ['store'] })
  const lane = openLane(options)
  for (let n = 0; n < 1_000; n++) lane.append(numberedFrame(n))
  lane.ledger.drop('kernel_buffer', 5)
  await lane.close()
  const reader = openReader(options)
  for (let chunk = reader.read(); chunk; chunk = reader.read()) reader.release('store', chunk.next)
  expect(laneBytes(directory.path)).toBeLessThan(10_000)
  const ledger = new LaneLedger()
  await openLane({ ...options, ledger }).close()
  expect(ledger.counts()).toMatchObject({
    received: 1_005,
    appended: 1_000,
    dropped: { kernel_buffer: 5 },
  })
})

test('counts of refused frames survive though no frame was ever appended', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  lane.ledger.reject('bad_chunk', 3)
  lane.flush()
  const again = openLane({ directory: directory.path, lane: 'udp-0' })
  expect(again.ledger.counts()).toMatchObject({ received: 3, rejected: { bad_chunk: 3 } })
  const chunk = openReader({ directory: directory.path, lane: 'udp-0' }).read()
  expect(chunk).toMatchObject({ frames: 0, intake: { received: 3 } })
  await Promise.all([lane.close(), again.close()])
})

test('quarantine keeps so many a second with reason, place and frame, and counts every one', () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const options = {
    directory: directory.path,
    lane: 'udp-0',
    quarantinePerSecond: 10,
    now: () => nowMs,
  }
  const lane = openLane(options)
  const refused = {
    reason: 'bad_chunk',
    offset: 23,
    detail: 'chunk 7 is shorter than its header',
  } as const
  for (let n = 0; n < 50; n++) lane.quarantine(numberedFrame(n), refused)
  nowMs = 500
  for (let n = 50; n < 100; n++) lane.quarantine(numberedFrame(n), refused)
  lane.flush()
  const records = openReader(options).read()?.records ?? []
  expect(records.map((record) => readQuarantined(record).frame.readUInt32LE(0))).toEqual([
    ...numbersTo(10),
    ...[50, 51, 52, 53, 54],
  ])
  expect(readQuarantined(records[0]!)).toEqual({ ...refused, frame: numberedFrame(0).bytes })
  expect(lane.ledger.counts()).toMatchObject({
    received: 100,
    appended: 0,
    rejected: { bad_chunk: 100 },
  })
})

test('append answers spool_full at bytesMax and goes on when readers free space', async () => {
  using directory = temporaryDirectory()
  const bytesMax = 256 * 1024
  let nowMs = 0
  const options = { directory: directory.path, lane: 'udp-0', bytesMax, now: () => nowMs }
  await using _ = await openSpool({ directory: directory.path, bytesMax, readers: ['store'] })
  const lane = openLane(options)
  const reader = openReader(options)
  const numbers: number[] = []
  let n = 0
  for (let round = 0; round < 3; round++) {
    nowMs += 100
    expect(lane.isFull).toBe(false)
    let verdict = lane.append(numberedFrame(n++, 700))
    while (verdict === 'appended') verdict = lane.append(numberedFrame(n++, 700))
    n--
    expect(verdict).toBe('spool_full')
    expect(lane.isFull).toBe(true)
    expect(laneBytes(directory.path)).toBeLessThanOrEqual(bytesMax)
    expect(laneBytes(directory.path)).toBeGreaterThan(bytesMax * 0.85)
    lane.flush()
    for (let chunk = reader.read(); chunk; chunk = reader.read()) {
      numbers.push(...chunk.records.map((record) => record.bytes.readUInt32LE(0)))
      reader.release('store', chunk.next)
    }
  }
  expect(numbers).toEqual(numbersTo(n))
  expect(lane.ledger.counts()).toMatchObject({
    received: n + 3,
    appended: n,
    dropped: { spool_full: 3 },
  })
  await lane.close()
})

test('bytesMax is shared by all lanes of a spool', () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const options = { directory: directory.path, bytesMax: 256 * 1024, now: () => nowMs }
  const first = openLane({ ...options, lane: 'udp-0' })
  const second = openLane({ ...options, lane: 'udp-1' })
  first.append(numberedFrame(0, 700))
  first.flush()
  nowMs += 1_001
  second.append(numberedFrame(0, 700)) // has measured the first lane while it was small
  while (first.append(numberedFrame(0, 700)) === 'appended') {}
  nowMs += 1_001
  second.flush()
  let verdict = second.append(numberedFrame(0, 700))
  for (let i = 0; i < 100 && verdict === 'appended'; i++)
    verdict = second.append(numberedFrame(0, 700))
  expect(verdict).toBe('spool_full')
  expect(laneBytes(directory.path) + laneBytes(directory.path, 'udp-1')).toBeLessThanOrEqual(
    256 * 1024,
  )
})

test('sync shares one fdatasync among all callers that wait', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'http' })
  const callers = Array.from({ length: 200 }, (_, n) => {
    lane.append(numberedFrame(n))
    return lane.sync()
  })
  await Promise.all(callers)
  expect(readAll(openReader({ directory: directory.path, lane: 'http' })).numbers).toEqual(
    numbersTo(200),
  )
  await lane.close()
})

test('append after close drops and counts', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  await lane.close()
  expect(lane.append(numberedFrame(0))).toBe('disk_error')
  expect(lane.ledger.counts()).toMatchObject({
    received: 1,
    appended: 0,
    dropped: { disk_error: 1 },
  })
  await lane.close()
})

test('a lane whose directory was removed makes it again and says what was lost', async () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const options = { directory: directory.path, lane: 'udp-0', now: () => nowMs }
  const lane = openLane(options)
  const reader = openReader(options)
  for (let n = 0; n < 5; n++) lane.append(numberedFrame(n))
  lane.flush()
  expect(readAll(reader).numbers).toEqual(numbersTo(5))
  for (let n = 5; n < 8; n++) lane.append(numberedFrame(n))
  lane.flush()
  reader.close()
  rmSync(join(directory.path, 'udp-0'), { recursive: true })
  nowMs = 2_000
  for (let n = 8; n < 10; n++) lane.append(numberedFrame(n))
  lane.flush()
  expect(readAll(reader)).toMatchObject({ numbers: [8, 9], lostFrames: 3 })
  await lane.close()
})

test('openLane refuses names and limits no spool can work with, and says which are allowed', () => {
  using directory = temporaryDirectory()
  expect(() => openLane({ directory: directory.path, lane: '../etc' })).toThrow(
    '"../etc" cannot name a lane',
  )
  expect(() => openLane({ directory: directory.path, lane: 'damaged' })).toThrow('not "damaged"')
  expect(() => openLane({ directory: directory.path, lane: 'udp-0', bytesMax: 1_000 })).toThrow(
    'at least 65536',
  )
})
