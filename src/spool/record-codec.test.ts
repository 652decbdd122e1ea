import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type IncomingFrame, TRANSPORTS } from './record.ts'
import { PeerNames, PeerPacker, readRecords, recordBytes, writeRecordHead } from './record-codec.ts'

const peerIp = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '::1',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    '01.2.3.4',
    '256.1.1.1',
    '255.255.255.255',
  ),
  fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed()),
)

const frame: fc.Arbitrary<IncomingFrame> = fc.record({
  receivedUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  transport: fc.constantFrom(...TRANSPORTS),
  peerIp,
  peerPort: fc.integer({ min: 0, max: 65_535 }),
  bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
})

const kind = fc.constantFrom('frame' as const, 'quarantined' as const)

test('readRecords gives back what writeRecordHead wrote, every field and byte', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(kind, frame), { maxLength: 20 }), (written) => {
      const buffer = Buffer.alloc(20 * 1024)
      const peers = new PeerPacker()
      let end = 0
      for (const [kind, frame] of written) {
        const peer = peers.pack(frame.peerIp)
        const at = writeRecordHead(buffer, end, kind, frame, peer, frame.bytes.length)
        frame.bytes.copy(buffer, at)
        end += recordBytes(peer, frame.bytes.length)
        expect(at + frame.bytes.length).toBe(end)
      }
      const records: IncomingFrame[] = []
      readRecords(buffer, 0, written.length, new PeerNames(), records as never)
      expect(records).toEqual(written.map(([kind, frame]) => ({ ...frame, kind })) as never)
    }),
  )
})

test('PeerPacker packs an IPv4 address in five bytes and forgets when too many have been seen', () => {
  const peers = new PeerPacker()
  expect([...peers.pack('10.1.2.255')]).toEqual([0, 10, 1, 2, 255])
  for (let i = 0; i < 10_000; i++) peers.pack(`10.0.${i >> 8}.${i & 255}`)
  expect([...peers.pack('10.1.2.255')]).toEqual([0, 10, 1, 2, 255])
})
