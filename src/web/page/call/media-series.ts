// What was reported of the media of a call, as series over time: one for each stream and whoever reported it.
// The server has read the reports (docs/media.md), with the codec that was agreed on.
import type { CallDetail, CallMessage, MessageReport, ReportedStream } from '#contract'

/** One stream as somebody reports it. */
export interface MediaStream {
  /** Where the reports come from. */
  readonly source: string
  /** Which of several, an SSRC or a side; ''. */
  readonly name: string
  /** Who reports, to whom; hosts. */
  readonly from: string
  readonly to: string
  readonly codec: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly jitterMs: Values
  readonly lossPercent: Values
  readonly roundTripMs: Values
  readonly mos: Values
  readonly rating: Values
  /** Nobody said a MOS: they follow from the rest by G.107. */
  readonly isComputed: boolean
}

type Values = readonly (number | null)[]

const SOURCES: Readonly<Record<MessageReport['kind'], string>> = {
  ...{ rtcp: 'RTCP', rtp: 'RTP agent', vq: 'Phone, VQ-RTCPXR', border: 'Border controller' },
  ...{ phone: 'Phone', dns: 'DNS', isup: 'ISUP', log: 'Log' },
}
const STREAMS_MAX = 48

/** Every stream somebody reported about, in the order they appear. */
export function mediaStreams({ messages }: CallDetail): readonly MediaStream[] {
  const streams = new Map<string, MediaStream>()
  for (const message of messages) {
    const { report } = message
    for (const [i, stream] of report?.streams.entries() ?? []) {
      const name = nameOf(stream)
      const key = [report!.kind, message.src.ip, message.dst.ip, name || i].join(' ')
      if (!streams.has(key) && streams.size >= STREAMS_MAX) continue
      streams.set(
        key,
        withReport(streams.get(key) ?? emptyStream(message, stream), message, stream),
      )
    }
  }
  return [...streams.values()]
}

const nameOf = ({ ssrc, side }: ReportedStream): string =>
  [side, ssrc === null ? '' : ssrc.toString(16).padStart(8, '0')].filter(Boolean).join(' ')

const emptyStream = ({ src, dst, report }: CallMessage, stream: ReportedStream): MediaStream => ({
  ...{ source: SOURCES[report!.kind], name: nameOf(stream), from: src.ip, to: dst.ip },
  ...{ codec: '', times: [], jitterMs: [], lossPercent: [], roundTripMs: [], mos: [], rating: [] },
  isComputed: true,
})

function withReport(known: MediaStream, { at }: CallMessage, stream: ReportedStream): MediaStream {
  return {
    ...known,
    codec: stream.codec || known.codec,
    times: [...known.times, Date.parse(at) / 1000],
    jitterMs: [...known.jitterMs, stream.jitterMs],
    lossPercent: [...known.lossPercent, stream.lossShare === null ? null : stream.lossShare * 100],
    roundTripMs: [...known.roundTripMs, stream.roundTripMs],
    mos: [...known.mos, stream.mos],
    rating: [...known.rating, stream.rating],
    isComputed: known.isComputed && stream.mosFrom !== 'said',
  }
}

/** Reports that sum a call up, by phones and border controllers: where they stand in the call. */
export const endReports = ({ messages }: CallDetail): readonly number[] =>
  messages.flatMap(({ report }, i) =>
    report && ['vq', 'border', 'phone'].includes(report.kind) ? [i] : [],
  )

/** The worst of them, 'least' or 'most'; undefined when none is known. */
export function worstOf(values: Values, worst: 'least' | 'most'): number | undefined {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return undefined
  return worst === 'least' ? Math.min(...known) : Math.max(...known)
}
