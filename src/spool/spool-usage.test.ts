import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { fileBytes, laneFileName } from './lane-files.ts'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { writeMark } from './reader-marks.ts'
import { openSpool } from './spool.ts'
import { spoolUsage } from './spool-usage.ts'
import { numberedFrame, temporaryDirectory } from './test-frames.ts'

test('spoolUsage tells bytes, backlog and age of the slowest declared reader', async () => {
  using directory = temporaryDirectory()
  await using spool = await openSpool({ directory: directory.path, readers: ['store'] })
  const options = {
    directory: directory.path,
    lane: 'udp-0',
    fileBytesMax: 20_000,
    flushBytes: 2_000,
  }
  const lane = openLane(options)
  const beganUs = Date.now() * 1_000
  for (let n = 0; n < 300; n++) lane.append(numberedFrame(n, 200))
  lane.flush()
  const unread = spoolUsage(directory.path, beganUs + 60e6)
  expect(unread.backlogBytes).toBe(unread.bytes)
  const tookSeconds = Date.now() / 1_000 - beganUs / 1e6
  expect(unread.oldestUnreadAgeSeconds).toBeLessThanOrEqual(60.01) // two clocks
  expect(unread.oldestUnreadAgeSeconds).toBeGreaterThanOrEqual(59.99 - tookSeconds)
  const reader = openReader(options)
  const first = reader.read({ bytesMax: 30_000 })!
  reader.release('store', first.next)
  const some = spool.usage()
  expect(some.backlogBytes).toBe(unread.bytes - first.next.offset)
  for (let chunk = reader.read(); chunk; chunk = reader.read()) reader.release('store', chunk.next)
  expect(spool.usage()).toMatchObject({ backlogBytes: 0, oldestUnreadAgeSeconds: 0 })
  expect(spool.usage().lanes).toMatchObject([{ lane: 'udp-0', files: 1, backlogBytes: 0 }])
  await lane.close()
})

test('spoolUsage counts no file before the mark, though it is still there', async () => {
  using directory = temporaryDirectory()
  await using spool = await openSpool({
    directory: directory.path,
    readers: ['store'],
    reclaimMs: 1e6,
  })
  const options = {
    directory: directory.path,
    lane: 'udp-0',
    fileBytesMax: 20_000,
    flushBytes: 2_000,
  }
  const lane = openLane(options)
  for (let n = 0; n < 300; n++) lane.append(numberedFrame(n, 200))
  await lane.close()
  const { files, bytes } = spool.usage().lanes[0]!
  const last = join(directory.path, 'udp-0', laneFileName(files))
  writeMark(join(directory.path, 'udp-0'), 'store', { file: files, offset: 0, records: 0 })
  expect(files).toBeGreaterThan(3)
  expect(spool.usage()).toMatchObject({ bytes, backlogBytes: fileBytes(last) })
})

test('spoolUsage of a directory without a spool is all zero', () => {
  using directory = temporaryDirectory()
  expect(spoolUsage(join(directory.path, 'none'))).toEqual({
    bytes: 0,
    backlogBytes: 0,
    oldestUnreadAgeSeconds: 0,
    lanes: [],
  })
})
