import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { readQuarantined } from '#spool'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { accounted, frameNumber, framesOf, hexOf, laneRig } from '../../test/intake-rig.ts'
import { type AccessPolicy, Admission } from './admission.ts'
import { FrameReceiver } from './frame-receiver.ts'

const PEER = '192.0.2.1'

async function receiverRig(policy: AccessPolicy = {}) {
  const rig = await laneRig()
  const receiver = new FrameReceiver(rig.lane, new Admission(policy), 'udp')
  return { rig, receiver, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() }
}

const blanked = (frame: Buffer, key: string): Buffer =>
  Buffer.from(frame.toString('latin1').replace(key, 'x'.repeat(key.length)), 'latin1')

test('FrameReceiver appends every version of HEP as it came', async () => {
  await using made = await receiverRig()
  const frames = readFixture().map(({ hep }) => hep)
  for (const frame of frames) expect(made.receiver.receive(frame, PEER, 5060)).toBe('appended')
  const records = await made.rig.records()
  expect(framesOf(records)).toEqual(hexOf(frames.map((frame) => blanked(frame, 'myHep'))))
  expect(records[0]).toMatchObject({ transport: 'udp', peerIp: PEER, peerPort: 5060 })
  expect(Math.abs(records[0]!.receivedUs / 1_000 - Date.now())).toBeLessThan(5_000)
})

test('FrameReceiver puts refused frames into quarantine with the reason and the failing byte', async () => {
  await using made = await receiverRig()
  const frame = frameNumber(1)
  const cut = frame.subarray(0, 50)
  expect(made.receiver.receive(cut, PEER, 1)).toBe('truncated')
  expect(made.receiver.receive(Buffer.from('GET / HTTP/1.1\r\n'), PEER, 1)).toBe('not_hep')
  const [first] = await made.rig.records()
  expect(readQuarantined(first!)).toMatchObject({ reason: 'truncated', offset: 50, frame: cut })
  expect(made.rig.lane.ledger.counts()).toMatchObject({
    received: 2,
    appended: 0,
    rejected: { truncated: 1, not_hep: 1 },
  })
})

test('FrameReceiver lets only listed addresses in', async () => {
  await using made = await receiverRig({ allow: ['192.0.2.0/24'] })
  expect(made.receiver.receive(frameNumber(1), PEER, 1)).toBe('appended')
  expect(made.receiver.receive(frameNumber(2), '198.51.100.1', 1)).toBe('address_denied')
})

test('FrameReceiver wants one of the agent keys when some are configured', async () => {
  await using made = await receiverRig({ keys: ['old-key', 'new-key'] })
  const receive = (frame: Buffer) => made.receiver.receive(frame, PEER, 1)
  expect(receive(frameNumber(1, 'old-key'))).toBe('appended')
  expect(receive(frameNumber(2, 'new-key'))).toBe('appended')
  expect(receive(frameNumber(3, 'new-key2'))).toBe('auth_wrong')
  expect(receive(frameNumber(4, 'new-ke'))).toBe('auth_wrong')
  expect(receive(frameNumber(5, 'k'.repeat(300)))).toBe('auth_wrong')
  expect(receive(frameNumber(6))).toBe('auth_missing')
  const hepV1 = readFixture().at(-1)!.hep
  expect(receive(hepV1)).toBe('auth_missing')
})

test('FrameReceiver takes a key bound to networks only from there', async () => {
  await using made = await receiverRig({
    keys: ['everywhere', { key: 'here', from: ['192.0.2.0/24'] }],
  })
  expect(made.receiver.receive(frameNumber(1, 'here'), PEER, 1)).toBe('appended')
  expect(made.receiver.receive(frameNumber(2, 'here'), '198.51.100.1', 1)).toBe('auth_wrong')
  expect(made.receiver.receive(frameNumber(3, 'everywhere'), '198.51.100.1', 1)).toBe('appended')
})

test('FrameReceiver never lets a key reach the disk, kept or refused, plain or gzip', async () => {
  await using made = await receiverRig({ keys: ['right-secret'] })
  const good = frameNumber(1, 'right-secret')
  made.receiver.receive(good, PEER, 1)
  made.receiver.receive(gzipSync(good), PEER, 1)
  made.receiver.receive(frameNumber(2, 'wrong-secret'), PEER, 1)
  made.receiver.receive(good.subarray(0, good.length - 3), PEER, 1)
  made.receiver.receive(gzipSync(frameNumber(2, 'wrong-secret')), PEER, 1)
  const records = await made.rig.records()
  expect(records.length).toBe(5)
  for (const { bytes } of records) expect(bytes.includes('secret')).toBe(false)
  expect(good.includes('right-secret')).toBe(true) // the caller's bytes stay as they are
})

test('FrameReceiver keeps so many frames a second of each source and counts the rest', async () => {
  await using made = await receiverRig({ framesPerSecondMax: 10 })
  const results = Array.from({ length: 30 }, (_, i) =>
    made.receiver.receive(frameNumber(i), PEER, 1),
  )
  expect(results.filter((result) => result === 'source_limit').length).toBeGreaterThanOrEqual(18)
  expect(made.receiver.receive(frameNumber(99), '192.0.2.2', 1)).toBe('appended')
  const { ledger } = made.rig.lane
  expect(ledger.counts().received).toBe(31)
  expect(accounted(ledger)).toBe(31)
})

test('FrameReceiver stays bounded and right when sources are made up', async () => {
  await using made = await receiverRig({ allow: ['10.0.0.0/9'] })
  let wrong = 0
  const frame = frameNumber(1)
  for (let i = 0; i < 40_000; i++) {
    const ip = `10.${i & 255}.${(i >> 8) & 255}.1`
    const expected = (i & 255) < 128 ? 'appended' : 'address_denied'
    if (made.receiver.receive(frame, ip, 1) !== expected) wrong++
  }
  expect(wrong).toBe(0)
})
