// Every stream somebody reported about, with the worst of each measure: one row a stream and reporter.
import { qualityWord } from '../parts/quality.tsx'
import { type MediaStream, worstOf } from './media-series.ts'

interface Props {
  readonly streams: readonly MediaStream[]
  /** Css variables: each stream has one, here and in the charts. */
  readonly colors: readonly string[]
}

/** The table above the charts. */
export const StreamTable = ({ streams, colors }: Props) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section class="scroll-x" tabIndex={0} aria-label="Streams">
    <table class="streams">
      <thead>
        <tr>
          <th scope="col">Reported by, to, stream</th>
          <th scope="col">Source</th>
          <th scope="col">Codec</th>
          <th scope="col">Reports</th>
          <th scope="col">MOS, worst</th>
          <th scope="col">R, worst</th>
          <th scope="col">Loss, worst</th>
          <th scope="col">Jitter, worst</th>
          <th scope="col">Round trip, worst</th>
        </tr>
      </thead>
      <tbody>
        {streams.map((stream, i) => (
          <tr key={i}>
            <th scope="row">
              <i style={{ background: `var(${colors[i % colors.length]})` }} /> {stream.from} →{' '}
              {stream.to} {stream.name}
            </th>
            <td>{stream.source}</td>
            <td>{stream.codec || '–'}</td>
            <td>{stream.times.length}</td>
            <Mos stream={stream} />
            <td>{shown(worstOf(stream.rating, 'least'), '')}</td>
            <td>{shown(worstOf(stream.lossPercent, 'most'), '%')}</td>
            <td>{shown(worstOf(stream.jitterMs, 'most'), 'ms')}</td>
            <td>{shown(worstOf(stream.roundTripMs, 'most'), 'ms')}</td>
          </tr>
        ))}
      </tbody>
    </table>
    {streams.some(isComputed) && (
      <p class="report-note">
        ≈ nobody said a MOS: computed from loss, delay and codec by ITU-T G.107.
      </p>
    )}
  </section>
)

const isComputed = ({ isComputed, mos }: MediaStream): boolean =>
  isComputed && worstOf(mos, 'least') !== undefined

function Mos({ stream }: { stream: MediaStream }) {
  const mos = worstOf(stream.mos, 'least')
  if (mos === undefined) return <td>–</td>
  return (
    <td title={qualityWord(mos)}>
      {isComputed(stream) && '≈ '}
      {mos.toFixed(2)}
    </td>
  )
}

const shown = (value: number | undefined, unit: string): string =>
  value === undefined ? '–' : `${Number(value.toFixed(1))} ${unit}`.trim()
