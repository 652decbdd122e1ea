import { expect, test } from 'bun:test'
import { mediaFrames } from '../../test/metrics/media-frames.ts'
import { counted, hepFrame, NOON_US, type Said } from './test-rig.ts'

const NODE = 'media-agent'

const gauges = (said: Said, prefix: string, names: readonly string[]) =>
  names.map((name) => Object.entries(said(`${prefix}_${name}`)))

test('MediaMeter sets the gauges of RTCP and RTCP-XR as they were sent, unknown without a target', async () => {
  const said = await counted(mediaFrames(NOON_US))
  const labels = `unknown  ${NODE}`
  expect(gauges(said, 'heplify_rtcp', ['fraction_lost', 'packets_lost', 'jitter', 'dlsr'])).toEqual(
    [[[labels, 13]], [[labels, 21]], [[labels, 170]], [[labels, 65_536]]],
  )
  const xr = [
    ...['fraction_lost', 'fraction_discard', 'burst_density', 'burst_duration'],
    ...['gap_density', 'gap_duration', 'round_trip_delay', 'end_system_delay'],
  ]
  expect(gauges(said, 'heplify_rtcpxr', xr)).toEqual(
    [5, 2, 60, 320, 4, 15_000, 42, 35].map((value) => [[labels, value]]),
  )
})

test('MediaMeter sets them for each end that is a target', async () => {
  const said = await counted(mediaFrames(NOON_US), ['10.1.0.1=a', '10.1.0.2=b'])
  expect(said('heplify_rtcp_jitter')).toEqual({ [`a src ${NODE}`]: 170, [`b dst ${NODE}`]: 170 })
  expect(said('heplify_xrtp_cs')).toEqual({ a: 2.3 })
})

test('MediaMeter sets the gauges of VQ reports, rtpagent and X-RTP-Stat', async () => {
  const said = await counted(mediaFrames(NOON_US))
  expect(gauges(said, 'heplify_vqrtcpxr', ['nlr', 'jdr', 'iaj', 'moslq', 'moscq'])).toEqual(
    [1.5, 0.25, 7, 3.9, 3.7].map((value) => [[NODE, value]]),
  )
  expect(gauges(said, 'heplify_rtpagent', ['delta', 'jitter', 'mos', 'packets_lost'])).toEqual(
    [19.984, 2.5, 4.25, 6].map((value) => [[NODE, value]]),
  )
  expect(gauges(said, 'heplify_xrtp', ['cs', 'plr', 'pls', 'jir', 'jis', 'dle'])).toEqual(
    [2.3, 10, 4, 9, 3, 24].map((value) => [['', value]]),
  )
  const mos = said('heplify_xrtp_mos')['']!
  expect(mos).toBeGreaterThan(4)
  expect(mos).toBeLessThan(4.41)
})

test('MediaMeter sets the gauges of both sides of a border', async () => {
  const said = await counted(mediaFrames(NOON_US))
  const names = [
    ...['rtp_mos', 'rtp_rval', 'rtp_packets', 'rtp_lost_packets', 'rtp_avg_jitter'],
    ...['rtp_max_jitter', 'rtcp_packets', 'rtcp_lost_packets', 'rtcp_avg_jitter'],
    ...['rtcp_max_jitter', 'rtcp_avg_lat', 'rtcp_max_lat'],
  ]
  const inc = [4.1, 91, 1500, 3, 4, 12, 15, 1, 2, 6, 30, 90]
  const out = [4.15, 91.05, 1505, 8, 9, 17, 20, 6, 7, 11, 35, 95]
  expect(gauges(said, 'horaclifix', names)).toEqual(
    inc.map((value, i) => [
      ['sbc-7 inc access core', value],
      ['sbc-7 out access core', out[i]!],
    ]),
  )
})

test('MediaMeter takes every stream into histograms, in shares and seconds', async () => {
  const said = await counted(mediaFrames(NOON_US))
  const labels = ['rtcp', 'rtp', 'vq', 'border', 'phone'].map((kind) => `${kind}  ${NODE}`)
  expect(Object.keys(said('calliope_media_mos')).sort()).toEqual(labels.sort())
  expect(said('calliope_media_jitter_seconds')[`border  ${NODE}`]).toBe(2)
  expect(said('calliope_media_loss_ratio')[`vq  ${NODE}`]).toBe(1)
  expect(said('calliope_media_round_trip_seconds')[`vq  ${NODE}`]).toBe(1)
})

test('MediaMeter takes a VQ report in a PUBLISH as one of type 35', async () => {
  const vq = 'VQSessionReport: CallTerm\r\nLocalMetrics:\r\nQualityEst: MOSLQ=2.5 MOSCQ=2.4\r\n'
  const publish = [
    'PUBLISH sip:collector@a.example SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKp',
    'From: <sip:alice@a.example>;tag=a1',
    'To: <sip:collector@a.example>',
    'Call-ID: publish-1',
    'CSeq: 1 PUBLISH',
    'Content-Type: application/vq-rtcpxr',
    `Content-Length: ${vq.length}`,
    '',
    vq,
  ].join('\r\n')
  const said = await counted([hepFrame(publish)])
  expect(said('heplify_vqrtcpxr_moslq')).toEqual({ edge: 2.5 })
  expect(said('heplify_method_response')).toEqual({ '  edge PUBLISH PUBLISH': 1 })
})

test('MediaMeter counts warnings and errors of logs, and no others', async () => {
  const log = (text: string) => hepFrame(text, { protocolType: 100 })
  const said = await counted([
    log('{"level":"error","host":"h1","msg":"x"}'),
    log('{"level":"info","host":"h1","msg":"x"}'),
    log('WARNING: no answer'),
  ])
  const alerts = said('heplify_log_alert_total')
  expect(Object.values(alerts)).toEqual([1, 1])
  expect(Object.keys(alerts).join()).not.toContain('info')
})

test('MediaMeter sets no gauge of what it cannot read', async () => {
  const types = [5, 34, 35, 38, 100]
  const said = await counted(types.map((protocolType) => hepFrame('\0{"', { protocolType })))
  expect(Object.keys(said('heplify_packets_total'))).toHaveLength(types.length)
  for (const metric of ['heplify_rtcp_jitter', 'heplify_rtpagent_mos', 'horaclifix_rtp_mos'])
    expect(said(metric)).toEqual({})
})
