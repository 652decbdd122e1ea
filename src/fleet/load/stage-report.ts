// The report of a load test in stages: a line a stage, graphs of rate, CPU, memory and nodes over time with
// the points at which nodes came and went, and the log of what happened.
import type { FleetEvent } from '#contract'
import { type ChartSeries, drawChart, type Mark } from '../report/chart.ts'
import { escapeHtml, htmlPage, htmlTable } from '../report/page.ts'
import type { Stage } from './stage-plan.ts'

/** What was seen at one moment: of the sender, and of all nodes of the target's database. */
export interface LoadMoment {
  /** Seconds since the load began. */
  readonly at: number
  readonly asked: number
  readonly sent: number
  /** Since the load began. */
  readonly received: number
  readonly stored: number
  readonly dropped: number
  readonly pending: number
  readonly nodes: number
  /** Cores in use, all nodes; null when none says. */
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
  /** Of what the busiest node can take, 0 to 1; null when none says. */
  readonly usedShare: number | null
  readonly spoolAgeSeconds: number
  /** Packets a second of the busiest node over the mean; null with fewer than two. */
  readonly skew: number | null
}

export interface LoadReport {
  readonly title: string
  /** How it was sent, and to whom, in a sentence. */
  readonly about: string
  readonly startedAtMs: number
  readonly stages: readonly Stage[]
  readonly moments: readonly LoadMoment[]
  readonly events: readonly FleetEvent[]
  /** What the ledger said in the end; empty when it was not asked. */
  readonly verdict: string
}

/** One stage in numbers; rates in packets a second, while it was held. */
export interface StageRow {
  readonly asked: number
  readonly sent: number
  readonly stored: number
  readonly dropped: number
  readonly cpuCores: number | null
  readonly memoryMib: number | null
  readonly usedShare: number | null
  readonly spoolAgeSeconds: number
  readonly nodesLeast: number
  readonly nodesMost: number
  readonly skew: number | null
}

/** What each stage came to. A stage too short for two looks at it has no row. */
export function stageRows({ stages, moments }: LoadReport): StageRow[] {
  return stages.flatMap(({ ratePerSecond, heldFromMs, toMs }) => {
    const seen = moments.filter(({ at }) => at * 1000 >= heldFromMs && at * 1000 <= toMs)
    const [first, last] = [seen[0], seen.at(-1)]
    if (first === undefined || last === undefined || first === last) return []
    const rate = (value: (moment: LoadMoment) => number) =>
      (value(last) - value(first)) / (last.at - first.at)
    return [
      {
        asked: ratePerSecond,
        sent: rate(({ sent }) => sent),
        stored: rate(({ stored }) => stored),
        dropped: last.dropped - first.dropped,
        cpuCores: meanOf(seen.map(({ cpuCores }) => cpuCores)),
        memoryMib: mostOf(seen.map(({ memoryBytes }) => memoryBytes && memoryBytes / 2 ** 20)),
        usedShare: mostOf(seen.map(({ usedShare }) => usedShare)),
        spoolAgeSeconds: Math.max(...seen.map(({ spoolAgeSeconds }) => spoolAgeSeconds)),
        nodesLeast: Math.min(...seen.map(({ nodes }) => nodes)),
        nodesMost: Math.max(...seen.map(({ nodes }) => nodes)),
        skew: mostOf(seen.map(({ skew }) => skew)),
      },
    ]
  })
}

const HEAD = [
  ...['asked/s', 'sent/s', 'stored/s', 'dropped', 'CPU cores', 'µs/packet', 'memory MiB'],
  ...['used', 'oldest waits', 'nodes', 'skew'],
]

const stageCells = (row: StageRow): string[] => [
  ...[count(row.asked), count(row.sent), count(row.stored)],
  row.dropped > 0 ? `!${count(row.dropped)}` : '0',
  row.cpuCores === null ? '–' : row.cpuCores.toFixed(2),
  row.cpuCores === null || row.stored <= 0 ? '–' : ((row.cpuCores / row.stored) * 1e6).toFixed(1),
  row.memoryMib === null ? '–' : row.memoryMib.toFixed(0),
  row.usedShare === null ? '–' : `${(row.usedShare * 100).toFixed(0)} %`,
  `${row.spoolAgeSeconds.toFixed(1)} s`,
  row.nodesLeast === row.nodesMost ? String(row.nodesMost) : `${row.nodesLeast}–${row.nodesMost}`,
  row.skew === null ? '–' : row.skew.toFixed(1),
]

/** The stages as a table for the terminal. */
export function stageTable(report: LoadReport): string {
  const rows = [HEAD, ...stageRows(report).map(stageCells)].map((row) =>
    row.map((cell) => cell.replace('!', '')),
  )
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i]!)).join('  ')).join('\n')
}

/** The whole report as one HTML page. */
export function loadReportPage(report: LoadReport): string {
  const { title, about, verdict, startedAtMs } = report
  return htmlPage(title, [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(`${about} Begun ${new Date(startedAtMs).toISOString()}.`)}</p>`,
    ...(verdict ? [`<p>${escapeHtml(verdict)}</p>`] : []),
    htmlTable(HEAD, stageRows(report).map(stageCells)),
    ...charts(report),
    '<h2>What happened</h2>',
    htmlTable(['after', 'node', 'what'], logRows(report), 'words'),
  ])
}

function charts(report: LoadReport): string[] {
  const { moments } = report
  const xMax = moments.at(-1)?.at ?? 1
  const marks = eventMarks(report)
  const draw = (title: string, series: readonly ChartSeries[], yText: (y: number) => string) =>
    drawChart({ ...{ title, series, marks, xMax, yText }, xText: clockText })
  const of = (
    name: string,
    color: ChartSeries['color'],
    value: (moment: LoadMoment) => number | null,
    shape: NonNullable<ChartSeries['shape']> = 'line',
  ): ChartSeries => ({
    ...{ name, color, shape },
    points: moments.flatMap((moment) => {
      const y = value(moment)
      return y === null ? [] : [[moment.at, y] as const]
    }),
  })
  const rates = (name: string, color: ChartSeries['color'], value: (m: LoadMoment) => number) => ({
    ...{ name, color },
    points: slopes(moments, value),
  })
  return [
    draw(
      'packets a second',
      [
        of('asked', 3, ({ asked }) => asked, 'step'),
        rates('sent', 0, ({ sent }) => sent),
        rates('stored', 1, ({ stored }) => stored),
        rates('dropped', 'bad', ({ dropped }) => dropped),
      ],
      count,
    ),
    draw('CPU cores, all nodes', [of('cores', 5, ({ cpuCores }) => cpuCores)], decimals),
    draw(
      'memory, MiB, all nodes',
      [of('resident', 2, ({ memoryBytes }) => memoryBytes && memoryBytes / 2 ** 20)],
      count,
    ),
    draw(
      'used of what the busiest node can take, %',
      [of('used', 0, ({ usedShare }) => usedShare && usedShare * 100)],
      count,
    ),
    draw('nodes', [of('nodes', 4, ({ nodes }) => nodes, 'step')], decimals),
    draw(
      'oldest packet waits, seconds',
      [of('age', 3, ({ spoolAgeSeconds }) => spoolAgeSeconds)],
      decimals,
    ),
  ]
}

/** Change per second between one moment and the next. */
const slopes = (moments: readonly LoadMoment[], value: (moment: LoadMoment) => number) =>
  moments.slice(1).map((moment, i) => {
    const before = moments[i]!
    return [moment.at, (value(moment) - value(before)) / (moment.at - before.at || 1)] as const
  })

const eventMarks = ({ events, startedAtMs }: LoadReport): Mark[] =>
  events.map((event) => ({
    at: (Date.parse(event.at) - startedAtMs) / 1000,
    text: eventText(event),
  }))

function logRows({ stages, events, startedAtMs }: LoadReport): string[][] {
  const begun = stages.map((stage, i) => ({
    at: stage.fromMs / 1000,
    row: ['', `stage ${i + 1}: ${count(stage.ratePerSecond)} packets a second`],
  }))
  const happened = events.map((event) => ({
    at: (Date.parse(event.at) - startedAtMs) / 1000,
    row: [event.node, eventText(event)],
  }))
  return [...begun, ...happened]
    .sort((a, b) => a.at - b.at)
    .map(({ at, row }) => [clockText(Math.max(0, at)), ...row])
}

function eventText({ kind, node, reason, nodesFrom, nodesTo }: FleetEvent): string {
  const change = nodesTo === null ? '' : ` from ${nodesFrom ?? '?'} to ${nodesTo}`
  return [`${node} ${kind}${change}`.trim(), reason].filter(Boolean).join(': ')
}

/** Minutes and seconds since the beginning. */
const clockText = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const decimals = (value: number): string =>
  Number.isInteger(value) || value >= 10 ? count(value) : value.toFixed(value < 1 ? 2 : 1)

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : null
}

function mostOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? Math.max(...known) : null
}
