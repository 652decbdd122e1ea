import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readMediaReport } from './read-report.ts'
import type { QualityReport } from './report.ts'
import { summariseReport } from './summarise-report.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const quality = (type: number, payload: Buffer, codec = ''): QualityReport => {
  const report = readMediaReport(type, payload, 0, codec)
  if (report === undefined || !('streams' in report)) throw new Error('no measures in it')
  return report
}

const RTP_AGENT = {
  ...{ CORRELATION_ID: 'c1', RTP_SIP_CALL_ID: 'call-1@a', DELTA: 19.98, JITTER: 1.5 },
  ...{ TOTAL_PK: 990, EXPECTED_PK: 1000, PACKET_LOSS: 10, MOS: 4.1, RFACTOR: 84 },
  ...{ SRC_IP: '10.0.0.1', SRC_PORT: 4000, DST_IP: '2001:db8::1', DST_PORT: '5000' },
  ...{ CODEC_NAME: 'g722', CLOCK: 8000, TYPE: 'PERIODIC', MAX_JITTER: 9 },
}

test('readMediaReport reads what rtpagent measured (type 34)', () => {
  const report = quality(34, json(RTP_AGENT))
  expect(report).toMatchObject({ kind: 'rtp', callId: 'call-1@a', phase: 'PERIODIC', delta: 19.98 })
  expect(report).toMatchObject({ src: '10.0.0.1:4000', dst: '[2001:db8::1]:5000', packetsLost: 10 })
  expect(report.streams).toMatchObject([
    {
      ...{ lossShare: 0.01, jitterMs: 1.5, jitterMsMax: 9, packets: 990, codec: 'g722/8000' },
      ...{ mos: 4.1, rating: 84, mosFrom: 'said' },
    },
  ])
  expect(summariseReport(report)).toBe('loss 1 %, jitter 1.5 ms, MOS 4.1')
})

test('readMediaReport takes a MOS times a hundred, and computes one that nobody said', () => {
  const { streams } = quality(35, json({ ...RTP_AGENT, MOS: 432, RFACTOR: 9120 }))
  expect(streams[0]).toMatchObject({ mos: 4.32, rating: 91.2 })
  const said = { ...RTP_AGENT, MOS: undefined, RFACTOR: undefined, CODEC_NAME: 'G729' }
  const [stream] = quality(34, json(said)).streams
  expect(stream).toMatchObject({ mosFrom: 'computed' })
  expect(stream!.rating).toBeCloseTo(78.1, 0) // 93.2 less 15 for 1 % of G.729
})

test('readMediaReport reads loss and jitter as RTCP counts them (agents, types 35 to 37)', () => {
  const payload = json({
    ...{ RTP_SIP_CALL_ID: 'x', INTERARRIVAL_JITTER: 96, CLOCK: 48_000, CODEC_NAME: 'opus' },
    ...{ MEAN_PERCENTAGE_LOSS: 2, TOTAL_PK: 500, SSRC: 77, SR_DELAY: 40 },
  })
  const [stream] = quality(37, payload).streams
  expect(stream).toMatchObject({ jitterMs: 2, lossShare: 0.02, roundTripMs: 40, ssrc: 77 })
})

test('readMediaReport reads both sides of a border controller (type 38, horaclifix)', () => {
  const payload = json({
    ...{ NAME: 'sbc-1', INC_REALM: 'access', OUT_REALM: 'core', INC_ID: 'a@x', OUT_ID: 'b@x' },
    ...{ INC_MOS: 420, INC_RVAL: 8500, INC_RTP_PK: 4990, INC_RTP_PK_LOSS: 10 },
    ...{ INC_RTP_AVG_JITTER: 8, INC_RTP_MAX_JITTER: 22, INC_RTCP_AVG_LAT: 30 },
    ...{ OUT_RTP_PK: 5000, OUT_RTP_PK_LOSS: 0, OUT_RTP_AVG_JITTER: 2, OUT_RTCP_MAX_LAT: 48 },
  })
  const report = quality(38, payload)
  expect(report).toMatchObject({ kind: 'border', callId: 'a@x', otherCallId: 'b@x', name: 'sbc-1' })
  expect(report).toMatchObject({ inc: { mos: 4.2, rating: 85 }, out: { rtcpLatencyMsMax: 48 } })
  expect(report.streams).toMatchObject([
    { side: 'inc', mos: 4.2, rating: 85, lossShare: 0.002, jitterMsMax: 22, roundTripMs: 30 },
    { side: 'out', mosFrom: 'computed', lossShare: 0 },
  ])
})

test('readMediaReport reads RTCP-XR as heplify and as captagent name it', () => {
  const blocks = [{ source_ssrc: 5, fraction_lost: 0, ia_jitter: 480 }]
  const xr = {
    id: 9,
    fraction_lost: 64,
    fraction_discard: 0,
    round_trip_delay: 90,
    burst_density: 3,
  }
  const report = quality(
    5,
    json({ type: 207, report_blocks: blocks, report_blocks_xr: xr }),
    'opus/48000',
  )
  expect(report).toMatchObject({ kind: 'rtcp', xr: { burstDensity: 3, roundTripDelay: 90 } })
  expect(report.streams).toMatchObject([
    { ssrc: 5, jitterMs: 10, codec: 'opus/48000' },
    { ssrc: 9, lossShare: 0.25, roundTripMs: 90, mosFrom: 'computed' },
  ])
  const other = {
    identifier: 9,
    loss_rate: 0,
    R_fact: 80,
    MOS_LQ: 41,
    MOS_CQ: 39,
    end_sys_delay: 60,
  }
  const extended = quality(5, json({ type: 207, extended_report_information: other }))
  expect(extended.streams).toMatchObject([
    { mos: 3.9, rating: 80, roundTripMs: 60, mosFrom: 'said' },
  ])
  const unknown = { identifier: 9, R_fact: 127, MOS_LQ: 127, MOS_CQ: 127 }
  expect(quality(5, json({ type: 207, extended_report_information: unknown })).streams).toEqual([])
})

test('readMediaReport reads DNS as JSON in both spellings, and as bytes (type 53)', () => {
  const lower = {
    ...{ id: 1, qr: true, rescode: 0, questions: [{ name: 'sip.example.org', type: 1 }] },
    answers: [{ name: 'sip.example.org', type: 1, ip: '10.0.0.5' }],
  }
  expect(readMediaReport(53, json(lower))).toEqual({
    ...{ kind: 'dns', isResponse: true, type: 'A', name: 'sip.example.org', status: 'NOERROR' },
    answers: ['A 10.0.0.5'],
  })
  const upper = { QR: false, OpCode: 0, Questions: [{ Name: '4.3.2.1.e164.arpa', Type: 35 }] }
  expect(readMediaReport(53, json(upper))).toMatchObject({ type: 'NAPTR', isResponse: false })
  const srv = { Type: 33, SRV: { Priority: 10, Weight: 5, Port: 5060, Name: 'a.example' } }
  const found = readMediaReport(53, json({ QR: true, ResponseCode: 3, Answers: [srv] }))
  expect(found).toMatchObject({ status: 'NXDOMAIN', answers: ['SRV 10 5 5060 a.example'] })
})

test('readMediaReport reads ISUP, and names its circuit as heplify-server does (type 54)', () => {
  const payload = json({
    ...{ cic: 3324, dpc: 5236, opc: 7414, msg_name: 'REL', cause: { cause: 16 } },
    ...{ called_number: { num: '9495368' }, calling_number: { num: '9182789' } },
  })
  const report = readMediaReport(54, payload)!
  expect(report).toMatchObject({ circuit: '5236:7414:3324', calling: '9182789', cause: 16 })
  expect(summariseReport(report)).toBe('REL 9182789 → 9495368 cause 16')
})

test.each([
  [
    'INFO: <script>: NATed request - R=sip:1@x;user=phone ID=a84b4c@10.0.0.1',
    'info',
    'a84b4c@10.0.0.1',
  ],
  ['<131>1 2026-11-21T12:00:00Z edge-1 kamailio - - - oops', 'error', ''],
  ['2026-11-21 12:00:00 [WARNING] mod_sofia call-id: "abc-1@b" gone', 'warn', 'abc-1@b'],
  ['{"level":"ERR","host":"edge-1","message":"no route","callid":"q@1"}', 'error', 'q@1'],
  ['{"CORRELATION_ID":"z@1","DTMF":"ts:1,e:1,v:15,d:160,c:1;","CODEC_PT":101}', '', 'z@1'],
  ['nothing of note', '', ''],
])('readMediaReport reads the log line %s', (line, level, callId) => {
  expect(readMediaReport(100, Buffer.from(line))).toMatchObject({ kind: 'log', level, callId })
})

test('readMediaReport takes any payload of any type, and says nothing or sound measures', () => {
  const names = [
    'MOS',
    'RFACTOR',
    'INC_MOS',
    'OUT_RVAL',
    'report_blocks',
    'report_blocks_xr',
    'ssrc',
  ]
  const type = fc.constantFrom(1, 5, 34, 35, 36, 37, 38, 53, 54, 100, 200, 207)
  const odd = fc.dictionary(
    fc.constantFrom(...names, 'questions', 'answers', 'cic', 'TOTAL_PK', '__proto__'),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(1e308, -1, '7', [{ fraction_lost: -5, ia_jitter: '1e9' }]),
    ),
  )
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    odd.map(json),
    fc.string().map((text) => Buffer.from(`VQSessionReport\nPacketLoss:NLR=${text}\n${text}`)),
  )
  fc.assert(
    fc.property(type, any, (of, payload) => {
      const report = readMediaReport(of, payload, 1e15)
      if (report === undefined) return
      expect(summariseReport(report)).not.toMatch(/NaN|undefined|Infinity/)
      if (!('streams' in report)) return
      for (const { mos = 1, rating = 0, lossShare = 0 } of report.streams) {
        expect(mos).toBeWithin(1, 5.01)
        expect(rating).toBeWithin(0, 120.1)
        expect(lossShare).toBeWithin(0, 1.01)
      }
    }),
  )
})
