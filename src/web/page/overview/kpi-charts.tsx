// The range as curves. A click on a point, or a stretch dragged over, opens its calls in the search.
import type { KpiMinute } from '#contract'
import { Chart, type Series } from '../parts/chart.tsx'
import { showSpan } from '../parts/format.ts'
import { openPage } from '../shell/address.ts'
import { type Grid, shifted, valuesOf } from './kpi-series.ts'
import { searchHref } from './overview-url.ts'

interface Props {
  readonly grid: Grid
  readonly before: Grid | undefined
  readonly earlierSeconds: number
  readonly beforeLabel: string
}

const perSecond = (count: number, seconds: number) => Math.round((count / seconds) * 1000) / 1000
const rate = (value: number) => `${value.toFixed(2)} /s`
const percent = (value: number) => `${value.toFixed(1)} %`

/** Four charts whose cursors move together. */
export function KpiCharts(props: Props) {
  const { grid } = props
  const seconds = grid.stepSeconds
  const line = (
    label: string,
    color: string,
    pick: (row: KpiMinute) => number | null,
    show: (value: number) => string,
    kind: Series['kind'] = 'line',
  ): Series => ({ label, color, values: valuesOf(grid, pick), kind, show })
  const earlier = (pick: (row: KpiMinute) => number | null, show: (n: number) => string) =>
    earlierSeries(props, pick, show)
  const calls = (row: KpiMinute) => perSecond(row.attempts, seconds)
  return (
    <div class="charts">
      <Panel title="Calls per second" grid={grid} q="method:INVITE">
        {[
          line('Calls', '--accent', calls, rate, 'area'),
          line('Answered', '--good', (row) => perSecond(row.answered, seconds), rate),
          line('Failed', '--bad', (row) => perSecond(row.failed, seconds), rate),
          ...earlier(calls, rate),
        ]}
      </Panel>
      <Panel title="ASR, NER, SEER" grid={grid} q="method:INVITE" showY={(n) => `${n} %`}>
        {[
          line('ASR', '--accent', ({ asr }) => asr, percent),
          line('NER', '--good', ({ ner }) => ner, percent),
          line('SEER', '--mild', ({ seer }) => seer, percent),
          ...earlier(({ asr }) => asr, percent),
        ]}
      </Panel>
      <Panel title="Post dial delay" grid={grid} q="method:INVITE" showY={(n) => showSpan(n)}>
        {[
          line('p95', '--mild', ({ setupMsP95 }) => setupMsP95, showSpan),
          line('p50', '--accent', ({ setupMsP50 }) => setupMsP50, showSpan),
          ...earlier(({ setupMsP95 }) => setupMsP95, showSpan),
        ]}
      </Panel>
      <Panel title="Registrations per second" grid={grid} q="method:REGISTER">
        {[
          line('Tried', '--accent', (row) => perSecond(row.registrations, seconds), rate, 'area'),
          line('Registered', '--good', (row) => perSecond(row.registered, seconds), rate),
          line('Refused', '--bad', (row) => perSecond(row.registrationsFailed, seconds), rate),
          ...earlier((row) => perSecond(row.registrations, seconds), rate),
        ]}
      </Panel>
    </div>
  )
}

function earlierSeries(
  { grid, before, earlierSeconds, beforeLabel }: Props,
  pick: (row: KpiMinute) => number | null,
  show: (value: number) => string,
): readonly Series[] {
  if (before === undefined) return []
  const values = shifted(grid, before, earlierSeconds, pick)
  return [{ label: beforeLabel, color: '--soft', values, kind: 'dashes', show }]
}

interface PanelProps {
  readonly title: string
  readonly grid: Grid
  readonly q: string
  readonly showY?: (value: number) => string
  readonly children: readonly Series[]
}

function Panel({ title, grid, q, showY, children }: PanelProps) {
  const open = (from: number, to: number) => {
    const { search } = new URL(searchHref(q, from, to), location.origin)
    openPage('search', '', Object.fromEntries(new URLSearchParams(search)))
  }
  return (
    <section class="panel">
      <h2>{title}</h2>
      <Chart
        label={`${title} over time; a click opens the calls of that time`}
        times={grid.times}
        series={children}
        heightPx={168}
        legend
        sync="overview"
        brush={open}
        pick={(time) => open(time, time + grid.stepSeconds)}
        {...(showY ? { showY } : {})}
      />
    </section>
  )
}
