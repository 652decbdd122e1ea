// Reports beside the signalling, as the outside sees them: of RTCP, of agents, phones and border controllers,
// DNS, ISUP, logs. docs/media.md says where each comes from. Grows only by addition.

/** One stream as its receiver, or an agent on the way, found it; null = not said, and not to be computed. */
export interface ReportedStream {
  /** Which of several in one report: 'local', 'remote', 'inc', 'out' or ''. */
  readonly side: 'local' | 'remote' | 'inc' | 'out' | ''
  readonly ssrc: number | null
  readonly packets: number | null
  readonly packetsLost: number | null
  /** 0 to 1. */
  readonly lossShare: number | null
  /** Thrown away because it came too late, 0 to 1. */
  readonly discardShare: number | null
  readonly jitterMs: number | null
  readonly jitterMsMax: number | null
  readonly roundTripMs: number | null
  /** 'PCMA/8000'; '' when nobody says. */
  readonly codec: string
  /** 1 to 5. */
  readonly mos: number | null
  /** R of the E-model (ITU-T G.107), 0 to 100. */
  readonly rating: number | null
  /** Whether the MOS stood in the report, or follows from it by G.107. */
  readonly mosFrom: 'said' | 'computed' | null
}

/** What a message reports, where it is a report. */
export interface MessageReport {
  readonly kind: 'rtcp' | 'rtp' | 'vq' | 'border' | 'phone' | 'dns' | 'isup' | 'log'
  /** What it calls itself: 'sender report', 'VQSessionReport', 'X-RTP-Stat', 'IAM', 'error' … */
  readonly title: string
  /** One line: 'loss 2 %, jitter 12 ms, MOS 4.1'. */
  readonly text: string
  /** Of reports on media; empty otherwise. */
  readonly streams: readonly ReportedStream[]
  /** What else it says, in order. */
  readonly facts: readonly ReportFact[]
}

export interface ReportFact {
  readonly name: string
  readonly value: string
}
