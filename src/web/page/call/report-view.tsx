// What one message reports, in words and numbers: beside its text in the pane, and in the media tab.
import './report.css'
import type { MessageReport, ReportedStream } from '#contract'
import { FactList } from '../parts/fact-list.tsx'

/** Measures of each stream, and whatever else it says. */
export const ReportView = ({ report, linkedBy }: { report: MessageReport; linkedBy?: string }) => (
  <div class="report">
    {report.text && report.kind !== 'log' && <p class="report-text">{report.text}</p>}
    {linkedBy && <p class="report-note">It names no call. It is here by its {linkedBy}.</p>}
    {report.streams.map((stream, i) => (
      <FactList key={i} facts={streamFacts(stream)} />
    ))}
    {report.facts.length > 0 && (
      <FactList facts={report.facts.map(({ name, value }) => [name, value] as const)} />
    )}
  </div>
)

function streamFacts(stream: ReportedStream): (readonly [string, string])[] {
  const percent = (share: number | null) => number(share === null ? null : share * 100, ' %')
  const facts = [
    ['stream', [stream.side, stream.ssrc?.toString(16).padStart(8, '0') ?? ''].join(' ').trim()],
    ['MOS', number(stream.mos, stream.mosFrom === 'computed' ? ' (computed, G.107)' : '')],
    ['R factor', number(stream.rating)],
    ['loss', percent(stream.lossShare)],
    ['discarded', percent(stream.discardShare)],
    ['jitter', number(stream.jitterMs, ' ms')],
    ['jitter, most', number(stream.jitterMsMax, ' ms')],
    ['round trip', number(stream.roundTripMs, ' ms')],
    ['packets', number(stream.packets)],
    ['packets lost', number(stream.packetsLost)],
    ['codec', stream.codec],
  ] as const
  return facts.filter(([, value]) => value !== '')
}

const number = (value: number | null, unit = ''): string =>
  value === null ? '' : `${Number(value.toFixed(2))}${unit}`
