import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type IncomingFrame, TRANSPORTS } from './record.ts'
import { PeerNames, PeerPacker, recordBytes, writeRecordHead } from './record-codec.ts'
import { RecordWalk, recordsOf } from './record-walk.ts'

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

test('RecordWalk gives back what writeRecordHead wrote, every field and byte', () => {
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
      const spans = [{ at: 0, records: written.length }]
      const records = recordsOf(new RecordWalk(buffer, spans, new PeerNames()))
      expect(records).toEqual(written.map(([kind, frame]) => ({ ...frame, kind })))
    }),
  )
})

test('RecordWalk goes through several batches, also empty ones', () => {
  const buffer = Buffer.alloc(1024)
  const peer = new PeerPacker().pack('10.0.0.1')
  const at = [100, 500, 900]
  for (const [n, begin] of at.entries()) {
    const from = { receivedUs: n, transport: 'udp' as const, peerIp: '10.0.0.1', peerPort: n }
    const bytes = Buffer.from(`frame ${n}`)
    bytes.copy(
      buffer,
      writeRecordHead(buffer, begin, 'frame', { ...from, bytes }, peer, bytes.length),
    )
  }
  const spans = [100, 300, 500, 900].map((begin) => ({ at: begin, records: begin === 300 ? 0 : 1 }))
  const records = recordsOf(new RecordWalk(buffer, spans, new PeerNames()))
  expect(records.map(({ bytes, peerPort }) => `${bytes} ${peerPort}`)).toEqual([
    ...['frame 0 0', 'frame 1 1', 'frame 2 2'],
  ])
})

test('PeerPacker packs an IPv4 address in five bytes and forgets when too many have been seen', () => {
  const peers = new PeerPacker()
  expect([...peers.pack('10.1.2.255')]).toEqual([0, 10, 1, 2, 255])
  for (let i = 0; i < 10_000; i++) peers.pack(`10.0.${i >> 8}.${i & 255}`)
  expect([...peers.pack('10.1.2.255')]).toEqual([0, 10, 1, 2, 255])
})
