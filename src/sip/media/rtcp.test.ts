import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readRtcp } from './rtcp.ts'
import { summariseReport } from './summarise-report.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const NTP_EPOCH_S = 2_208_988_800

test('readRtcp reads a sender report with its blocks', () => {
  const atUs = 1_700_000_000_000_000
  const arrival = ((atUs / 1e6 + NTP_EPOCH_S) * 65_536) % 2 ** 32
  const report = readRtcp(
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
  expect(summariseReport(report!)).toBe('loss 25 %, jitter 1.5 ms, round trip 35 ms, MOS 2.3')
})

test('readRtcp reads reports of type 200 and 201 without any block', () => {
  expect(readRtcp(json({ type: 201, ssrc: 5 }))).toEqual({
    type: 201,
    ssrc: 5,
    packetsSent: undefined,
    octetsSent: undefined,
    blocks: [],
    ...{ kind: 'rtcp', callId: '', streams: [], xr: undefined },
  })
  expect(readRtcp(json({ sender_information: { packets: 3 }, report_blocks: null }))).toMatchObject(
    {
      type: 200,
      packetsSent: 3,
      blocks: [],
    },
  )
})

test('readRtcp leaves out a round trip that the clocks make absurd', () => {
  const block = { lsr: 1, dlsr: 0 }
  expect(
    readRtcp(json({ ssrc: 1, report_blocks: [block] }), 1e15)?.blocks[0]?.roundTripMs,
  ).toBeUndefined()
})

test('readRtcp says undefined to what is no report and never throws', () => {
  for (const text of [
    '',
    '{',
    '[]',
    '3',
    'null',
    '{"hello":1}',
    '\x80\xc8\x00\x06',
    '\x40\xc8\0\x01\0\0\0\0',
  ]) {
    expect(readRtcp(Buffer.from(text, 'latin1'))).toBeUndefined()
  }
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('ssrc', 'type', 'report_blocks', 'sender_information'),
        fc.jsonValue(),
      ),
      (value) => {
        const report = readRtcp(json(value))
        if (report !== undefined) summariseReport(report)
      },
    ),
  )
})
