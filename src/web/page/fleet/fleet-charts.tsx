// How it went: four charts over one range whose cursors move together. What changed the number of nodes
// is marked in all of them.
import type { Fleet, FleetEvent, FleetPoint } from '#contract'
import { Chart, type Mark, type Series } from '../parts/chart.tsx'
import { showCount, spanOf } from '../parts/format.ts'
import { type FleetGrid, fleetGrid, valuesOf } from './fleet-series.ts'

const rate = (value: number) => `${showCount(Math.round(value))} /s`
const whole = (value: number) => (Number.isInteger(value) ? String(value) : '')
const age = (seconds: number) => spanOf(seconds * 1000)
const cores = (value: number) => value.toFixed(2)

/** What explains a change in the curves; nodes that came and went are in the list. */
const MARKED: Partial<Record<FleetEvent['kind'], string>> = {
  scaled: '--soft',
  reclaimed: '--mild',
  lost: '--bad',
}

export function FleetCharts({ fleet, seconds }: { fleet: Fleet; seconds: number }) {
  const toSeconds = Math.floor(Date.now() / 1000)
  const span = [toSeconds - seconds, toSeconds] as const
  const grid = fleetGrid(fleet, span[0])
  const marks = fleet.events.flatMap(({ at, kind }) => {
    const color = MARKED[kind]
    return color === undefined ? [] : [{ time: Date.parse(at) / 1000, color }]
  })
  const panel = { grid, marks, range: span }
  return (
    <div class="charts">
      <Panel {...panel} title="Packets per second" showY={(n) => showCount(n)}>
        {[
          line('All nodes', '--accent', (point) => point.packetsPerSecond, rate, 'area'),
          line('Busiest node', '--mild', (point) => point.packetsPerSecondMax, rate),
        ]}
      </Panel>
      <Panel {...panel} title="Nodes" showY={whole}>
        {[line('Nodes', '--accent', ({ nodes }) => nodes, String, 'steps')]}
      </Panel>
      <Panel {...panel} title="Spool age" showY={age}>
        {[line('Slowest node', '--accent', (point) => point.spoolAgeSeconds, age, 'area')]}
      </Panel>
      {hasDrops(grid) && (
        <Panel {...panel} title="Dropped" showY={showCount}>
          {[line('All nodes', '--bad', ({ dropped }) => dropped, showCount, 'bars')]}
        </Panel>
      )}
      <Panel {...panel} title="CPU cores in use" showY={cores}>
        {[line('All nodes', '--accent', ({ cpuCores }) => cpuCores, cores, 'area')]}
      </Panel>
    </div>
  )
}

interface Line extends Omit<Series, 'values'> {
  readonly pick: (point: FleetPoint) => number | null
}

const line = (
  label: string,
  color: string,
  pick: Line['pick'],
  show: (value: number) => string,
  kind: Series['kind'] = 'line',
): Line => ({ label, color, pick, show, kind })

// A line at zero for what must never happen would only teach to overlook it.
const hasDrops = ({ points }: FleetGrid): boolean =>
  points.some((point) => (point?.dropped ?? 0) > 0)

interface PanelProps {
  readonly title: string
  readonly grid: FleetGrid
  readonly marks: readonly Mark[]
  readonly range: readonly [number, number]
  readonly showY: (value: number) => string
  readonly children: readonly Line[]
}

function Panel({ title, grid, marks, range, showY, children }: PanelProps) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <Chart
        label={`${title} over time`}
        times={grid.times}
        series={children.map(({ pick, ...series }) => ({
          ...series,
          values: valuesOf(grid, pick),
        }))}
        {...{ marks, range, showY, heightPx: 152, sync: 'fleet', legend: true }}
      />
    </section>
  )
}
