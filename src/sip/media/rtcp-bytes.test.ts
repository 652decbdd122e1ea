import { expect, test } from 'bun:test'
import { readMediaReport } from './read-report.ts'

const words = (...values: readonly number[]) =>
  Buffer.concat(
    values.map((value) => Buffer.from([24, 16, 8, 0].map((by) => (value >>> by) & 255))),
  )

/** One packet of a compound: count, type, words behind the first. */
const packet = (count: number, type: number, body: Buffer) =>
  Buffer.concat([Buffer.from([0x80 | count, type, 0, body.length / 4]), body])

const BLOCK = words(0xabcd, 0x40fffffe, 1000, 160, 0, 0) // a quarter lost, -2 in all
const SENDER = packet(1, 200, Buffer.concat([words(7, 1, 2, 3, 500, 80_000), BLOCK]))
const METRICS = Buffer.concat([
  words(0x07000008, 0xabcd),
  Buffer.from([13, 3, 9, 1, 0, 120, 3, 232, 0, 80, 0, 40, 0, 0, 0, 16, 82, 127, 41, 127]),
  words(0, 0),
])
const EXTENDED = packet(0, 207, Buffer.concat([words(7), METRICS]))

test('readRtcpBytes reads a compound of sender report and XR, in type 5 and in type 200', () => {
  const compound = Buffer.concat([SENDER, packet(1, 202, words(7, 0x01016100)), EXTENDED])
  const report = readMediaReport(5, compound)
  expect(report).toMatchObject({
    ...{ kind: 'rtcp', type: 200, ssrc: 7, packetsSent: 500, octetsSent: 80_000 },
    blocks: [{ ssrc: 0xabcd, fractionLost: 0.25, packetsLost: -2, jitter: 160 }],
    xr: { fractionLost: 13, burstDuration: 120, gapDuration: 1000, roundTripDelay: 80, rating: 82 },
    streams: [
      { lossShare: 0.25, jitterMs: 20 },
      { mos: 4.1, rating: 82, roundTripMs: 120, mosFrom: 'said' },
    ],
  })
  expect(readMediaReport(200, compound)).toEqual(report)
})

test('readRtcpBytes keeps what came before a packet that is cut short, wherever it is cut', () => {
  const whole = Buffer.concat([SENDER, EXTENDED])
  for (let end = 0; end < whole.length; end += 1) {
    const report = readMediaReport(5, whole.subarray(0, end))
    expect(report === undefined).toBe(end < 8)
    if (end >= SENDER.length) expect(report).toMatchObject({ packetsSent: 500, xr: undefined })
  }
})
