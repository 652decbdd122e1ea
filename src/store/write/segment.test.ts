import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { TracedMessage } from '#sip'
import {
  BlockBuilder,
  decodeBlock,
  decodeMessages,
  encodeMessages,
  SegmentError,
  sipOf,
} from './segment.ts'
import { missingDictionary, useDictionary, ZSTD_FORMAT } from './segment-packing.ts'

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
      const { format, bytes } = encodeMessages(messages)
      expect(decodeMessages(format, bytes)).toEqual(messages)
    }),
  )
})

test('decodeBlock and decodeMessages of a place give back the segments of a BlockBuilder', () => {
  const segments = fc.array(fc.array(message, { maxLength: 6 }), { minLength: 1, maxLength: 12 })
  const builder = new BlockBuilder()
  fc.assert(
    fc.property(segments, fc.nat(), (block, any) => {
      for (const segment of block) builder.add(segment)
      const { format, bytes } = builder.finish()
      const place = any % block.length
      expect(decodeMessages(format, bytes, place)).toEqual(block[place]!)
      const withoutSip = block.map((segment) => segment.map(({ sip: _, ...stored }) => stored))
      expect(decodeBlock(format, bytes)).toEqual(withoutSip)
    }),
  )
})

test('decodeMessages reads a segment with more addresses than a route has room for', () => {
  const [pattern] = fc.sample(message, 1)
  const many = Array.from({ length: 300 }, (_, i) => ({ ...pattern!, srcIp: `10.0.0.${i}` }))
  const { format, bytes } = encodeMessages(many)
  expect(decodeMessages(format, bytes)).toEqual(many)
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
  const raw = Bun.zstdDecompressSync(encodeMessages(sample!).bytes)
  for (let cut = 0; cut < raw.length; cut++) {
    const torn = Bun.zstdCompressSync(raw.subarray(0, cut))
    expect(() => decodeMessages(ZSTD_FORMAT, torn)).toThrow(SegmentError)
  }
  fc.assert(
    fc.property(bytes, (noise) => {
      expect(() => decodeMessages(ZSTD_FORMAT, noise)).toThrow(SegmentError)
    }),
  )
})

test('decodeMessages names a format it does not know', () => {
  expect(() => decodeMessages(9, Buffer.alloc(1))).toThrow('segment format 9 is newer')
})

test('encodeMessages of few messages is smaller with a dictionary, which reading must know', () => {
  const [pattern] = fc.sample(message, 1)
  const payload = Buffer.from(MESSAGE_SIP)
  const few = [{ ...pattern!, payload, protocolType: 1, sip: sipOf(1, payload) }]
  const before = encodeMessages(few)
  const text = `OPTIONS sip:c@d SIP/2.0\r\n${MESSAGE_SIP.repeat(3)}`
  useDictionary({ version: 7, bytes: Buffer.from(text) })
  const after = encodeMessages(few)
  expect(after.bytes.length).toBeLessThan(before.bytes.length)
  expect(decodeMessages(after.format, after.bytes)).toEqual(few)
  expect(decodeMessages(before.format, before.bytes)).toEqual(few)
  expect(missingDictionary(after.format, after.bytes)).toBeUndefined()
  after.bytes[0] = 8
  expect(missingDictionary(after.format, after.bytes)).toBe(8)
  expect(() => decodeMessages(after.format, after.bytes)).toThrow('dictionary 8 is not known')
})
