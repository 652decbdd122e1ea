import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { TracedMessage } from '#sip'
import { decodeMessages, encodeMessages, SEGMENT_FORMAT, SegmentError, sipOf } from './segment.ts'

const MESSAGE_SIP = 'OPTIONS sip:a@b SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n'
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.ipV4(), fc.ipV6())
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const timeUs = fc.oneof(
  fc.integer({ min: 1_790_000_000_000_000, max: 1_790_000_900_000_000 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
)
const port = fc.integer({ min: 0, max: 65_535 })
const extra = fc.record({ vendor: port, type: port, body: bytes })

const message: fc.Arbitrary<TracedMessage> = fc
  .record({
    atUs: timeUs,
    receivedUs: timeUs,
    clockClamped: fc.boolean(),
    srcIp: text,
    srcPort: port,
    dstIp: text,
    dstPort: port,
    ipProtocol: fc.integer({ min: 0, max: 255 }),
    protocolType: fc.constantFrom(1, 5, 100, 255),
    captureId: fc.integer({ min: 0, max: 0xffff_ffff }),
    captureNode: text,
    correlationId: text,
    payload: fc.oneof(bytes, fc.constant(Buffer.from(MESSAGE_SIP))),
    extras: fc.array(extra, { maxLength: 3 }),
  })
  .map(({ extras, ...fields }) => ({
    ...fields,
    ...(extras.length > 0 ? { extras } : {}),
    sip: sipOf(fields.protocolType, fields.payload),
  }))

test('decodeMessages gives back exactly what encodeMessages packed', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      expect(decodeMessages(SEGMENT_FORMAT, encodeMessages(messages))).toEqual(messages)
    }),
  )
})

test('decodeMessages parses the SIP of SIP messages only', () => {
  const sip = sipOf(1, Buffer.from(MESSAGE_SIP))
  expect(sip?.callId).toBe('x')
  expect(sipOf(100, Buffer.from(MESSAGE_SIP))).toBeUndefined()
  expect(sipOf(1, Buffer.from('no SIP at all'))).toBeUndefined()
})

test('decodeMessages throws SegmentError for every cut and for arbitrary bytes', () => {
  const [sample] = fc.sample(fc.array(message, { minLength: 3, maxLength: 5 }), {
    seed: 7,
    numRuns: 1,
  })
  const packed = encodeMessages(sample!)
  const raw = Bun.zstdDecompressSync(packed)
  for (let cut = 0; cut < raw.length; cut++) {
    const torn = Bun.zstdCompressSync(raw.subarray(0, cut))
    expect(() => decodeMessages(SEGMENT_FORMAT, torn)).toThrow(SegmentError)
  }
  fc.assert(
    fc.property(bytes, (noise) => {
      expect(() => decodeMessages(SEGMENT_FORMAT, noise)).toThrow(SegmentError)
    }),
  )
})

test('decodeMessages names a format it does not know', () => {
  expect(() => decodeMessages(9, Buffer.alloc(1))).toThrow('segment format 9 is newer')
})
