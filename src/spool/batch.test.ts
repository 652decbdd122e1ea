import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { DROP_REASONS, LaneLedger, LEDGER_SLOTS, ledgerCounts, REJECT_REASONS } from '#ledger'
import { findBatch, HEADER_BYTES, probeBatch, sealBatch } from './batch.ts'
import { spoolIdFrom } from './spool-id.ts'

const spoolId = spoolIdFrom('00112233-4455-6677-8899-aabbccddeeff')
const otherId = spoolIdFrom('10112233-4455-6677-8899-aabbccddeeff')

function sealed(payload: Uint8Array, ledger = new Float64Array(LEDGER_SLOTS)): Buffer {
  const buffer = Buffer.alloc(HEADER_BYTES + payload.length)
  buffer.set(payload, HEADER_BYTES)
  const bytes = buffer.length
  sealBatch(buffer, spoolId, {
    bytes,
    records: 3,
    frames: 2,
    firstFrame: 2 ** 40,
    writtenUs: 7,
    ledger,
  })
  return buffer
}

const payload = fc.uint8Array({ maxLength: 400 })

test('probeBatch reads what sealBatch wrote', () => {
  const ledger = Float64Array.from({ length: LEDGER_SLOTS }, (_, i) => i * 1e12)
  const probe = probeBatch(sealed(Buffer.from('abc'), ledger), 0, spoolId)
  expect(probe).toEqual({
    kind: 'batch',
    header: {
      bytes: HEADER_BYTES + 3,
      headerBytes: HEADER_BYTES,
      records: 3,
      frames: 2,
      firstFrame: 2 ** 40,
      writtenUs: 7,
      ledger,
    },
  })
})

test('probeBatch takes no batch with any one bit flipped', () => {
  const bit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(payload, bit, (payload, place) => {
      const batch = sealed(payload)
      const flipped = Math.floor(place * batch.length * 8)
      batch[flipped >> 3]! ^= 1 << (flipped & 7)
      expect(probeBatch(batch, 0, spoolId).kind).not.toBe('batch')
    }),
    { numRuns: 1_000 },
  )
})

test('probeBatch asks for more at every cut of a batch, and never for more than there was', () => {
  fc.assert(
    fc.property(payload, (payload) => {
      const batch = sealed(payload)
      for (let cut = 0; cut < batch.length; cut++) {
        const probe = probeBatch(batch.subarray(0, cut), 0, spoolId)
        if (probe.kind !== 'partial') throw new Error(`cut at ${cut}: ${probe.kind}`)
        expect(probe.bytesNeeded).toBeGreaterThan(cut)
        expect(probe.bytesNeeded).toBeLessThanOrEqual(batch.length)
      }
    }),
    { numRuns: 20 },
  )
})

test('probeBatch takes no batch of another spool, nor of a later format', () => {
  const batch = sealed(Buffer.from('abc'))
  expect(probeBatch(batch, 0, otherId)).toEqual({ kind: 'damaged', reason: 'not this spool' })
  batch.writeUInt16LE(2, 24)
  expect(probeBatch(batch, 0, spoolId)).toMatchObject({
    reason: expect.stringContaining('format 2'),
  })
})

test('findBatch finds the batch behind any bytes, and none where none is', () => {
  fc.assert(
    fc.property(payload, payload, (before, payload) => {
      const buffer = Buffer.concat([before, sealed(payload)])
      expect(findBatch(buffer, 0, spoolId)).toBe(before.length)
      expect(findBatch(buffer, before.length + 1, spoolId)).toBe(-1)
    }),
  )
})

test('probeBatch puts the counters of a version that knew fewer reasons where they belong', () => {
  const rejects = REJECT_REASONS.length - 2
  const drops = DROP_REASONS.length - 1
  const older = Buffer.alloc(56 + (2 + rejects + drops) * 8)
  sealed(Buffer.alloc(0)).copy(older, 0, 0, 56)
  older[26] = rejects
  older[27] = drops
  older.writeUInt32LE(older.length, 28)
  for (let i = 0; i < 2 + rejects + drops; i++) older.writeDoubleLE(i + 1, 56 + i * 8)
  older.writeUInt32LE(Bun.hash.crc32(older.subarray(4)), 0)
  const probe = probeBatch(older, 0, spoolId)
  if (probe.kind !== 'batch') throw new Error(JSON.stringify(probe))
  const counts = ledgerCounts(probe.header.ledger)
  expect(counts.received).toBe(1)
  expect(counts.rejected).toEqual(
    Object.fromEntries(REJECT_REASONS.slice(0, -2).map((reason, i) => [reason, i + 3])),
  )
  expect(counts.dropped).toEqual(
    Object.fromEntries(DROP_REASONS.slice(0, -1).map((reason, i) => [reason, i + 3 + rejects])),
  )
})

test('LaneLedger.lose counts appended frames over, so that received stays what it was', () => {
  const ledger = new LaneLedger()
  for (let i = 0; i < 5; i++) ledger.append()
  ledger.lose('disk_error', 3)
  expect(ledger.counts()).toEqual({
    received: 5,
    appended: 2,
    rejected: {},
    dropped: { disk_error: 3 },
  })
})
