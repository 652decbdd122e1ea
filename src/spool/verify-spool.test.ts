import { expect, test } from 'bun:test'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { openSpool } from './spool.ts'
import { renderSpoolReport } from './spool-report.ts'
import { numberedFrame, temporaryDirectory } from './test-frames.ts'
import { verifySpool } from './verify-spool.ts'

/** Four batches of ten frames; returns the file and where each batch ends. */
async function writeFour(directory: string) {
  const lane = openLane({ directory, lane: 'udp-0' })
  const path = join(directory, 'udp-0', '0000000001.spool')
  const ends: number[] = []
  for (let n = 0; n < 40; n++) {
    lane.append(numberedFrame(n))
    if (n % 10 === 9) lane.flush()
    if (n % 10 === 9) ends.push(statSync(path).size)
  }
  lane.quarantine(numberedFrame(0), { reason: 'not_hep', offset: 0, detail: 'no magic' })
  await lane.close()
  return { path, ends }
}

test('verifySpool counts everything in a sound spool, and the report says it is whole', async () => {
  using directory = temporaryDirectory()
  await using spool = await openSpool({ directory: directory.path, readers: ['relay', 'store'] })
  await writeFour(directory.path)
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  reader.release('store', reader.read({ bytesMax: 1_100 })!.next)
  const report = verifySpool(directory.path)
  expect(report).toMatchObject({ spoolId: spool.id, declaredReaders: ['relay', 'store'] })
  expect(report.lanes).toMatchObject([
    {
      lane: 'udp-0',
      files: 1,
      batches: 6,
      frames: 40,
      framesEver: 40,
      quarantined: 1,
      oldestUs: 1e15,
      newestUs: 1e15 + 39,
      damaged: [],
      readers: [{ name: 'store', behindFrames: 30 }],
    },
  ])
  const text = renderSpoolReport(report)
  for (const line of [
    `id       ${spool.id}, format 1`,
    'lane udp-0',
    '40 frames here, 40 ever, 1 quarantined',
    'received 2001-09-09T01:46:40.000Z to 2001-09-09T01:46:40.000Z',
    'reader relay: not begun',
    '30 frames behind',
    'whole: every batch matches its checksum',
  ]) {
    expect(text).toContain(line)
  }
})

test('verifySpool names each damaged place with its offset, reason and lost frames', async () => {
  using directory = temporaryDirectory()
  const { path, ends } = await writeFour(directory.path)
  const bytes = readFileSync(path)
  bytes[ends[0]! + 100]! ^= 1
  writeFileSync(path, bytes)
  truncateSync(path, ends[3]! - 7)
  const report = verifySpool(directory.path)
  expect(report.lanes[0]!.damaged).toEqual([
    {
      kind: 'damaged',
      file: 1,
      offset: ends[0]!,
      bytes: ends[1]! - ends[0]!,
      frames: 10,
      reason: 'checksum does not match',
    },
    {
      kind: 'torn',
      file: 1,
      offset: ends[2]!,
      bytes: ends[3]! - ends[2]! - 7,
      frames: undefined,
      reason: 'the batch is cut short',
    },
  ])
  const text = renderSpoolReport(report)
  expect(text).toContain(`DAMAGED file 1 at byte ${ends[0]}`)
  expect(text).toContain('checksum does not match, 10 frames lost')
  expect(text).toEndWith('damaged: 2 places, 10 frames known to be lost; the rest is read as usual')
})

test('verifySpool changes nothing and calls a torn end what it is', async () => {
  using directory = temporaryDirectory()
  const { path, ends } = await writeFour(directory.path)
  truncateSync(path, ends[3]! - 1)
  const report = verifySpool(directory.path)
  expect(renderSpoolReport(report)).toEndWith(
    'whole but for a torn end, which the next start cuts off',
  )
  expect(statSync(path).size).toBe(ends[3]! - 1)
})

test('verifySpool says when there is no spool', () => {
  using directory = temporaryDirectory()
  expect(() => verifySpool(directory.path)).toThrow(
    'is no spool; name the directory that holds spool.json',
  )
})
