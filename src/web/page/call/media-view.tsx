// Media quality as those who received it reported it: jitter, loss and round trip over time, one line for
// each stream, and what phones summed up at the end.
import type { CallDetail } from '#contract'
import { Chart, type Series } from '../parts/chart.tsx'
import { FactList } from '../parts/fact-list.tsx'
import { endReports, type MediaStream, mediaStreams } from './media-series.ts'

const COLORS = ['--accent', '--good', '--mild', '--bad', '--open', '--soft']

/** The tab. */
export function MediaView({ call }: { call: CallDetail }) {
  const streams = mediaStreams(call)
  const reports = endReports(call)
  if (streams.length === 0 && reports.length === 0) return <NoMedia />
  return (
    <div class="media">
      {streams.length > 0 && (
        <>
          <StreamTable streams={streams} />
          <MediaChart name="Loss" unit="%" streams={streams} of="lossPercent" />
          <MediaChart name="Jitter" unit="ms" streams={streams} of="jitterMs" />
          <MediaChart name="Round trip" unit="ms" streams={streams} of="roundTripMs" />
        </>
      )}
      {reports.map(({ host, header, values }, i) => (
        <section key={i} class="end-report">
          <h2>
            {header} <small>said by {host}</small>
          </h2>
          <FactList facts={values} />
        </section>
      ))}
    </div>
  )
}

const NoMedia = () => (
  <div class="empty-tab">
    <h2>Nobody reported on the media of this call</h2>
    <p>
      Quality comes from RTCP reports (HEP type 5, sent by rtpengine, heplify or captagent) and from
      the headers X-RTP-Stat and P-RTP-Stat of phones. Check that an agent near the media sends
      RTCP, and that it puts the SIP Call-ID into its correlation id (HEP chunk 17).
    </p>
  </div>
)

type Measure = 'lossPercent' | 'jitterMs' | 'roundTripMs'

const nameOf = ({ from, to, ssrc }: MediaStream) =>
  `${from} → ${to} ${ssrc.toString(16).padStart(8, '0')}`

function StreamTable({ streams }: { streams: readonly MediaStream[] }) {
  return (
    <div class="scroll-x">
      <table class="streams">
        <thead>
          <tr>
            <th scope="col">Reported by, to, SSRC</th>
            <th scope="col">Reports</th>
            <th scope="col">Loss, worst</th>
            <th scope="col">Jitter, worst</th>
            <th scope="col">Round trip, worst</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream, i) => (
            <tr key={i}>
              <th scope="row">
                <i style={{ background: `var(${COLORS[i % COLORS.length]})` }} /> {nameOf(stream)}
              </th>
              <td>{stream.times.length}</td>
              <td>{worst(stream.lossPercent, '%')}</td>
              <td>{worst(stream.jitterMs, 'ms')}</td>
              <td>{worst(stream.roundTripMs, 'ms')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function worst(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? '–' : `${Number(Math.max(...known).toFixed(1))} ${unit}`
}

interface ChartProps {
  readonly name: string
  readonly unit: string
  readonly streams: readonly MediaStream[]
  readonly of: Measure
}

function MediaChart({ name, unit, streams, of }: ChartProps) {
  const times = [...new Set(streams.flatMap((stream) => stream.times))].sort((a, b) => a - b)
  const places = new Map(times.map((time, i) => [time, i]))
  const series = streams.flatMap((stream, i): Series[] => {
    if (stream[of].every((value) => value === null)) return []
    const values = Array<number | null>(times.length).fill(null)
    for (const [j, time] of stream.times.entries())
      values[places.get(time)!] = stream[of][j] ?? null
    const color = COLORS[i % COLORS.length]!
    return [
      { label: nameOf(stream), color, values, show: (value) => `${value.toFixed(1)} ${unit}` },
    ]
  })
  if (series.length === 0) return null
  return (
    <section class="media-chart">
      <h2>
        {name} <small>{unit}</small>
      </h2>
      <Chart
        label={`${name} in ${unit} over the call, ${series.length} streams`}
        times={times}
        series={series}
        heightPx={130}
        sync="media"
      />
    </section>
  )
}
