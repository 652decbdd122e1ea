// What the page makes of a call: session descriptions in words, phases, reports, comparisons.
import { expect, test } from 'bun:test'
import type { MessageReport, ReportedStream } from '#contract'
import { callPhases } from './call-phases.ts'
import { compareCalls } from './compare-calls.ts'
import { endReports, mediaStreams, worstOf } from './media-series.ts'
import { readSession } from './session.ts'
import { explainSession } from './session-notes.ts'
import { readSipText } from './sip-text.ts'
import { audio, callOf, type TestMessage } from './test-calls.ts'

const DIALOG: readonly TestMessage[] = [
  { ms: 0, way: 'a>b', label: 'INVITE', sdp: audio(4000, '8 0 18') },
  { ms: 100, way: 'b>a', label: '180 Ringing' },
  { ms: 2_000, way: 'b>a', label: '183 Progress', sdp: audio(5000, '8') },
  { ms: 5_000, way: 'b>a', label: '200 OK', sdp: audio(5000, '8') },
  { ms: 5_010, way: 'a>b', label: 'ACK', cseq: '1 ACK' },
  { ms: 9_000, way: 'a>b', label: 'INVITE', cseq: '2 INVITE', sdp: audio(4000, '8', 'a=sendonly') },
  { ms: 9_050, way: 'b>a', label: '200 OK', cseq: '2 INVITE', sdp: audio(5000, '8', 'a=recvonly') },
  { ms: 12_000, way: 'a>b', label: 'INVITE', cseq: '3 INVITE', sdp: audio(4002, '8') },
  { ms: 12_050, way: 'b>a', label: '200 OK', cseq: '3 INVITE', sdp: audio(5000, '8') },
  { ms: 20_000, way: 'a>b', label: 'BYE', cseq: '4 BYE' },
]

test('explainSession says what an answer chose, of which offer', () => {
  const { messages } = callOf(DIALOG)
  expect(explainSession(messages, 0)).toMatchObject({ role: 'offer', notes: [] })
  expect(explainSession(messages, 3)).toMatchObject({
    ...{ role: 'answer', offer: 0 },
    notes: ['audio: chose PCMA of PCMA, PCMU, G729'],
  })
  expect(explainSession(messages, 1)).toBeUndefined()
})

test('explainSession says who holds and what a re-INVITE changed', () => {
  const { messages } = callOf(DIALOG)
  expect(explainSession(messages, 5)?.notes).toEqual([
    'audio on hold: sends only (music), does not listen',
    'audio: direction sendrecv → sendonly',
    'audio: codecs PCMA, PCMU, G729 → PCMA',
  ])
  expect(explainSession(messages, 7)).toMatchObject({ role: 'offer', before: 5 })
  expect(explainSession(messages, 7)?.notes).toEqual([
    'audio: address 10.0.0.1:4000 → 10.0.0.1:4002',
    'audio: direction sendonly → sendrecv',
  ])
})

test('explainSession finds an offer in the 200 answered by the ACK, refusals, and encryption lost', () => {
  const srtp = audio(4000, '8', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x')
  const { messages } = callOf([
    { ms: 0, way: 'a>b', label: 'INVITE' },
    { ms: 10, way: 'b>a', label: '200 OK', sdp: [...srtp, 'm=video 0 RTP/AVP 31'] },
    {
      ms: 20,
      way: 'a>b',
      label: 'ACK',
      cseq: '1 ACK',
      sdp: [...audio(1, '9'), 'm=video 0 RTP/AVP 31'],
    },
  ])
  expect(explainSession(messages, 1)?.role).toBe('offer')
  expect(explainSession(messages, 2)?.notes).toEqual([
    'audio: chose G722 of PCMA (G722 was not offered)',
    'audio: encryption was offered and not taken',
    'video was refused',
  ])
})

test('readSession reads ICE, DTLS and session-wide attributes', () => {
  const session = readSession(
    [
      ...['v=0', 'o=- 1 2 IN IP4 0.0.0.0', 's=call', 'c=IN IP4 192.0.2.1', 'a=inactive'],
      ...['a=fingerprint:sha-256 AA:BB', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=setup:actpass'],
      ...['a=ice-ufrag:x1', 'a=candidate:1 1 udp 1 10.0.0.1 1 typ host', 'a=rtcp-mux'],
      ...['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1', 'a=ptime:20'],
    ].join('\r\n'),
  )
  expect(session?.streams).toMatchObject([
    {
      ...{ ip: '192.0.2.1', port: 9, direction: 'inactive', setup: 'actpass', candidates: 1 },
      ...{ fingerprint: 'sha-256 AA:BB', iceUfrag: 'x1', ptimeMs: 20, rtcp: 'on the same port' },
      codecs: [{ id: '111', name: 'opus/48000/2', parameters: 'useinbandfec=1' }],
    },
  ])
  expect(readSession('no description')).toBeUndefined()
})

test('callPhases are what the caller heard, with holds, until the end', () => {
  expect(callPhases(callOf(DIALOG)).map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])).toEqual([
    ['setup', 0, 100],
    ['ringing', 100, 2_000],
    ['early media', 2_000, 5_000],
    ['talk', 5_000, 9_050],
    ['hold', 9_050, 12_050],
    ['talk', 12_050, 20_000],
  ])
})

test('callPhases of a refused call end with the refusal, a challenge goes on', () => {
  const call = callOf([
    { ms: 0, way: 'a>b', label: 'INVITE' },
    { ms: 50, way: 'b>a', label: '407 Proxy Authentication Required' },
    { ms: 90, way: 'a>b', label: 'INVITE', cseq: '2 INVITE' },
    { ms: 4_000, way: 'b>a', label: '503 No', cseq: '2 INVITE' },
    { ms: 9_000, way: 'b>a', label: '503 No', cseq: '2 INVITE', repeatOf: 3 },
  ])
  expect(callPhases(call)).toEqual([{ kind: 'setup', fromMs: 0, toMs: 4_000, message: 0 }])
})

const STREAM: ReportedStream = {
  ...{ side: '', ssrc: 7, packets: null, packetsLost: null, lossShare: 0, discardShare: null },
  ...{ jitterMs: null, jitterMsMax: null, roundTripMs: null, codec: '', mos: null, rating: null },
  mosFrom: null,
}
const report = (
  ms: number,
  kind: MessageReport['kind'],
  ...streams: Partial<ReportedStream>[]
): TestMessage => ({
  ...{ ms, way: 'a>b', label: 'RTCP', protocol: 5 },
  report: {
    ...{ kind, title: '', text: '', facts: [] },
    streams: streams.map((stream) => ({ ...STREAM, ...stream })),
  },
})

test('mediaStreams puts the reports of one stream into one series, and keeps what nobody said empty', () => {
  const [stream, other, ...others] = mediaStreams(
    callOf([
      report(1_000, 'rtcp', { jitterMs: 10, mos: 4.4, mosFrom: 'computed' }, { ssrc: 8 }),
      report(2_000, 'rtcp', { jitterMs: 20, lossShare: 0.5, codec: 'opus/48000' }),
      report(3_000, 'log'),
    ]),
  )
  expect(stream).toMatchObject({
    ...{ source: 'RTCP', name: '00000007', codec: 'opus/48000', isComputed: true },
    jitterMs: [10, 20],
    lossPercent: [0, 50],
    roundTripMs: [null, null],
    mos: [4.4, null],
  })
  expect(other).toMatchObject({ name: '00000008', times: [expect.any(Number)] })
  expect(others).toEqual([])
  expect([worstOf(stream!.mos, 'least'), worstOf(stream!.rating, 'most')]).toEqual([4.4, undefined])
})

test('endReports are those of phones and border controllers', () => {
  const call = callOf([report(0, 'phone'), report(1, 'rtcp'), report(2, 'border'), report(3, 'vq')])
  expect(endReports(call)).toEqual([0, 2, 3])
})

test('compareCalls pairs what belongs together and says what is missing, extra or different', () => {
  const bad = callOf([
    {
      ms: 0,
      way: 'a>b',
      label: 'INVITE',
      headers: ['User-Agent: B/2', 'Call-ID: x'],
      sdp: audio(1, '18'),
    },
    { ms: 9, way: 'b>a', label: '488 Not Acceptable' },
  ])
  const good = callOf([
    {
      ms: 0,
      way: 'x>y',
      label: 'INVITE',
      headers: ['User-Agent: A/1', 'Call-ID: y'],
      sdp: audio(2, '8'),
    },
    { ms: 5, way: 'y>x', label: '180 Ringing' },
  ])
  expect(compareCalls(bad, good)).toEqual([
    {
      ...{ left: 0, right: 0 },
      differences: ['User-Agent: A/1 → B/2', 'SDP codecs: audio PCMA/8000 → audio G729/8000'],
    },
    { left: 1, right: undefined, differences: [] },
    { left: undefined, right: 1, differences: [] },
  ])
  expect(compareCalls(bad, bad).every(({ differences }) => differences.length === 0)).toBeTrue()
})

test('readSipText spells compact names out, keeps folds, and takes a log line as it is', () => {
  const text = readSipText(
    'INVITE sip:b@x SIP/2.0\r\nf: <sip:a>\r\n ;tag=1\r\nno header\r\n\r\nbody',
  )
  expect(text.headers).toEqual([
    { sentName: 'f', name: 'From', value: '<sip:a>\n ;tag=1' },
    { sentName: '', name: '', value: 'no header' },
  ])
  expect([text.isSip, text.body]).toEqual([true, 'body'])
  expect(readSipText('gateway down')).toMatchObject({ isSip: false, body: 'gateway down' })
})
