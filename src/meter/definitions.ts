// Every metric of the meter: its name, its labels, what it says. Names and labels of the first three tables are
// those of heplify-server, so that its users' graphs and alarms go on; a gauge there holds what was reported
// last. The histograms are ours, and say the same of all reports together.

type Kind = 'counter' | 'gauge' | 'histogram'

export interface Definition {
  readonly type: Kind
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Of a histogram. */
  readonly bounds?: readonly number[]
}

const counter = (name: string, help: string, ...labels: string[]) =>
  ({ type: 'counter', name, help, labels }) as const
const gauge = (name: string, help: string, ...labels: string[]) =>
  ({ type: 'gauge', name, help, labels }) as const
const histogram = (name: string, help: string, bounds: readonly number[], ...labels: string[]) =>
  ({ type: 'histogram', name, help, labels, bounds }) as const

const ofTarget = (name: string, help: string) => gauge(`heplify_xrtp_${name}`, help, 'target_name')
const rtcp = (name: string, help: string) =>
  gauge(`heplify_${name}`, help, 'target_name', 'direction', 'node_id')
const ofNode = (name: string, help: string) => gauge(`heplify_${name}`, help, 'node_id')
const border = (name: string, help: string) =>
  gauge(`horaclifix_${name}`, help, 'sbc_name', 'direction', 'inc_realm', 'out_realm')

const SIGNALLING = {
  packets: counter('heplify_packets_total', 'HEP packets by type.', 'node_id', 'type'),
  packetSize: gauge('heplify_packets_size', 'Payload bytes of the last packet.', 'node_id', 'type'),
  methodResponse: counter(
    'heplify_method_response',
    'SIP messages: `response` is the method of a request or the status of an answer, `method` that of the CSeq.',
    ...['target_name', 'direction', 'node_id', 'response', 'method'],
  ),
  reasonIsup: counter(
    'heplify_reason_isup_total',
    'Q.850 causes in Reason headers.',
    ...['target_name', 'cause', 'method'],
  ),
  srd: gauge(
    'heplify_kpi_srd',
    'Session request delay of the last call, nanoseconds.',
    ...['target_name', 'node_id'],
  ),
  rrd: gauge(
    'heplify_kpi_rrd',
    'Registration request delay of the last registration, nanoseconds.',
    ...['target_name', 'node_id'],
  ),
  logAlert: counter(
    'heplify_log_alert_total',
    'Warnings and errors among the logs that were sent.',
    ...['node_id', 'level', 'host'],
  ),
} as const

const PHONES = {
  xrtpCs: ofTarget('cs', 'X-RTP-Stat CS / 1000: call setup time, seconds.'),
  xrtpJir: ofTarget('jir', 'X-RTP-Stat JI, first value: jitter received.'),
  xrtpJis: ofTarget('jis', 'X-RTP-Stat JI, second value: jitter sent.'),
  xrtpPlr: ofTarget('plr', 'X-RTP-Stat PL, first value: packets lost on the way here.'),
  xrtpPls: ofTarget('pls', 'X-RTP-Stat PL, second value: packets lost on the way there.'),
  xrtpDle: ofTarget('dle', 'X-RTP-Stat DL, first value: delay.'),
  xrtpMos: ofTarget('mos', 'MOS of an X-RTP-Stat, said or by G.107.'),
} as const

const REPORTS = {
  rtcpFractionLost: rtcp('rtcp_fraction_lost', 'RTCP fraction lost, 0 to 255.'),
  rtcpPacketsLost: rtcp('rtcp_packets_lost', 'RTCP packets lost in all.'),
  rtcpJitter: rtcp('rtcp_jitter', 'RTCP jitter, ticks of the media clock.'),
  rtcpDlsr: rtcp('rtcp_dlsr', 'RTCP delay since the last sender report, 1/65536 s.'),
  xrFractionLost: rtcp('rtcpxr_fraction_lost', 'RTCP-XR fraction lost, 0 to 255.'),
  xrFractionDiscard: rtcp('rtcpxr_fraction_discard', 'RTCP-XR fraction discarded, 0 to 255.'),
  xrBurstDensity: rtcp('rtcpxr_burst_density', 'RTCP-XR loss within bursts, 0 to 255.'),
  xrBurstDuration: rtcp('rtcpxr_burst_duration', 'RTCP-XR mean length of bursts, ms.'),
  xrGapDensity: rtcp('rtcpxr_gap_density', 'RTCP-XR loss between bursts, 0 to 255.'),
  xrGapDuration: rtcp('rtcpxr_gap_duration', 'RTCP-XR mean length between bursts, ms.'),
  xrRoundTripDelay: rtcp('rtcpxr_round_trip_delay', 'RTCP-XR round trip, ms.'),
  xrEndSystemDelay: rtcp('rtcpxr_end_system_delay', 'RTCP-XR delay of the end system, ms.'),
  vqNlr: ofNode('vqrtcpxr_nlr', 'VQ report: loss of the network, percent.'),
  vqJdr: ofNode('vqrtcpxr_jdr', 'VQ report: discarded by the jitter buffer, percent.'),
  vqIaj: ofNode('vqrtcpxr_iaj', 'VQ report: jitter, ms.'),
  vqMosLq: ofNode('vqrtcpxr_moslq', 'VQ report: MOS of listening.'),
  vqMosCq: ofNode('vqrtcpxr_moscq', 'VQ report: MOS of conversation.'),
  rtpDelta: ofNode('rtpagent_delta', 'rtpagent: time between packets, ms.'),
  rtpJitter: ofNode('rtpagent_jitter', 'rtpagent: jitter, ms.'),
  rtpMos: ofNode('rtpagent_mos', 'rtpagent: MOS.'),
  rtpPacketsLost: ofNode('rtpagent_packets_lost', 'rtpagent: packets lost.'),
  borderRtpMos: border('rtp_mos', 'Border, RTP: MOS.'),
  borderRtpRval: border('rtp_rval', 'Border, RTP: R.'),
  borderRtpPackets: border('rtp_packets', 'Border, RTP: packets.'),
  borderRtpLost: border('rtp_lost_packets', 'Border, RTP: packets lost.'),
  borderRtpAvgJitter: border('rtp_avg_jitter', 'Border, RTP: mean jitter, ms.'),
  borderRtpMaxJitter: border('rtp_max_jitter', 'Border, RTP: highest jitter, ms.'),
  borderRtcpPackets: border('rtcp_packets', 'Border, RTCP: packets.'),
  borderRtcpLost: border('rtcp_lost_packets', 'Border, RTCP: packets lost.'),
  borderRtcpAvgJitter: border('rtcp_avg_jitter', 'Border, RTCP: mean jitter, ms.'),
  borderRtcpMaxJitter: border('rtcp_max_jitter', 'Border, RTCP: highest jitter, ms.'),
  borderRtcpAvgLat: border('rtcp_avg_lat', 'Border, RTCP: mean latency, ms.'),
  borderRtcpMaxLat: border('rtcp_max_lat', 'Border, RTCP: highest latency, ms.'),
} as const

const KPI_LABELS = ['target_name', 'node_id'] as const
/** `kind`: rtcp, rtp (rtpagent), vq, border (horaclifix) or phone (X-RTP-Stat …). */
const MEDIA_LABELS = ['kind', 'target_name', 'node_id'] as const
const DELAYS = [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 12, 20, 40]

const DISTRIBUTIONS = {
  srdSeconds: histogram(
    'calliope_session_request_delay_seconds',
    'From an INVITE to its first 180, 181, 182, 183 or 200, where the caller is.',
    DELAYS,
    ...KPI_LABELS,
  ),
  rrdSeconds: histogram(
    'calliope_registration_request_delay_seconds',
    'From a REGISTER to its 200, challenges included.',
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    ...KPI_LABELS,
  ),
  payloadBytes: histogram(
    'calliope_payload_bytes',
    'Payload of HEP packets; beyond 1,300 a datagram hardly fits an Ethernet frame.',
    [100, 200, 400, 600, 800, 1000, 1300, 1500, 2000, 4000, 8000, 32_000],
    ...['node_id', 'type'],
  ),
  mediaMos: histogram(
    'calliope_media_mos',
    'MOS of streams, said in reports or by G.107.',
    [1.5, 2, 2.5, 2.8, 3, 3.2, 3.4, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.5],
    ...MEDIA_LABELS,
  ),
  mediaLoss: histogram(
    'calliope_media_loss_ratio',
    'Packets lost of streams, 0 to 1.',
    [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5],
    ...MEDIA_LABELS,
  ),
  mediaJitter: histogram(
    'calliope_media_jitter_seconds',
    'Jitter of streams.',
    [0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5],
    ...MEDIA_LABELS,
  ),
  mediaRoundTrip: histogram(
    'calliope_media_round_trip_seconds',
    'Way there and back of media.',
    [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1, 2],
    ...MEDIA_LABELS,
  ),
} as const

export const DEFINITIONS = { ...SIGNALLING, ...PHONES, ...REPORTS, ...DISTRIBUTIONS } as const

/** All of them, in order. */
export const METER_METRICS: readonly Definition[] = Object.values(DEFINITIONS)

export type MetricKey = keyof typeof DEFINITIONS
export type HistogramKey = keyof typeof DISTRIBUTIONS
