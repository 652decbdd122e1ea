import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { packetV3 } from '../../test/fixtures/hep-packets.ts'
import { blankAuthKey, decodeHep, encodeHep } from './index.ts'

const KEY = 'swordfish-7c1'
const packet = {
  ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060, atUs: 1 },
  ...{ authKey: KEY, captureNode: 'edge-1', payload: Buffer.from('INVITE sip:a SIP/2.0') },
}
const frame = encodeHep(packet)
const keyAt = frame.indexOf(KEY)

test('blankAuthKey overwrites the key with x and changes nothing else', () => {
  fc.assert(
    fc.property(packetV3, (any) => {
      const key = any.authKey
      const blanked = decodeHep(blankAuthKey(encodeHep(any)))
      expect(blanked).toEqual({ ...any, authKey: 'x'.repeat(Buffer.byteLength(key)) })
    }),
  )
})

test('blankAuthKey leaves the frame it was given as it was', () => {
  const before = Buffer.from(frame)
  blankAuthKey(frame)
  expect(frame).toEqual(before)
})

test('blankAuthKey leaves no key behind however the frame is cut', () => {
  for (let cut = keyAt; cut <= frame.length; cut++) {
    const blanked = blankAuthKey(frame.subarray(0, cut))
    expect(blanked.length).toBe(cut)
    expect(blanked.subarray(keyAt, keyAt + KEY.length).every((byte) => byte === 0x78)).toBe(true)
  }
})

test('blankAuthKey leaves no key behind when any one byte before it is damaged', () => {
  for (let at = 0; at < keyAt - 6; at++) {
    for (const value of [0, 1, 5, 0x1f, 0xff]) {
      const damaged = Buffer.from(frame)
      damaged[at] = value
      expect(blankAuthKey(damaged).includes(KEY), `byte ${at} = ${value}`).toBe(false)
    }
  }
})

test('blankAuthKey finds the keys of frames that stand behind garbage', () => {
  const skipped = Buffer.concat([Buffer.from('junk'), frame, frame.subarray(0, keyAt + 5)])
  expect(blankAuthKey(skipped).includes(KEY.slice(0, 5))).toBe(false)
})

test("blankAuthKey returns a gzip'd frame inflated and blanked", () => {
  const blanked = blankAuthKey(gzipSync(frame))
  expect(decodeHep(blanked)).toMatchObject({
    authKey: 'x'.repeat(KEY.length),
    captureNode: 'edge-1',
  })
})

test('blankAuthKey blanks gzip that does not inflate, for a part could still be unpacked', () => {
  const cut = gzipSync(frame).subarray(0, -12)
  const blanked = blankAuthKey(cut)
  expect(blanked.subarray(0, 10)).toEqual(cut.subarray(0, 10))
  expect(blanked.subarray(10).every((byte) => byte === 0x78)).toBe(true)
})
