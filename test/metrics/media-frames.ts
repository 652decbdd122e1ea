// Reports on media as agents send them: one of each kind that has metrics.
import { encodeHep, type HepPacketFields, PROTOCOL } from '#hep'

const rtcp = (plus: number) => ({
  sender_information: {
    ntp_timestamp_sec: 3_900_000_000,
    ntp_timestamp_usec: 5,
    packets: 900,
    octets: 144_000,
  },
  ...{ ssrc: 1_000_001, type: 200, report_count: 1, sdes_ssrc: 1_000_001 },
  report_blocks: [
    {
      ...{
        source_ssrc: 2_000_002,
        fraction_lost: 13 + plus,
        packets_lost: 21 + plus,
        highest_seq_no: 4_711,
      },
      ...{ ia_jitter: 170 + plus, lsr: 0, dlsr: 65_536 },
    },
  ],
  report_blocks_xr: {
    ...{ type: 7, id: 3_000_003, fraction_lost: 5 + plus, fraction_discard: 2, burst_density: 60 },
    ...{ gap_density: 4, burst_duration: 320, gap_duration: 15_000, round_trip_delay: 42 + plus },
    end_system_delay: 35,
  },
})

const RTPAGENT = {
  ...{ CORRELATION_ID: 'media-1', RTP_SIP_CALL_ID: 'media-1', DELTA: 19.984, JITTER: 2.5 },
  ...{
    MOS: 4.25,
    PACKET_LOSS: 6,
    TOTAL_PK: 1500,
    CODEC_NAME: 'PCMA',
    TYPE: 'PERIODIC',
    SSRC: '0xabc',
  },
}

const side = (name: 'INC' | 'OUT', plus: number) => ({
  [`${name}_ID`]: `media-1-${name}`,
  [`${name}_MOS`]: 410 + plus,
  [`${name}_RVAL`]: 9100 + plus,
  [`${name}_RTP_PK`]: 1500 + plus,
  [`${name}_RTP_PK_LOSS`]: 3 + plus,
  [`${name}_RTP_AVG_JITTER`]: 4 + plus,
  [`${name}_RTP_MAX_JITTER`]: 12 + plus,
  [`${name}_RTCP_PK`]: 15 + plus,
  [`${name}_RTCP_PK_LOSS`]: 1 + plus,
  [`${name}_RTCP_AVG_JITTER`]: 2 + plus,
  [`${name}_RTCP_MAX_JITTER`]: 6 + plus,
  [`${name}_RTCP_AVG_LAT`]: 30 + plus,
  [`${name}_RTCP_MAX_LAT`]: 90 + plus,
})

const horaclifix = (plus: number) => ({
  ...{ NAME: 'sbc-7', INC_REALM: 'access', OUT_REALM: 'core' },
  ...side('INC', plus),
  ...side('OUT', plus + 5),
})

const VQ = [
  'VQSessionReport: CallTerm',
  'CallID: media-1',
  'LocalID: <sip:alice@a.example>',
  'RemoteID: <sip:bob@b.example>',
  'LocalAddr: IP=10.1.0.1 PORT=30000 SSRC=0x1a2b',
  'RemoteAddr: IP=10.1.0.2 PORT=30002 SSRC=0x3c4d',
  'LocalMetrics:',
  'Timestamps: START=2026-11-21T12:00:00Z STOP=2026-11-21T12:05:00Z',
  'SessionDesc: PT=8 PD=PCMA SR=8000 PPS=50 SSUP=off',
  'JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120',
  'PacketLoss: NLR=1.5 JDR=0.25',
  'BurstGapLoss: BLD=0 BD=0 GLD=0 GD=300000 GMIN=16',
  'Delay: RTD=120 ESD=60 IAJ=7',
  'QualityEst: MOSLQ=3.9 MOSCQ=3.7',
  '',
].join('\r\n')

const BYE = [
  'BYE sip:bob@b.example SIP/2.0',
  'Via: SIP/2.0/UDP 10.1.0.1;branch=z9hG4bKbye',
  'From: <sip:alice@a.example>;tag=a1',
  'To: <sip:bob@b.example>;tag=b1',
  'Call-ID: media-1',
  'CSeq: 2 BYE',
  'Reason: Q.850;cause=16;text="Normal call clearing"',
  'X-RTP-Stat: CS=2300;PS=1500;ES=1510;OS=240000;SP=0/0;SO=0;QS=-;PR=1490;ER=1500;OR=238400;CR=0;SR=0;QR=-;PL=10,4;BL=0;LS=0;RB=0/0;SB=-/-;EN=PCMA;DE=PCMA;JI=9,3;DL=24,20,30;IP=10.1.0.1:30000,10.1.0.2:30002',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

/** One frame of each kind, from 10.1.0.1 to 10.1.0.2 at `atUs`; `plus` is added to what gets worse. */
export function mediaFrames(atUs: number, plus = 0): Buffer[] {
  const frame = (protocolType: number, payload: string, fields: Partial<HepPacketFields> = {}) =>
    encodeHep({
      ...{ srcIp: '10.1.0.1', dstIp: '10.1.0.2', srcPort: 30_000, dstPort: 30_002, atUs },
      ...{ protocolType, captureId: 2001, captureNode: 'media-agent', correlationId: 'media-1' },
      ...{ payload: Buffer.from(payload), ...fields },
    })
  return [
    frame(PROTOCOL.rtcp, JSON.stringify(rtcp(plus))),
    frame(PROTOCOL.rtpagent, JSON.stringify(RTPAGENT)),
    frame(PROTOCOL.rtcpxr, VQ),
    frame(PROTOCOL.horaclifix, JSON.stringify(horaclifix(plus))),
    frame(PROTOCOL.sip, BYE),
    frame(PROTOCOL.log, 'host7 sip-proxy[123]: ERROR: no route for call media-1'),
  ]
}
