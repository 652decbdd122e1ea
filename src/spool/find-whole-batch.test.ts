import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEDGER_SLOTS } from '#ledger'
import { BATCH_BYTES_MAX, HEADER_BYTES } from './batch.ts'
import { BatchBuffer } from './batch-buffer.ts'
import { findWholeBatch } from './find-whole-batch.ts'
import { laneFileName } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import { spoolIdFrom } from './spool-id.ts'
import { temporaryDirectory } from './test-frames.ts'

const spoolId = spoolIdFrom('00112233-4455-6677-8899-aabbccddeeff')

function wholeBatch(): Buffer {
  const batch = new BatchBuffer(spoolId, 0)
  batch.seal(0, new Float64Array(LEDGER_SLOTS), 0)
  return batch.buffer.subarray(0, HEADER_BYTES)
}

/** Something that begins as a batch of `bytes` would, and is none. */
function falseBatch(bytes: number): Buffer {
  const head = Buffer.from(wholeBatch())
  head.writeUInt32LE(bytes, 28)
  head[0]! ^= 1
  return head
}

function find(parts: readonly Buffer[]): number | undefined {
  using directory = temporaryDirectory()
  const bytes = Buffer.concat(parts)
  writeFileSync(join(directory.path, laneFileName(1)), bytes)
  const source = new LaneSource(directory.path)
  const found = findWholeBatch(source, 1, 0, bytes.length, spoolId)
  source.close()
  return found
}

test('findWholeBatch passes over what only begins as a batch does', () => {
  const falseOnes = [falseBatch(HEADER_BYTES), falseBatch(5_000_000), falseBatch(0xffffffff)]
  expect(find([...falseOnes, wholeBatch()])).toBe(3 * HEADER_BYTES)
  expect(find(falseOnes)).toBeUndefined()
})

test('findWholeBatch finds a batch wherever the windows it reads by happen to end', () => {
  for (let shift = -30; shift <= HEADER_BYTES; shift += 23) {
    const before = BATCH_BYTES_MAX - shift
    expect(find([Buffer.alloc(before), wholeBatch(), Buffer.alloc(5_000)])).toBe(before)
    const lured = [falseBatch(BATCH_BYTES_MAX), Buffer.alloc(before - HEADER_BYTES), wholeBatch()]
    expect(find(lured)).toBe(before)
  }
})

test('findWholeBatch finds nothing in bytes that are no spool', () => {
  expect(find([Buffer.alloc(3)])).toBeUndefined()
  expect(find([Buffer.alloc(BATCH_BYTES_MAX + 1_000, 'CSPL')])).toBeUndefined()
})
