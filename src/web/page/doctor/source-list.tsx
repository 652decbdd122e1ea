// Every source: what it is, how much it sends, and what is wrong with it.
import type { Source } from '#contract'
import { showCount, spanOf } from '../parts/format.ts'
import { Sideways } from '../parts/sideways.tsx'
import { hrefOf } from '../shell/address.ts'
import { adviseOn } from './source-advice.ts'
import { Sparkline } from './sparkline.tsx'

interface Props {
  readonly sources: readonly Source[]
  readonly nowMs: number
}

const SHOWN_MAX = 200

export function SourceList({ sources, nowMs }: Props) {
  return (
    <>
      <Sideways label="Sources">
        <table class="fact-table sources">
          <thead>
            <tr>
              <th>Source</th>
              <th>Sends</th>
              <th>Last hour</th>
              <th class="right">Rate</th>
              <th class="right">Last packet</th>
              <th class="right">Packets</th>
              <th class="right">Refused</th>
              <th class="right">Clock</th>
            </tr>
          </thead>
          <tbody>
            {sources.slice(0, SHOWN_MAX).map((source) => (
              <SourceRows key={keyOf(source)} source={source} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </Sideways>
      {sources.length > SHOWN_MAX && (
        <p class="muted">
          The {SHOWN_MAX} heard last of {showCount(sources.length)}; all are in{' '}
          <a href="/api/v1/sources">/api/v1/sources</a>.
        </p>
      )}
    </>
  )
}

function SourceRows({ source, nowMs }: { source: Source; nowMs: number }) {
  const advice = adviseOn(source, nowMs)
  const { peer, capturedBy, captureId, hepVersion, packets, rejected, clockSkewMs } = source
  const onlyRefused = packets === 0
  const ageMs = Math.max(0, nowMs - Date.parse(source.lastSeenAt))
  return (
    <>
      <tr data-peer={peer} class={advice.length > 0 ? 'advised' : ''}>
        <td>
          <code>{peer === '*' ? 'many others' : peer}</code>
          {!onlyRefused && (
            <div class="muted">
              <a href={searchFor(source)}>{capturedBy || `capture id ${captureId}`}</a>
              {capturedBy && ` (${captureId})`}
            </div>
          )}
        </td>
        <td>
          {onlyRefused ? 'nothing readable' : `HEP v${hepVersion}`}{' '}
          <span class="muted">over {source.transport.toUpperCase()}</span>
        </td>
        <td>
          <Sparkline
            values={source.recent}
            label={`Packets by minute, at most ${Math.max(0, ...source.recent)}`}
          />
        </td>
        <td class="right">{rateText(source.packetsPerSecond)}</td>
        <td class="right" title={source.lastSeenAt}>
          {ageMs < 2_000 ? 'now' : `${spanOf(ageMs)} ago`}
        </td>
        <td class="right">{showCount(packets)}</td>
        <td class={`right ${rejected > 0 ? 'worse' : ''}`}>{showCount(rejected)}</td>
        <td class={`right ${Math.abs(clockSkewMs) > 2_000 ? 'worse' : ''}`}>
          {onlyRefused ? '–' : skewText(clockSkewMs)}
        </td>
      </tr>
      {advice.length > 0 && (
        <tr class="advice">
          <td colSpan={8}>
            <ul>
              {advice.map(({ mood, text }) => (
                <li key={text} class={mood}>
                  {text}
                </li>
              ))}
            </ul>
            {rejected > 0 && <a href={hrefOf('ingest', 'quarantine')}>See its refused frames</a>}
          </td>
        </tr>
      )}
    </>
  )
}

const keyOf = ({ node, peer, transport, captureId, capturedBy, hepVersion }: Source): string =>
  [node, peer, transport, captureId, capturedBy, hepVersion].join(' ')

const searchFor = ({ captureId, capturedBy }: Source): string =>
  hrefOf('search', '', {
    q: capturedBy ? `node:"${capturedBy.replaceAll(/["\\]/g, '\\$&')}"` : `capture:${captureId}`,
    from: '-1h',
  })

const rateText = (rate: number): string =>
  rate === 0 ? '–' : `${rate < 10 ? rate.toFixed(1) : showCount(Math.round(rate))} /s`

/** Behind or ahead of ours; the way here counts as behind. */
function skewText(ms: number): string {
  if (Math.abs(ms) < 1_000) return 'right'
  return `${spanOf(Math.abs(ms))} ${ms < 0 ? 'ahead' : 'behind'}`
}
