// What somebody reported of a call beside its signalling: how its media fared, what names were asked
// for, what the telephone network said, what a server logged. One closed union, told apart by `kind`:
//
//   HEP type                       says                                        kind
//   5, 200 … 207                   RTCP, as JSON or as bytes, XR blocks too    rtcp
//   34, 35, 36, 37 as JSON         rtpagent: what an agent measured of RTP     rtp
//   35 as text, 1 with such a body VQ session report of a phone (RFC 6035)     vq
//   38                             horaclifix: both sides of a border          border
//   1 with X-RTP-Stat, P-RTP-Stat  what a phone sums up when it hangs up       phone
//   53 · 54 · 100                  DNS · ISUP · log                            dns · isup · log
//
// Two levels. The fields of each kind hold what was said, in the sender's own units, for those who pass it on
// (metrics by heplify-server's names). `streams` holds the same as a person reads it: shares, milliseconds,
// R and MOS; said ones where they were said, else by G.107 (e-model.ts). What is missing or absurd is
// undefined; nothing throws; everything has a limit.

/** A report, whoever made it. */
export type MediaReport =
  | RtcpReport
  | RtpReport
  | VqReport
  | BorderReport
  | PhoneReport
  | DnsReport
  | IsupReport
  | LogReport

/** Reports that measure media. */
export type QualityReport = Extract<MediaReport, { streams: unknown }>

/** One stream as its receiver, or an agent on the way, found it. */
export interface StreamQuality {
  /** Which of several in one report: 'local', 'remote', 'inc', 'out' or ''. */
  readonly side: 'local' | 'remote' | 'inc' | 'out' | ''
  readonly ssrc: number | undefined
  readonly packets: number | undefined
  readonly packetsLost: number | undefined
  /** 0 to 1. */
  readonly lossShare: number | undefined
  /** Thrown away because it came too late, 0 to 1. */
  readonly discardShare: number | undefined
  readonly jitterMs: number | undefined
  readonly jitterMsMax: number | undefined
  readonly roundTripMs: number | undefined
  /** 'PCMA', 'G729' …; '' when nobody says. */
  readonly codec: string
  /** 1 to 5; undefined when it can neither be read nor computed. */
  readonly mos: number | undefined
  /** The E-model's rating R, 0 to 100. */
  readonly rating: number | undefined
  /** Whether `mos` was in the report, or follows from it by G.107. */
  readonly mosFrom: 'said' | 'computed' | undefined
}

interface QualityBase {
  readonly streams: readonly StreamQuality[]
  /** The Call-ID named in the report itself; ''. */
  readonly callId: string
}

/** What one end says about the stream it receives, in RTCP's own units. */
export interface RtcpBlock {
  readonly ssrc: number
  /** Since the last report, 0 to 1 (sent as 0 to 255). */
  readonly fractionLost: number
  /** In all; negative when duplicates outnumber losses. */
  readonly packetsLost: number
  /** In ticks of the media clock. */
  readonly jitter: number
  /** Middle 32 bits of the last sender report's NTP time; 0 = none came. */
  readonly lsr: number
  /** Since then, in 1/65536 s. */
  readonly dlsr: number
  /** Only where the agent's clock and the last report allow it. */
  readonly roundTripMs: number | undefined
}

/** VoIP metrics block of RTCP-XR (RFC 3611 §4.7), as sent; undefined = not said (127 for R and MOS). */
export interface RtcpXr {
  readonly ssrc: number | undefined
  /** 0 to 255 for 0 to 1, as are the next three. */
  readonly fractionLost: number | undefined
  readonly fractionDiscard: number | undefined
  readonly burstDensity: number | undefined
  readonly gapDensity: number | undefined
  /** Milliseconds, as are the next three. */
  readonly burstDuration: number | undefined
  readonly gapDuration: number | undefined
  readonly roundTripDelay: number | undefined
  readonly endSystemDelay: number | undefined
  /** R, 0 to 100. */
  readonly rating: number | undefined
  /** 1 to 5, listening and conversational. */
  readonly mosLq: number | undefined
  readonly mosCq: number | undefined
}

export interface RtcpReport extends QualityBase {
  readonly kind: 'rtcp'
  /** 200 sender report, 201 receiver report, 202 description, 203 bye … */
  readonly type: number
  readonly ssrc: number
  /** Of a sender report; undefined otherwise. */
  readonly packetsSent: number | undefined
  readonly octetsSent: number | undefined
  readonly blocks: readonly RtcpBlock[]
  readonly xr: RtcpXr | undefined
}

/** rtpagent and its relatives (captagent, hepgen, Homer 11's agent): an interval, or the end. */
export interface RtpReport extends QualityBase {
  readonly kind: 'rtp'
  /** 'PERIODIC', 'HANGUP', 'FINAL'; ''. */
  readonly phase: string
  /** Milliseconds between packets. */
  readonly delta: number | undefined
  readonly jitter: number | undefined
  readonly mos: number | undefined
  readonly packetsLost: number | undefined
  /** 'ip:port' of the stream, '' when not said. */
  readonly src: string
  readonly dst: string
}

/** RFC 6035 §4.6: metrics as written, of the phone that reports and of its peer. */
export interface VqReport extends QualityBase {
  readonly kind: 'vq'
  /** 'VQSessionReport', 'VQIntervalReport', 'VQAlertReport'. */
  readonly name: string
  /** By upper-case name: NLR, JDR, IAJ, RTD, MOSLQ, MOSCQ, RCQ … */
  readonly local: Readonly<Record<string, string>>
  readonly remote: Readonly<Record<string, string>>
  /** 'ip:port' as LocalAddr and RemoteAddr say. */
  readonly localAddress: string
  readonly remoteAddress: string
}

/** One side of a session border controller, as horaclifix tells it: MOS and R as 1 to 5 and 0 to 100. */
export interface BorderSide {
  readonly mos: number | undefined
  readonly rating: number | undefined
  readonly rtpPackets: number | undefined
  readonly rtpPacketsLost: number | undefined
  readonly rtpJitterMs: number | undefined
  readonly rtpJitterMsMax: number | undefined
  readonly rtcpPackets: number | undefined
  readonly rtcpPacketsLost: number | undefined
  readonly rtcpJitterMs: number | undefined
  readonly rtcpJitterMsMax: number | undefined
  readonly rtcpLatencyMs: number | undefined
  readonly rtcpLatencyMsMax: number | undefined
}

export interface BorderReport extends QualityBase {
  readonly kind: 'border'
  /** The controller's name. */
  readonly name: string
  readonly incRealm: string
  readonly outRealm: string
  readonly inc: BorderSide
  readonly out: BorderSide
  /** Call-ID of the other side; ''. */
  readonly otherCallId: string
}

/** X-RTP-Stat, P-RTP-Stat, RTP-RxStat, RTP-TxStat … of a phone. */
export interface PhoneReport extends QualityBase {
  readonly kind: 'phone'
  readonly header: string
  /** By upper-case name, as sent: CS, PS, PR, PL, JI, DL, EN, DE, MOS … */
  readonly values: Readonly<Record<string, string>>
}

export interface DnsReport {
  readonly kind: 'dns'
  readonly isResponse: boolean
  /** 'A', 'SRV', 'NAPTR' …; '' unless it has a question. */
  readonly type: string
  readonly name: string
  /** 'NOERROR', 'NXDOMAIN' …; '' in a query. */
  readonly status: string
  /** 'SRV 10 50 5060 sip.example.org', the first ones. */
  readonly answers: readonly string[]
}

export interface IsupReport {
  readonly kind: 'isup'
  /** 'IAM', 'ACM', 'ANM', 'REL' …; ''. */
  readonly name: string
  readonly cic: number | undefined
  readonly opc: number | undefined
  readonly dpc: number | undefined
  readonly calling: string
  readonly called: string
  /** Q.850, of a REL. */
  readonly cause: number | undefined
  /** 'min(opc,dpc):max(opc,dpc):cic': one circuit, by which heplify-server files it; '' without. */
  readonly circuit: string
}

export interface LogReport {
  readonly kind: 'log'
  /** 'error', 'warn', 'info' …, lower case; '' when it names none. */
  readonly level: string
  readonly host: string
  readonly text: string
  /** A Call-ID written in it; ''. */
  readonly callId: string
}
