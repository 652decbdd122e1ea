import { expect, test } from 'bun:test'
import { readMediaReport } from './read-report.ts'
import { readVqReport } from './vq-report.ts'

// After the form of RFC 6035 §4.6, with numbers of our own.
const BODY = [
  'VQSessionReport: CallTerm',
  'CallID: 6dg37f1890463@10.1.0.5',
  'LocalID: Alice <sip:alice@example.org>',
  'RemoteID: Bill <sip:bill@example.net>',
  'OrigID: Alice <sip:alice@example.org>',
  'LocalAddr: IP=10.1.0.5 PORT=5002 SSRC=0x2468abcd',
  'RemoteAddr: IP=2001:db8::9 PORT=5004 SSRC=0x1357efff',
  'LocalMetrics:',
  'Timestamps: START=2026-10-10T18:23:43Z STOP=2026-10-10T18:26:02Z',
  'SessionDesc: PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 FMTP="annexb=no" PLC=3 SSUP=on',
  'JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120',
  'PacketLoss: NLR=5.0 JDR=2.0',
  'BurstGapLoss: BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16',
  'Delay: RTD=200 ESD=140 SOWD=200 IAJ=2 MAJ=10',
  'Signal: SL=-18 NL=-50 RERL=55',
  'QualityEst: RLQ=90 RCQ=85 EXTRI=90 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=P.564',
  'RemoteMetrics:',
  'SessionDesc: PT=0 PD=PCMU SR=8000',
  'PacketLoss: NLR=0.0 JDR=0.0',
  'Delay: IAJ=1',
  'DialogID: 38419823470834;to-tag=8472761;from-tag=9123dh311',
].join('\r\n')

const publish = (body: string) =>
  Buffer.from(`PUBLISH sip:collector SIP/2.0\r\nCall-ID: own\r\nCSeq: 1 PUBLISH\r\n\r\n${body}`)

test('readVqReport reads both ends of a session report', () => {
  const report = readVqReport(BODY)!
  expect(report).toMatchObject({
    ...{ name: 'VQSessionReport', callId: '6dg37f1890463@10.1.0.5' },
    ...{ localAddress: '10.1.0.5:5002', remoteAddress: '[2001:db8::9]:5004' },
    local: { NLR: '5.0', JDR: '2.0', IAJ: '2', MOSLQ: '4.2', FMTP: 'annexb=no', RERL: '55' },
    remote: { NLR: '0.0' },
  })
  const [local, remote] = report.streams
  expect(local).toMatchObject({
    ...{ side: 'local', ssrc: 0x1357efff, lossShare: 0.05, discardShare: 0.02, jitterMs: 2 },
    ...{ jitterMsMax: 10, roundTripMs: 200, codec: 'G729/8000', mos: 4.2, rating: 85 },
  })
  // Nobody said a MOS for the other end: computed.
  expect(remote).toMatchObject({ side: 'remote', ssrc: 0x2468abcd, mosFrom: 'computed' })
  expect(remote!.mos).toBeCloseTo(4.4, 1)
})

test('readMediaReport finds it in a PUBLISH and in HEP type 35, indented as it may be', () => {
  const inside = readMediaReport(1, publish(BODY))
  expect(inside).toMatchObject({ kind: 'vq', callId: '6dg37f1890463@10.1.0.5' })
  expect(readMediaReport(35, Buffer.from(BODY.replaceAll('\r\n', '\n\t\t')))).toEqual(inside)
  expect(readMediaReport(1, publish('VQ: nothing of the kind'))).toBeUndefined()
})

test('readVqReport takes metrics without a heading for local ones, and the call from DialogID', () => {
  const text =
    'VQIntervalReport\nPacketLoss:NLR=1.5\nDialogID:d1@x;to-tag=1\nQualityEst:MOSLQ=127 RLQ='
  const report = readVqReport(text)!
  expect(report).toMatchObject({ callId: 'd1@x', local: { NLR: '1.5', MOSLQ: '127' }, remote: {} })
  expect(report.streams).toMatchObject([{ side: 'local', lossShare: 0.015, mosFrom: 'computed' }])
})

test('what the jitter buffer threw away is heard like what got lost', () => {
  const mosOf = (loss: string) =>
    readVqReport(`VQSessionReport\nPacketLoss:${loss}`)!.streams[0]!.mos!
  expect(mosOf('NLR=1 JDR=4')).toBeCloseTo(mosOf('NLR=5 JDR=0'), 5)
  expect(mosOf('NLR=1 JDR=4')).toBeLessThan(mosOf('NLR=1 JDR=0') - 0.2)
})
