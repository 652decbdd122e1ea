// The run as a graph: what was offered, how many nodes there were and how many were predicted, how far
// behind they were.
import { drawGraph, type Series } from '../../bench/graph.ts'
import { clock } from './demo-picture.ts'
import type { Prediction } from './prediction.ts'
import type { RunResult, Tick } from './run-view.ts'

export interface DemoGraph {
  readonly result: RunResult
  readonly packetsPerNode: number
  readonly prediction: Prediction | undefined
}

/** The run as SVG. */
export function drawRun({ result: { ticks, happenings }, packetsPerNode, prediction }: DemoGraph) {
  const series = (name: string, of: (tick: Tick) => number): Series => ({
    ...{ name, points: ticks.map((tick) => [tick.seconds, of(tick)] as const) },
  })
  const thousands = (value: number) => `${(value / 1000).toFixed(1)}k`
  return drawGraph({
    title: 'A fleet on one machine: load, nodes and delay',
    xTitle: 'one second of the run is one minute of the policy',
    xText: (seconds) => clock(Math.round(seconds)),
    events: happenings
      .filter(({ kind }) => ['scaled', 'killed', 'reclaimed'].includes(kind))
      .map(({ seconds, kind, text }) => ({
        ...{ at: seconds, name: kind === 'scaled' ? text.split(' nodes')[0]! : kind },
      })),
    panels: [
      {
        title: 'packets per second',
        text: thousands,
        series: [
          series('offered', ({ offered }) => offered),
          series('what the ready nodes shall carry', ({ ready }) => ready * packetsPerNode),
        ],
      },
      {
        title: 'nodes',
        text: (value) => value.toFixed(value % 1 === 0 ? 0 : 1),
        series: [
          series('ready', ({ ready }) => ready),
          ...(prediction
            ? [
                {
                  name: 'predicted by the simulator (mean of 25 runs)',
                  points: stepped(prediction.ready),
                },
              ]
            : []),
        ],
      },
      {
        title: 'age of the oldest packet not yet in the database',
        text: (value) => `${value.toFixed(1)} s`,
        series: [series('happened', ({ spoolAgeSeconds }) => spoolAgeSeconds)],
      },
    ],
  })
}

/** A number of nodes holds until the next one: no slopes between. */
const stepped = (points: readonly (readonly [number, number])[]) =>
  points.flatMap(([x, y], i) =>
    i === 0
      ? [[x, y]]
      : [
          [x, points[i - 1]![1]],
          [x, y],
        ],
  ) as [number, number][]
