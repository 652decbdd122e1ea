// Media quality as it was reported: a table of every stream, MOS, loss, jitter and round trip over time, and
// what phones and border controllers summed up at the end.
import type { CallDetail } from '#contract'
import { Chart, type Series } from '../parts/chart.tsx'
import { endReports, type MediaStream, mediaStreams } from './media-series.ts'
import { ReportView } from './report-view.tsx'
import { StreamTable } from './stream-table.tsx'

/** One colour a stream, in table and charts. */
export const COLORS = ['--accent', '--good', '--mild', '--bad', '--open', '--soft']

interface Props {
  readonly call: CallDetail
  readonly choose: (message: number) => void
}

/** The tab. */
export function MediaView({ call, choose }: Props) {
  const streams = mediaStreams(call)
  const ends = endReports(call)
  if (streams.length === 0 && ends.length === 0) return <NoMedia />
  return (
    <div class="media">
      {streams.length > 0 && <StreamTable streams={streams} colors={COLORS} />}
      <MediaChart name="MOS" unit="" streams={streams} of="mos" />
      <MediaChart name="Loss" unit="%" streams={streams} of="lossPercent" />
      <MediaChart name="Jitter" unit="ms" streams={streams} of="jitterMs" />
      <MediaChart name="Round trip" unit="ms" streams={streams} of="roundTripMs" />
      {ends.map((index) => {
        const { report, src } = call.messages[index]!
        return (
          <section key={index} class="end-report">
            <h2>
              {report!.title} <small>said by {src.ip}</small>
            </h2>
            <ReportView report={report!} />
            <button type="button" onClick={() => choose(index)}>
              Show the message
            </button>
          </section>
        )
      })}
    </div>
  )
}

const NoMedia = () => (
  <div class="empty-tab">
    <h2>Nobody reported on the media of this call</h2>
    <p>
      Quality comes from RTCP (HEP type 5, sent by rtpengine, heplify or captagent), from agents
      that listen to RTP (34, 35), from border controllers (38), and from phones: headers X-RTP-Stat
      and P-RTP-Stat, or a PUBLISH as RFC 6035 has it. A report belongs to the call whose Call-ID it
      carries (HEP chunk 17), or whose session description named the address it comes from.
    </p>
  </div>
)

type Measure = 'jitterMs' | 'lossPercent' | 'mos' | 'roundTripMs'

interface ChartProps {
  readonly name: string
  readonly unit: string
  readonly streams: readonly MediaStream[]
  readonly of: Measure
}

/** Only streams that were reported on more than once: one number is in the table. */
function MediaChart({ name, unit, streams, of }: ChartProps) {
  const times = [...new Set(streams.flatMap((stream) => stream.times))].sort((a, b) => a - b)
  const places = new Map(times.map((time, i) => [time, i]))
  const series = streams.flatMap((stream, i): Series[] => {
    if (stream[of].filter((value) => value !== null).length < 2) return []
    const values = Array<number | null>(times.length).fill(null)
    for (const [j, time] of stream.times.entries())
      values[places.get(time)!] = stream[of][j] ?? null
    const color = COLORS[i % COLORS.length]!
    const label = `${stream.from} → ${stream.to} ${stream.name}`.trim()
    const show = (value: number) => `${value.toFixed(of === 'mos' ? 2 : 1)} ${unit}`.trim()
    return [{ label, color, values, show, isJoined: true }]
  })
  if (series.length === 0) return null
  return (
    <section class="media-chart">
      <h2>
        {name} {unit && <small>{unit}</small>}
      </h2>
      <Chart
        label={`${name}${unit && ` in ${unit}`} over the call, ${series.length} streams`}
        times={times}
        series={series}
        heightPx={130}
        {...(of === 'mos' ? { rangeY: [1, 4.6] as const } : {})}
        sync="media"
      />
    </section>
  )
}
