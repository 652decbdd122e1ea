import { expect, test } from 'bun:test'
import { decodeHep, type HepPacket } from '#hep'
import { parseSip } from '#sip'
import { buildTrafficRing, generateTraffic, TRAFFIC_MIXES } from '../index.ts'

const decoded = (frame: Buffer): HepPacket => {
  const packet = decodeHep(Buffer.from(frame)) // the ring changes the frame again
  if (packet.kind === 'malformed') throw new Error(packet.detail)
  return packet
}

const callIdOf = ({ protocolType, payload, correlationId }: HepPacket): string => {
  if (protocolType !== 1) return correlationId
  const sip = parseSip(payload)
  if (sip.kind === 'malformed') throw new Error(sip.reason)
  return sip.callId
}

for (const mix of Object.keys(TRAFFIC_MIXES) as (keyof typeof TRAFFIC_MIXES)[]) {
  test(`TrafficRing of '${mix}' counts the distinct Call-IDs it hands out, lap after lap`, () => {
    const ring = buildTrafficRing({ mix, starts: 50 })
    const seen = new Set<string>()
    for (let position = 0; position < 3 * ring.length; position++) {
      const callsBefore = Object.values(ring.count(position)).reduce(
        (sum, { calls }) => sum + calls,
        0,
      )
      if (position % 17 === 0) expect(callsBefore).toBe(seen.size)
      seen.add(callIdOf(decoded(ring.frameAt(position, 1.8e15))))
    }
    const counts = Object.values(ring.count(3 * ring.length))
    expect(counts.reduce((sum, { packets }) => sum + packets, 0)).toBe(3 * ring.length)
    expect(counts.reduce((sum, { calls }) => sum + calls, 0)).toBe(seen.size)
  })
}

test('TrafficRing stamps frames with the time given and changes nothing else within a lap', () => {
  const options = { seed: 4, starts: 60, captureIds: [7, 8], authKey: 'key' }
  const ring = buildTrafficRing({ ...options, firstLap: 0x00040000abcd })
  const packets = [...generateTraffic(options)]
  expect(ring.length).toBe(packets.length)
  for (const [position, { packet, vary, numbers }] of packets.entries()) {
    const stamped = decoded(ring.frameAt(position, 1_795_227_198_436_986))
    const { payload, correlationId, ...rest } = stamped
    const { payload: original, correlationId: _, atUs: __, ...expected } = packet
    expect(rest).toMatchObject({ ...expected, atUs: 1_795_227_198_436_986 })
    expect(payload.toString()).toBe(original.toString().replaceAll(vary, '00040000abcd'))
    expect(numbers.every((number) => /^\+\d{11,12}$/.test(number))).toBe(true)
  }
})

test('TrafficRing makes new calls between other numbers of each lap, consistent within a call', () => {
  const ring = buildTrafficRing({ mix: 'calls', starts: 20, seed: 11 })
  const laps = [0, 1, 2].map((lap) =>
    Array.from({ length: ring.length }, (_, i) => {
      const sip = parseSip(decoded(ring.frameAt(lap * ring.length + i, 1.8e15)).payload)
      if (sip.kind === 'malformed') throw new Error(sip.reason)
      return sip
    }),
  )
  for (const messages of laps) {
    const calls = [...Map.groupBy(messages, ({ callId }) => callId).values()]
    expect(calls.map(({ length }) => length)).toEqual(Array(20).fill(7))
    for (const call of calls) {
      expect(
        new Set(call.map(({ fromUser, toUser }) => [fromUser, toUser].sort().join())).size,
      ).toBe(1)
      expect(new Set(call.flatMap(({ fromTag, toTag }) => [fromTag, toTag])).size).toBe(3) // and ''
    }
  }
  const users = laps.map((messages) => messages[0]!.fromUser)
  expect(new Set(users).size).toBe(3)
  expect(new Set(users.map((user) => user.slice(0, -4))).size).toBe(1)
})

test('buildTrafficRing of two runs never meets in a Call-ID, unless the first lap is given', () => {
  const first = (firstLap?: number) =>
    callIdOf(
      decoded(
        buildTrafficRing({ starts: 1, ...(firstLap === undefined ? {} : { firstLap }) }).frameAt(
          0,
          0,
        ),
      ),
    )
  expect(first()).not.toBe(first())
  expect(first(5)).toBe(first(5))
})

test('buildTrafficRing refuses more scenes than it can keep apart', () => {
  expect(() => buildTrafficRing({ starts: 65_537 })).toThrow(/1 to 65536 scenes, not 65537/)
  expect(() => buildTrafficRing({ starts: 0 })).toThrow(/not 0/)
})
