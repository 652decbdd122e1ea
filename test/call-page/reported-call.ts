// A call of which everybody reports in his own way: ends in RTCP that names no call, an agent beside the media, a
// border controller, a phone in a PUBLISH of its own, the proxy's log, DNS, the telephone network.
import { CALLEE, CALLER, type Line, line, rtcpText, sdpOf } from '../call-traffic.ts'

const json = JSON.stringify

export function reportedCall(id: string): readonly Line[] {
  const callId = `${id}@sbc`
  const opus = (ip: string) =>
    sdpOf(ip, [96], ['a=rtpmap:96 opus/48000/2']).replace(' RTP/AVP 96', ' RTP/AVP 96')
  const beside = (ms: number, protocol: number, what: string) =>
    line(ms, 'sbc', 'pbx', what, callId, { protocol })
  const agent = (second: number, mos: number, jitter: number) =>
    beside(
      second * 1000,
      34,
      json({
        ...{
          RTP_SIP_CALL_ID: callId,
          JITTER: jitter,
          MOS: mos,
          RFACTOR: mos * 20,
          TYPE: 'PERIODIC',
        },
        ...{ TOTAL_PK: 490, EXPECTED_PK: 500, PACKET_LOSS: 10, CODEC_NAME: 'opus', CLOCK: 48_000 },
      }),
    )
  const ends = [6, 11, 16, 21].flatMap((second): Line[] => [
    line(
      second * 1000,
      'alice',
      'pbx',
      rtcpText(0xa, second === 16 ? 40 : 3, 300 + second * 9),
      '',
      {
        ...{ protocol: 5, ports: [40_001, 40_001] },
      },
    ),
    line(second * 1000 + 9, 'pbx', 'alice', rtcpText(0xb, 0, 200), '', {
      ...{ protocol: 5, ports: [40_001, 40_001] },
    }),
  ])
  return [
    line(0, 'alice', 'sbc', 'INVITE', callId, { sdp: opus('10.20.0.5') }),
    beside(
      4,
      53,
      json({ qr: false, questions: [{ name: '2.3.4.5.6.7.8.9.0.3.9.4.e164.arpa', type: 35 }] }),
    ),
    beside(
      9,
      53,
      json({
        ...{ qr: true, rescode: 0, questions: [{ name: '_sip._udp.pbx.example', type: 33 }] },
        answers: [
          { type: 33, srv: { priority: 10, weight: 5, port: 5060, name: 'a.pbx.example' } },
        ],
      }),
    ),
    beside(12, 100, 'WARNING: <script>: first gateway is not there, trying the next'),
    beside(
      14,
      54,
      json({
        msg_name: 'IAM',
        cic: 7,
        opc: 20,
        dpc: 10,
        called_number: { num: CALLEE },
        calling_number: { num: CALLER },
      }),
    ),
    line(900, 'sbc', 'alice', '200 OK', callId, { sdp: opus('10.9.0.3') }),
    line(910, 'alice', 'sbc', 'ACK', callId, { cseq: '1 ACK' }),
    ...[agent(6.5, 4.2, 3), agent(11.5, 3.9, 8), agent(16.5, 2.7, 31)],
    ...ends,
    beside(23_000, 100, '<131>media of the call timed out'),
    line(24_000, 'alice', 'sbc', 'BYE', callId, { cseq: '2 BYE' }),
    line(24_004, 'sbc', 'alice', '200 OK', callId, { cseq: '2 BYE' }),
    beside(
      24_100,
      38,
      json({
        ...{
          NAME: 'border-1',
          INC_REALM: 'access',
          OUT_REALM: 'core',
          INC_MOS: 391,
          INC_RVAL: 7800,
        },
        ...{ INC_ID: callId, INC_RTP_PK: 1_150, INC_RTP_PK_LOSS: 12, INC_RTP_AVG_JITTER: 7 },
        ...{ OUT_MOS: 431, OUT_RVAL: 9_000, OUT_RTP_PK: 1_160, OUT_RTP_PK_LOSS: 0 },
      }),
    ),
    line(24_500, 'alice', 'sbc', 'PUBLISH', `${id}-report@phone`, {
      ...{ cseq: '1 PUBLISH', headers: ['Event: vq-rtcpxr'] },
      sdp: [
        'VQSessionReport: CallTerm',
        `CallID: ${callId}`,
        'LocalMetrics:',
        'SessionDesc: PT=96 PD=opus SR=48000',
        'PacketLoss: NLR=1.5 JDR=0.5',
        'Delay: RTD=85 IAJ=6',
        'QualityEst: RCQ=71 MOSLQ=3.8 MOSCQ=3.6',
        '',
      ].join('\r\n'),
    }),
    line(24_510, 'sbc', 'alice', '200 OK', `${id}-report@phone`, { cseq: '1 PUBLISH' }),
  ]
}
