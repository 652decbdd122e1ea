// Bytes as people compare them: sixteen to a line, with the failing one marked.
import { useState } from 'preact/hooks'
import { Sideways } from '../parts/sideways.tsx'

interface Props {
  readonly bytes: Uint8Array
  /** The failing byte; may stand just behind the end, where something is missing. */
  readonly failingAt: number
}

const PER_LINE = 16
/** Lines around the failing byte, before "show all" is asked for. */
const LINES_AROUND = 12

export function HexView({ bytes, failingAt }: Props) {
  const [all, showAll] = useState(false)
  // A byte that is missing still has its place.
  const lines = Math.ceil(Math.max(bytes.length, failingAt + 1) / PER_LINE)
  const failingLine = Math.floor(failingAt / PER_LINE)
  const first = all ? 0 : Math.max(0, failingLine - LINES_AROUND)
  const last = all ? lines : Math.min(lines, failingLine + LINES_AROUND + 1)
  return (
    <>
      <Sideways label={`Frame of ${bytes.length} bytes, failing at byte ${failingAt}`}>
        <pre class="hex">
          {first > 0 && (
            <span class="muted">
              … {first * PER_LINE} bytes before{'\n'}
            </span>
          )}
          {Array.from({ length: last - first }, (_, i) => (
            <Line
              key={first + i}
              bytes={bytes}
              from={(first + i) * PER_LINE}
              failingAt={failingAt}
            />
          ))}
          {last < lines && (
            <span class="muted">
              … {bytes.length - last * PER_LINE} bytes after{'\n'}
            </span>
          )}
        </pre>
      </Sideways>
      {!all && (first > 0 || last < lines) && (
        <button type="button" onClick={() => showAll(true)}>
          Show all {bytes.length} bytes
        </button>
      )}
    </>
  )
}

interface LineProps extends Props {
  readonly from: number
}

function Line({ bytes, from, failingAt }: LineProps) {
  const cells = Array.from({ length: PER_LINE }, (_, i) => from + i)
  const shown = (at: number) =>
    at < bytes.length ? bytes[at]!.toString(16).padStart(2, '0') : at === failingAt ? '??' : '  '
  return (
    <>
      <span class="offset">{String(from).padStart(5)} </span>
      {cells.map((at) => (
        <>
          {at % 8 === 0 && ' '}
          {at === failingAt ? (
            <mark title={`Byte ${at}: here it fails`}>{shown(at)}</mark>
          ) : (
            shown(at)
          )}{' '}
        </>
      ))}
      <span class="ascii">
        {' '}
        {cells
          .filter((at) => at < bytes.length)
          .map((at) => printable(bytes[at]!))
          .join('')}
      </span>
      {'\n'}
    </>
  )
}

const printable = (byte: number): string =>
  byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'
