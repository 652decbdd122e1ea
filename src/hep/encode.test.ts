import { expect, test } from 'bun:test'
import fc from 'fast-check'
import hepJs from 'hep-js'
import { packetV1V2, packetV3 } from '../../test/fixtures/hep-packets.ts'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { decodeHep, encodeHep, encodeHepInto } from './index.ts'

const plain = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5061, atUs: 3 }

test('encodeHep writes the very bytes Kamailio sent for the packet decoded from them', () => {
  let same = 0
  for (const { hep } of readFixture()) {
    const packet = decodeHep(hep)
    if (packet.kind === 'malformed') throw new Error(packet.detail)
    if (encodeHep(packet).equals(hep)) same++
    else expect(packet.protocolType).toBe(100) // hlog() swaps the two port chunks
  }
  expect(same).toBe(966)
})

test('encodeHepInto writes at the offset what encodeHep returns and touches nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(packetV3, packetV1V2), fc.nat(20), (packet, at) => {
      const alone = encodeHep(packet)
      const target = Buffer.alloc(at + alone.length + 5, 0xee)
      expect(encodeHepInto(packet, target, at)).toBe(at + alone.length)
      expect(target.subarray(at, at + alone.length).equals(alone)).toBe(true)
      expect(target.subarray(0, at).every((byte) => byte === 0xee)).toBe(true)
      expect(target.subarray(at + alone.length).every((byte) => byte === 0xee)).toBe(true)
    }),
  )
})

test('encodeHepInto refuses a buffer that is too small before it writes', () => {
  const target = Buffer.alloc(50)
  expect(() => encodeHepInto({ ...plain, payload: Buffer.from('x') }, target)).toThrow(
    /ends at byte/,
  )
  expect(target).toEqual(Buffer.alloc(50))
})

test('encodeHep takes a frame of exactly 65,535 bytes and refuses one more', () => {
  const room = 65_535 - encodeHep({ ...plain, payload: Buffer.alloc(0) }).length
  expect(decodeHep(encodeHep({ ...plain, payload: Buffer.alloc(room, 'x') })).kind).toBe('packet')
  expect(() => encodeHep({ ...plain, payload: Buffer.alloc(room + 1) })).toThrow(/65536 bytes/)
})

test('encodeHep refuses texts that are no address, naming them', () => {
  const payload = Buffer.from('x')
  for (const srcIp of [
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    'a.b.c.d',
    '1..2.3',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8::9',
    '1.2.3.4::',
  ])
    expect(() => encodeHep({ ...plain, srcIp, payload }), srcIp).toThrow(`'${srcIp}'`)
  expect(() => encodeHep({ ...plain, version: 1, dstIp: '::1', payload })).toThrow(/one IP family/)
})

test('encodeHep reads every way to write an IPv6 address, and decodeHep gives the RFC 5952 one', () => {
  const payload = Buffer.from('x')
  for (const [written, canonical] of [
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1::', '1::'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const) {
    const packet = decodeHep(encodeHep({ ...plain, srcIp: written, dstIp: '::1', payload }))
    expect(packet).toMatchObject({ srcIp: canonical, dstIp: '::1', ipFamily: 10 })
  }
})

test('hep-js reads what encodeHep writes', () => {
  const payload = Buffer.from('INVITE sip:bob@example.com SIP/2.0\r\n\r\n')
  const frame = encodeHep({
    ...plain,
    atUs: 1_795_227_198_436_986,
    captureId: 2001,
    captureNode: 'edge-1',
    correlationId: 'a@b',
    authKey: 'myHep',
    payload,
  })
  const { rcinfo, payload: text } = hepJs.decapsulate(frame)
  expect(text).toBe(payload.toString())
  expect(rcinfo).toMatchObject({
    ...{ protocolFamily: 2, protocol: 17, srcIp: '10.0.0.1', dstIp: '10.0.0.2' },
    ...{ srcPort: 5060, dstPort: 5061, timeSeconds: 1_795_227_198, timeUseconds: 436_986 },
    ...{ payloadType: 1, captureId: 2001, capturePass: 'myHep', correlation_id: 'a@b' },
  })
})

test('decodeHep reads what hep-js writes', () => {
  const rcinfo = {
    ...{ protocolFamily: 2, protocol: 6, srcIp: '192.0.2.7', dstIp: '192.0.2.8', srcPort: 15060 },
    ...{ dstPort: 5060, timeSeconds: 1_795_227_198, timeUseconds: 42, payloadType: 100 },
    ...{ captureId: 7, capturePass: 'secret', correlation_id: 'call-1', hepNodeName: 'node' },
  }
  expect(decodeHep(hepJs.encapsulate('a log line', rcinfo))).toMatchObject({
    ...{ kind: 'packet', version: 3, ipFamily: 2, ipProtocol: 6 },
    ...{ srcIp: '192.0.2.7', dstIp: '192.0.2.8', srcPort: 15060, dstPort: 5060 },
    ...{ atUs: 1_795_227_198_000_042, protocolType: 100, captureId: 7, captureNode: 'node' },
    ...{ correlationId: 'call-1', authKey: 'secret', payload: Buffer.from('a log line') },
  })
})

test('hep-js and decodeHep agree on every version 3 frame of the fixture', () => {
  const frames = readFixture().filter(({ hep }) => hep[0] === 0x48)
  expect(frames).toHaveLength(800)
  for (const { hep } of frames) {
    const packet = decodeHep(hep)
    if (packet.kind === 'malformed') throw new Error(packet.detail)
    const { rcinfo, payload } = hepJs.decapsulate(hep)
    expect(payload).toBe(packet.payload.toString())
    expect([rcinfo.srcPort, rcinfo.captureId, rcinfo.timeUseconds]).toEqual([
      packet.srcPort,
      packet.captureId,
      packet.atUs % 1e6,
    ])
    if (packet.ipFamily === 2) expect(rcinfo.srcIp).toBe(packet.srcIp)
  }
})
