import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseRtcp, summariseRtcp } from './index.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const NTP_EPOCH_S = 2_208_988_800

test('parseRtcp reads a sender report with its blocks', () => {
  const atUs = 1_700_000_000_000_000
  const arrival = ((atUs / 1e6 + NTP_EPOCH_S) * 65_536) % 2 ** 32
  const report = parseRtcp(
    json({
      sender_information: { packets: 500, octets: '80000', ntp_timestamp_sec: 1 },
      ssrc: 1234,
      type: 200,
      report_count: 1,
      report_blocks: [
        {
          source_ssrc: 77,
          fraction_lost: 64,
          packets_lost: -2,
          ia_jitter: 12,
          lsr: Math.round(arrival - 1.035 * 65_536),
          dlsr: 65_536,
        },
      ],
    }),
    atUs,
  )
  expect(report).toMatchObject({ type: 200, ssrc: 1234, packetsSent: 500, octetsSent: 80_000 })
  expect(report?.blocks[0]).toMatchObject({
    ssrc: 77,
    fractionLost: 0.25,
    packetsLost: -2,
    jitter: 12,
  })
  expect(report?.blocks[0]?.roundTripMs).toBeCloseTo(35, 0)
  expect(summariseRtcp(report!)).toBe('loss 25 %, jitter 12, round trip 35 ms')
})

test('parseRtcp reads reports of type 200 and 201 without any block', () => {
  expect(parseRtcp(json({ type: 201, ssrc: 5 }))).toEqual({
    type: 201,
    ssrc: 5,
    packetsSent: undefined,
    octetsSent: undefined,
    blocks: [],
  })
  expect(
    parseRtcp(json({ sender_information: { packets: 3 }, report_blocks: null })),
  ).toMatchObject({
    type: 200,
    packetsSent: 3,
    blocks: [],
  })
})

test('parseRtcp leaves out a round trip that the clocks make absurd', () => {
  const block = { lsr: 1, dlsr: 0 }
  expect(
    parseRtcp(json({ ssrc: 1, report_blocks: [block] }), 1e15)?.blocks[0]?.roundTripMs,
  ).toBeUndefined()
})

test('parseRtcp says undefined to what is no report and never throws', () => {
  for (const text of ['', '{', '[]', '3', 'null', '{"hello":1}', '\x80\xc8\x00\x06']) {
    expect(parseRtcp(Buffer.from(text, 'latin1'))).toBeUndefined()
  }
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('ssrc', 'type', 'report_blocks', 'sender_information'),
        fc.jsonValue(),
      ),
      (value) => {
        const report = parseRtcp(json(value))
        if (report !== undefined) summariseRtcp(report)
      },
    ),
  )
})
