// The report of a comparison as one HTML page: the table, cost against loss, then each policy's run in
// graphs on one time axis, with what it decided and why.
import { type ChartSeries, drawChart, type Mark } from '../report/chart.ts'
import { escapeHtml, htmlPage, htmlTable } from '../report/page.ts'
import { drawScatter } from '../report/scatter.ts'
import type { Happening, Moment } from './history.ts'
import type { SimulationResult } from './simulate.ts'
import { COLUMNS, type Summary, shareText } from './summary.ts'
import type { Trace } from './trace.ts'

export interface ReportPart {
  readonly summary: Summary
  /** The run that is drawn: that of the first seed. */
  readonly result: SimulationResult
}

/** What is read above the graphs: the trace and the world, in sentences. */
export interface ReportFrame {
  readonly trace: Trace
  readonly assumptions: readonly string[]
}

const HAPPENINGS_SHOWN = 200

export function simulationReport(
  { trace, assumptions }: ReportFrame,
  parts: readonly ReportPart[],
): string {
  const title = `Simulation: ${trace.name}`
  const summaries = parts.map(({ summary }) => summary)
  return htmlPage(title, [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(`${trace.about}. ${assumptions.join(' ')}`)}</p>`,
    htmlTable(['', ...summaries.map(({ policy }) => policy)], tableRows(summaries)),
    '<h2>Cost against loss</h2><p>Lower left is better; a policy with another one left of and below it is beaten.</p>',
    drawScatter(
      summaries.map((s) => ({ name: s.policy, x: s.dollars, y: s.lostShare * 100 })),
      { xTitle: 'dollars', yTitle: 'lost, %' },
    ),
    ...parts.map(runSection),
  ])
}

const tableRows = (summaries: readonly Summary[]): string[][] =>
  COLUMNS.map(([head, cell]) => [
    head,
    ...summaries.map((summary) => {
      const isBad = head === 'lost' && summary.lostShare > 1e-9
      return `${isBad ? '!' : ''}${cell(summary)}`
    }),
  ])

function runSection({ result }: ReportPart): string {
  const { moments, happenings, seconds, seed } = result
  const marks: Mark[] = happenings.map(({ at, text }) => ({ at, text }))
  const chart = (title: string, series: readonly ChartSeries[], yText: (y: number) => string) =>
    drawChart({ ...{ title, series, marks, yText }, xMax: seconds, xText: timeText })
  return [
    `<h2>${escapeHtml(result.policy)}</h2><p>Seed ${seed}; lost ${shareText(result.lostShare)}. Dotted lines: what was decided and what happened.</p>`,
    chart(
      'packets a second',
      [
        series('lost', moments, (m) => m.lostRate, 'bad', 'area'),
        series('traffic', moments, (m) => m.rate, 0),
        series('what the nodes carry', moments, (m) => m.capacity, 1, 'step'),
      ],
      rateText,
    ),
    chart(
      'nodes',
      [
        series('of them spot', moments, (m) => m.spot, 2, 'area'),
        series('wanted', moments, (m) => m.wanted, 3, 'step'),
        series('running', moments, (m) => m.running, 4, 'step'),
        series('serving', moments, (m) => m.serving, 1, 'step'),
      ],
      (y) => (Number.isInteger(y) ? String(y) : y.toFixed(1)),
    ),
    chart(
      'CPU, %',
      [
        series('busiest node', moments, (m) => m.cpuMaximum, 5),
        series('average', moments, (m) => m.cpuAverage, 0),
      ],
      (y) => `${y.toFixed(0)} %`,
    ),
    chart(
      'oldest packet waits, seconds',
      [series('age', moments, (m) => m.age, 3)],
      (y) => `${y.toFixed(y < 10 ? 1 : 0)} s`,
    ),
    happeningsTable(happenings),
  ].join('\n')
}

function series(
  name: string,
  moments: readonly Moment[],
  value: (moment: Moment) => number,
  color: ChartSeries['color'],
  shape: NonNullable<ChartSeries['shape']> = 'line',
): ChartSeries {
  return { name, color, shape, points: moments.map((moment) => [moment.at, value(moment)]) }
}

function happeningsTable(happenings: readonly Happening[]): string {
  if (happenings.length === 0) return ''
  const shown = happenings.slice(0, HAPPENINGS_SHOWN)
  const more = happenings.length - shown.length
  const rows = shown.map(({ at, text }) => [timeText(at), text])
  if (more > 0) rows.push(['…', `${more} more`])
  return `<details><summary>${happenings.length} events</summary>${htmlTable(['when', 'what'], rows, 'words')}</details>`
}

/** Hours and minutes since the beginning. */
export function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const two = (value: number) => String(value).padStart(2, '0')
  const rest = Math.floor(seconds % 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}${rest > 0 ? `:${two(rest)}` : ''}`
}

export const rateText = (rate: number): string =>
  rate >= 1e6
    ? `${(rate / 1e6).toFixed(1)} M`
    : rate >= 1e3
      ? `${Math.round(rate / 1e3)} k`
      : rate.toFixed(0)
