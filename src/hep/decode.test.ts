import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { packetV1V2, packetV3 } from '../../test/fixtures/hep-packets.ts'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { authKeyOf, checkHep, decodeHep, encodeHep, type HepPacket } from './index.ts'

const fixture = readFixture()

/** The packet, or a failed test. */
function decoded(frame: Buffer): HepPacket {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') throw new Error(`${packet.reason}: ${packet.detail}`)
  return packet
}

function chunk(vendor: number, type: number, body: Buffer | string): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt16BE(vendor, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(6 + Buffer.byteLength(body), 4)
  return Buffer.concat([head, Buffer.from(body)])
}

function frameOf(...chunks: Buffer[]): Buffer {
  const frame = Buffer.concat([Buffer.from('HEP3\0\0'), ...chunks])
  frame.writeUInt16BE(frame.length, 4)
  return frame
}

test('decodeHep reads back every version 3 packet encodeHep writes', () => {
  fc.assert(fc.property(packetV3, (packet) => expect(decoded(encodeHep(packet))).toEqual(packet)))
})

test('decodeHep reads back every version 1 and 2 packet encodeHep writes', () => {
  fc.assert(fc.property(packetV1V2, (packet) => expect(decoded(encodeHep(packet))).toEqual(packet)))
})

test('decodeHep inflates a payload compressed as zlib or gzip in chunk 16', () => {
  fc.assert(
    fc.property(packetV3, fc.constantFrom('zlib' as const, 'gzip' as const), (packet, compress) => {
      const frame = encodeHep(packet, { compress })
      expect(decoded(frame)).toEqual(packet)
      expect(checkHep(frame)).toBeUndefined()
    }),
  )
})

test('decodeHep inflates a frame that came as gzip, of any version', () => {
  fc.assert(
    fc.property(fc.oneof(packetV3, packetV1V2), (packet) => {
      const frame = gzipSync(encodeHep(packet))
      expect(checkHep(frame)).toBeUndefined()
      expect(decoded(frame)).toEqual(packet)
      const key = authKeyOf(frame)
      expect(key?.toString() ?? '').toBe(packet.authKey)
    }),
  )
})

test('decodeHep reads the chunks of a frame in any order', () => {
  fc.assert(
    fc.property(packetV3, fc.infiniteStream(fc.nat()), (packet, chance) => {
      const sound = encodeHep(packet)
      const chunks: Buffer[] = []
      for (let at = 6; at < sound.length; at += sound.readUInt16BE(at + 4))
        chunks.push(sound.subarray(at, at + sound.readUInt16BE(at + 4)))
      const shuffled = chunks.map((body) => ({ body, key: chance.next().value! }))
      shuffled.sort((a, b) => a.key - b.key)
      const { extras, ...rest } = decoded(frameOf(...shuffled.map(({ body }) => body)))
      const { extras: expected, ...expectedRest } = packet
      expect(rest).toEqual(expectedRest)
      expect(extras).toHaveLength(expected.length)
      for (const one of expected) expect(extras).toContainEqual(one)
    }),
  )
})

test('decodeHep never throws and checkHep agrees with it, on arbitrary bytes', () => {
  const starts = ['', 'HEP3', '\x01\x10\x02', '\x02\x10\x02', '\x02\x28\x0a', '\x1f\x8b\x08']
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      agree(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
    }),
    { numRuns: 2000 },
  )
})

test('decodeHep never throws and checkHep agrees with it, on real frames with bytes changed', () => {
  const change = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(
      fc.constantFrom(...fixture),
      fc.array(change, { maxLength: 4 }),
      fc.option(fc.nat(500)),
      ({ hep }, changes, cutAt) => {
        const frame = Buffer.from(cutAt === null ? hep : hep.subarray(0, cutAt))
        for (const [at, value] of changes) if (at < frame.length) frame[at] = value
        agree(frame)
      },
    ),
    { numRuns: 3000 },
  )
})

function agree(frame: Buffer): void {
  const fault = checkHep(frame)
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') {
    expect(fault).toEqual(packet)
    expect(packet.detail).toMatch(/^[A-Z].*\.$/s)
  } else {
    expect(fault).toBeUndefined()
    expect(packet.payload.length).toBeGreaterThan(0)
  }
}

test('decodeHep finds the ground truth of the Kamailio fixture', () => {
  const packets = fixture.map(({ hep }) => decoded(hep))
  const count = (version: number, type: number) =>
    packets.filter((packet) => packet.version === version && packet.protocolType === type).length
  expect([count(3, 1), count(3, 100), count(2, 1), count(1, 1)]).toEqual([796, 4, 85, 85])
  expect(fixture.every(({ hep }) => checkHep(hep) === undefined)).toBe(true)
  const sip = packets.filter((packet) => packet.protocolType === 1)
  expect(sip.every(({ payload }) => /^(SIP\/2\.0 \d|[A-Z]+ sip)/.test(payload.toString()))).toBe(
    true,
  )
  expect(packets.some(({ srcIp }) => srcIp === '::1')).toBe(true)
  // One afternoon in November 2026, in both versions that carry a time.
  const timed = packets.filter(({ version }) => version !== 1).map(({ atUs }) => atUs / 1e6)
  expect(Math.min(...timed)).toBeGreaterThan(1_795_000_000)
  expect(Math.max(...timed)).toBeLessThan(1_796_000_000)
  expect(new Set(packets.map(({ captureId }) => captureId)).size).toBeGreaterThan(2)
})

test('decodeHep reads the version 2 time in either byte order, even in whole seconds', () => {
  const head = Buffer.from('0211021113c613c67f0000157f000016'.replace('0211', '0210'), 'hex')
  const seconds = Math.floor(Date.now() / 1000) - 30 * 86_400
  for (const us of [0, 971_081]) {
    const little = Buffer.alloc(12)
    little.writeUInt32LE(seconds, 0)
    little.writeUInt32LE(us, 4)
    little.writeUInt16LE(101, 8)
    const big = Buffer.alloc(12)
    big.writeUInt32BE(seconds, 0)
    big.writeUInt32BE(us, 4)
    big.writeUInt16BE(101, 8)
    for (const time of [little, big]) {
      const packet = decoded(Buffer.concat([head, time, Buffer.from('BYE')]))
      expect(packet.atUs).toBe(seconds * 1e6 + us)
      expect(packet.captureId).toBe(101)
      expect(packet.payload.toString()).toBe('BYE')
    }
  }
})

test('decodeHep keeps chunks of other vendors apart from generic ones of the same type', () => {
  const packet = decoded(frameOf(chunk(0, 15, 'sip'), chunk(3, 15, 'not it'), chunk(3, 1, '?')))
  expect(packet.payload.toString()).toBe('sip')
  expect(packet.extras).toEqual([
    { vendor: 3, type: 15, body: Buffer.from('not it') },
    { vendor: 3, type: 1, body: Buffer.from('?') },
  ])
})

test('decodeHep takes the last of duplicate chunks that is not empty', () => {
  const frame = frameOf(
    ...[chunk(0, 17, 'first'), chunk(0, 15, 'a'), chunk(0, 14, 'k1'), chunk(0, 17, 'last')],
    ...[chunk(0, 15, 'b'), chunk(0, 14, 'k2'), chunk(0, 15, ''), chunk(0, 14, '')],
  )
  const packet = decoded(frame)
  expect([packet.correlationId, packet.payload.toString(), packet.authKey]).toEqual([
    'last',
    'b',
    'k2',
  ])
  expect(authKeyOf(frame)?.toString()).toBe('k2')
})

test('decodeHep leaves an absent address empty and guesses the family from the other', () => {
  const packet = decoded(frameOf(chunk(0, 5, Buffer.alloc(16, 1)), chunk(0, 15, 'x')))
  expect([packet.srcIp, packet.dstIp, packet.ipFamily]).toEqual([
    '101:101:101:101:101:101:101:101',
    '',
    10,
  ])
})

test('decodeHep drops the terminators C agents count into node names and correlation ids', () => {
  const packet = decoded(
    frameOf(chunk(0, 19, 'edge-1\0'), chunk(0, 17, 'a@b\0\0'), chunk(0, 15, 'x')),
  )
  expect([packet.captureNode, packet.correlationId]).toEqual(['edge-1', 'a@b'])
})

test('decodeHep returns the payload as a view into the frame', () => {
  const frame = fixture[0]!.hep
  expect(decoded(frame).payload.buffer).toBe(frame.buffer)
})
