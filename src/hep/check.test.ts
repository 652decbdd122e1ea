import { expect, test } from 'bun:test'
import { deflateSync, gzipSync } from 'node:zlib'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { checkHep, encodeHep } from './index.ts'

const { hep: sound } = readFixture()[0]!

const changed = (change: (frame: Buffer) => void): Buffer => {
  const frame = Buffer.from(sound)
  change(frame)
  return frame
}

const plain = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 1, dstPort: 2, atUs: 3 }

// Fault, the frame, and the byte that is wrong.
const faults: [string, Buffer, string, number, RegExp][] = [
  ['nothing', Buffer.alloc(0), 'not_hep', 0, /empty/],
  ['a keep-alive', Buffer.from('\r\n\r\n'), 'not_hep', 0, /keep-alive/],
  ['SIP itself', Buffer.from('OPTIONS sip:a SIP/2.0\r\n'), 'not_hep', 0, /SIP itself/],
  ['a TLS hello', Buffer.from('160301', 'hex'), 'not_hep', 0, /TLS/],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n'), 'not_hep', 0, /HTTP/],
  ['other bytes', Buffer.from('0a0b0c0d', 'hex'), 'not_hep', 0, /0a0b0c0d/],
  ['four bytes', Buffer.from('HEP3'), 'truncated', 4, /after 4 bytes/],
  ['a cut frame', sound.subarray(0, 100), 'truncated', 100, /says 397 bytes, 100 came/],
  ['a longer frame', Buffer.concat([sound, sound]), 'length_mismatch', 4, /397 bytes, 794 came/],
  [
    'a chunk too short',
    changed((f) => f.writeUInt16BE(5, 10)),
    'bad_chunk',
    10,
    /Chunk 1 .* 5 byt/,
  ],
  ['a chunk past the end', changed((f) => f.writeUInt16BE(999, 97)), 'bad_chunk', 97, /999/],
  ['a wrong fixed size', changed((f) => f.writeUInt16BE(14, 10)), 'bad_chunk', 10, /always has 7/],
  ['no payload', changed((f) => f.writeUInt16BE(99, 95)), 'no_payload', 397, /nothing to store/],
  ['v1 cut', Buffer.from('01100211', 'hex'), 'truncated', 4, /16 bytes, 4 came/],
  ['v2 cut in the time', Buffer.from(`02100211${'00'.repeat(20)}`, 'hex'), 'truncated', 24, /28/],
  [
    'v2 with a v6 header',
    Buffer.from('02280211', 'hex'),
    'not_hep',
    1,
    /16 bytes, here it says 40/,
  ],
  ['v1 of no family', Buffer.from('01100711', 'hex'), 'not_hep', 2, /family 2 or 10, here is 7/],
  ['v1 without payload', Buffer.from(`0110${'02'.repeat(14)}`, 'hex'), 'no_payload', 16, /payload/],
  ['gzip of no HEP', gzipSync('hello'), 'not_hep', 0, /68656c6c/],
  ['gzip in gzip', gzipSync(gzipSync(sound)), 'not_hep', 0, /1f8b/],
  ['broken gzip', Buffer.from('1f8b0800', 'hex'), 'bad_compression', 0, /does not inflate/],
  ['a gzip bomb', gzipSync(Buffer.alloc(1e6)), 'bad_compression', 0, /more than 65535/],
  ['too long', Buffer.alloc(70_000, 'HEP3'), 'oversized', 65_535, /70000/],
]

for (const [name, frame, reason, offset, detail] of faults) {
  test(`checkHep refuses ${name} and names the byte`, () => {
    const fault = checkHep(frame)
    expect(fault).toMatchObject({ kind: 'malformed', reason, offset })
    expect(fault!.detail).toMatch(detail)
  })
}

test('checkHep refuses a compressed payload that is broken, empty or a bomb', () => {
  const extra = (body: Buffer) => {
    const frame = encodeHep({ ...plain, payload: Buffer.from('xxxx') }, { compress: 'zlib' })
    const at = frame.lastIndexOf(Buffer.from([0, 0, 0, 16]))
    const whole = Buffer.concat([frame.subarray(0, at + 6), body])
    whole.writeUInt16BE(6 + body.length, at + 4)
    whole.writeUInt16BE(whole.length, 4)
    return { fault: checkHep(whole), bodyAt: at + 6 }
  }
  for (const [body, reason] of [
    [Buffer.from('not zlib'), 'bad_compression'],
    [deflateSync(Buffer.alloc(70_000)), 'bad_compression'],
    [deflateSync(''), 'no_payload'],
  ] as const) {
    const { fault, bodyAt } = extra(body)
    expect(fault).toMatchObject({ reason, offset: bodyAt })
  }
})

test('checkHep refuses two frames under one length field where the second begins', () => {
  const both = Buffer.concat([sound, sound])
  both.writeUInt16BE(both.length, 4)
  expect(checkHep(both)).toMatchObject({ reason: 'bad_chunk', offset: sound.length })
})

test('checkHep refuses more than 128 chunks', () => {
  const extras = Array.from({ length: 118 }, () => ({ vendor: 9, type: 1, body: Buffer.from('x') }))
  const payload = Buffer.from('sip')
  expect(checkHep(encodeHep({ ...plain, payload, extras: extras.slice(1) }))).toBeUndefined()
  expect(checkHep(encodeHep({ ...plain, payload, extras }))).toMatchObject({ reason: 'bad_chunk' })
})
