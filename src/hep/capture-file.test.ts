import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { readCapture } from './capture-file.ts'

const capture = readFileSync(join(import.meta.dir, '../../test/fixtures/kamailio-hep.pcap'))

const big = (n: number, bytes: number) =>
  Buffer.from(n.toString(16).padStart(bytes * 2, '0'), 'hex')
const u16 = (n: number, isLittle = false) => (isLittle ? big(n, 2).reverse() : big(n, 2))
const u32 = (n: number, isLittle = false) => (isLittle ? big(n, 4).reverse() : big(n, 4))
const PAYLOAD = Buffer.from('payload')

/** IP, a transport head, and the payload. */
function ip(version: 4 | 6, protocol: 6 | 17, fragment = 0): Buffer {
  const ports = Buffer.concat([u16(5060), u16(5062)])
  const rest = protocol === 17 ? Buffer.alloc(4) : Buffer.alloc(16)
  if (protocol === 6) rest[8] = 5 << 4
  const segment = Buffer.concat([ports, rest, PAYLOAD])
  if (version === 6) {
    const head = [u32(6 << 28), u16(segment.length), Buffer.from([protocol, 64])]
    return Buffer.concat([
      ...head,
      Buffer.alloc(15),
      Buffer.from([1]),
      Buffer.alloc(15),
      Buffer.from([2]),
      segment,
    ])
  }
  const head = [Buffer.from([0x45, 0]), u16(20 + segment.length), u16(0), u16(fragment)]
  const ends = [Buffer.from([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])]
  return Buffer.concat([...head, ...ends, segment])
}

const LINKS: readonly (readonly [number, Buffer])[] = [
  [1, Buffer.concat([Buffer.alloc(12), u16(0x0800)])],
  [1, Buffer.concat([Buffer.alloc(12), u16(0x8100), u16(7), u16(0x0800)])],
  [0, Buffer.alloc(4)],
  [101, Buffer.alloc(0)],
  [113, Buffer.alloc(16)],
  [276, Buffer.alloc(20)],
]

function pcap(link: number, packet: Buffer, isLittle: boolean, isNano = false): Buffer {
  const n = (value: number) => u32(value, isLittle)
  const head = [n(isNano ? 0xa1b23c4d : 0xa1b2c3d4), u32(0), u32(0), u32(0), n(65_535), n(link)]
  const fraction = isNano ? 123_456_789 : 123_456
  return Buffer.concat([...head, n(1_000), n(fraction), n(packet.length), n(packet.length), packet])
}

function pcapng(link: number, packet: Buffer): Buffer {
  const block = (type: number, body: Buffer) => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    const length = u32(padded.length + 12, true)
    return Buffer.concat([u32(type, true), length, padded, length])
  }
  const resolution = Buffer.concat([u16(9, true), u16(1, true), Buffer.from([9, 0, 0, 0]), u32(0)])
  const ticks = BigInt(1_000_123_456_789)
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d, true), Buffer.alloc(12)])),
    block(1, Buffer.concat([u16(link, true), u16(0), u32(0), resolution])),
    block(
      6,
      Buffer.concat([
        u32(0),
        u32(Number(ticks >> 32n), true),
        u32(Number(ticks & 0xffff_ffffn), true),
        u32(packet.length, true),
        u32(packet.length, true),
        packet,
      ]),
    ),
  ])
}

test('readCapture gives every packet of the fixture, byte by byte', () => {
  const packets = [...readCapture(capture)]
  expect(packets.map(({ payload, srcIp, srcPort }) => ({ hep: payload, srcIp, srcPort }))).toEqual(
    readFixture(),
  )
})

test.each(LINKS.map(([link, head], i) => [i, link, head] as const))(
  'readCapture reads pcap and pcapng of link %d (%d), of both byte orders, IPv4 and IPv6, UDP and TCP',
  (_, link, head) => {
    for (const version of [4, 6] as const)
      for (const protocol of [6, 17] as const) {
        const packet = Buffer.concat([head, ip(version, protocol)])
        const files = [
          pcap(link, packet, true),
          pcap(link, packet, false),
          pcap(link, packet, true, true),
        ]
        for (const file of [...files, pcapng(link, packet)])
          expect([...readCapture(file)]).toEqual([
            {
              ...{ atUs: 1_000_123_456, ipProtocol: protocol, srcPort: 5060, dstPort: 5062 },
              srcIp: version === 4 ? '10.0.0.1' : '::1',
              dstIp: version === 4 ? '10.0.0.2' : '::2',
              payload: PAYLOAD,
            },
          ])
      }
  },
)

test('readCapture leaves out fragments, and what is neither UDP nor TCP', () => {
  expect([...readCapture(pcap(101, ip(4, 17, 0x2000), true))]).toEqual([])
  const icmp = ip(4, 17)
  icmp[9] = 1
  expect([...readCapture(pcap(101, icmp, true))]).toEqual([])
})

test('readCapture never reads beyond its file, wherever that is cut or damaged', () => {
  const files = [capture.subarray(0, 3_000), pcapng(101, ip(4, 17)), pcap(1, ip(6, 6), false)]
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.nat(),
      fc.nat(),
      fc.nat(255),
      (file, cut, at, byte) => {
        const damaged = Buffer.from(file.subarray(0, Math.max(24, cut % file.length)))
        if (at % damaged.length > 3) damaged[at % damaged.length] = byte
        for (const { payload } of readCapture(damaged)) expect(payload.length).toBeLessThan(70_000)
      },
    ),
  )
})
