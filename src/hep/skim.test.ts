import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { packetV3 } from '../../test/fixtures/hep-packets.ts'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { decodeHep, encodeHep, hepSkim, skimHep } from './index.ts'

const fixture = readFixture().map(({ hep }) => hep)

/** The frame as it lies in a chunk, between other bytes; true when skimHep took it. */
function expectAgreement(frame: Buffer, before: Buffer, after: Buffer): boolean {
  const bytes = Buffer.concat([before, frame, after])
  if (!skimHep(bytes, before.length, before.length + frame.length)) return false
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') throw new Error(`skimmed what is malformed: ${packet.detail}`)
  const { correlationAt, correlationEnd, payloadAt, payloadEnd, ...fields } = hepSkim
  const { kind, version, ipFamily, authKey, extras, payload, correlationId, ...expected } = packet
  expect<object>(fields).toEqual(expected)
  expect(extras).toEqual([])
  expect(bytes.toString('utf8', correlationAt, correlationEnd)).toBe(correlationId)
  expect(bytes.subarray(payloadAt, payloadEnd).equals(payload)).toBe(true)
  return true
}

const NOTHING = Buffer.alloc(0)

test('skimHep reads every real version 3 frame as decodeHep does', () => {
  const read = fixture.filter((frame) => expectAgreement(frame, NOTHING, NOTHING))
  expect(read.length).toBe(fixture.filter((frame) => frame[0] === 0x48).length)
})

test('skimHep leaves vendor chunks and compressed payloads to decodeHep', () => {
  fc.assert(
    fc.property(packetV3, (packet) => {
      expect(expectAgreement(encodeHep(packet), NOTHING, NOTHING)).toBe(packet.extras.length === 0)
      expect(expectAgreement(encodeHep(packet, { compress: 'zlib' }), NOTHING, NOTHING)).toBe(false)
    }),
  )
})

test('skimHep agrees with decodeHep on damaged frames, whatever stands beside them', () => {
  const change = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }))
  const noise = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(
      fc.constantFrom(...fixture),
      fc.array(change, { maxLength: 4 }),
      noise,
      noise,
      (whole, changes, before, after) => {
        const frame = Buffer.from(whole)
        for (const [at, value] of changes) if (at < frame.length) frame[at] = value
        expectAgreement(frame, before, after)
      },
    ),
    { numRuns: 3000 },
  )
})
