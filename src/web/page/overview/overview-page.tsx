// How calls go, over the last minutes to a week: numbers, curves, and the tables behind them, each of
// them a way into the search.
import type { Kpi } from '#contract'
import { RANGES } from '../parts/ranges.ts'
import '../parts/facts.css'
import './overview.css'
import { ErrorNote } from '../parts/error-note.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { changeQuery } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useAnswer } from '../shell/use-answer.ts'
import { useTick } from '../shell/use-tick.ts'
import { useTitle } from '../shell/use-title.ts'
import { BusySteps } from './busy-steps.tsx'
import { CodeTable, HostTable } from './failure-tables.tsx'
import { KpiCharts } from './kpi-charts.tsx'
import { gridOf } from './kpi-series.ts'
import { KpiTiles } from './kpi-tiles.tsx'
import {
  COMPARISONS,
  kpiQuery,
  type OverviewUrl,
  type RangeName,
  readOverview,
} from './overview-url.ts'
import { TalkerTable } from './talker-table.tsx'

const EVERY_MS = 15_000

export function OverviewPage({ address }: PageProps) {
  useTitle('Overview')
  const url = readOverview(address.query)
  const tick = useTick(EVERY_MS)
  const by = 'total,code,host,talker'
  const now = useAnswer<Kpi>(apiPath('kpi', { ...kpiQuery(url, 0), by }), tick)
  const before = useAnswer<Kpi>(
    url.earlierSeconds > 0
      ? apiPath('kpi', { ...kpiQuery(url, url.earlierSeconds), by: 'total' })
      : undefined,
    tick,
  )
  return (
    <div class="page overview" aria-busy={now.loading}>
      <header class="page-head">
        <h1>Overview</h1>
        <Controls url={url} />
      </header>
      {now.failure && <ErrorNote failure={now.failure} />}
      {now.value && <Picture url={url} now={now.value} before={before.value} />}
      {!now.value && !now.failure && <p class="muted">Counting …</p>}
    </div>
  )
}

function Controls({ url }: { url: OverviewUrl }) {
  return (
    <div class="controls">
      <Tabs<RangeName>
        label="Time range"
        tabs={RANGES.map(([name, label]) => [name, label] as const)}
        chosen={url.range}
        choose={(range) => changeQuery({ range }, 'push')}
      />
      <label>
        <span class="muted">Compare with</span>
        <select
          value={url.versus}
          onChange={({ currentTarget }) => changeQuery({ versus: currentTarget.value }, 'push')}
        >
          {COMPARISONS.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

interface PictureProps {
  readonly url: OverviewUrl
  readonly now: Kpi
  readonly before: Kpi | undefined
}

function Picture({ url, now, before }: PictureProps) {
  const toSeconds = Math.floor(Date.now() / 1000)
  const fromSeconds = toSeconds - url.seconds
  // The minutes that the numbers are of, so that a click finds as many calls as were counted.
  const span = { fromSeconds: secondsOf(now.from), toSeconds: secondsOf(now.to) }
  const grid = gridOf(now, fromSeconds, toSeconds)
  const earlier = url.earlierSeconds
  const gridBefore = before && gridOf(before, fromSeconds - earlier, toSeconds - earlier)
  if (!now.total && !before?.total) return <NothingYet />
  return (
    <>
      <KpiTiles
        total={now.total ?? null}
        before={earlier > 0 ? before?.total : undefined}
        beforeLabel={url.versusLabel}
        seconds={url.seconds}
      />
      <KpiCharts
        grid={grid}
        before={gridBefore}
        earlierSeconds={earlier}
        beforeLabel={url.versusLabel}
      />
      <div class="tables">
        <CodeTable codes={now.codes ?? []} {...span} />
        <BusySteps grid={grid} />
        <HostTable hosts={now.hosts ?? []} {...span} />
        <TalkerTable talkers={now.talkers ?? []} {...span} />
      </div>
    </>
  )
}

const secondsOf = (time: string): number => Date.parse(time) / 1000

const NothingYet = () => (
  <div class="nothing-yet">
    <h2>Nothing was captured in this time</h2>
    <p class="muted">
      Choose a longer time, or look at <a href="/ingest">Ingest</a>: who sends, and what to check
      when nobody does.
    </p>
  </div>
)
