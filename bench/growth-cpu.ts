// CPU per message at rising rates with one and with two shards, and what is lost there.
import { startServer } from './database.ts'
import type { GraphOptions } from './graph.ts'
import type { BenchOptions } from './options.ts'
import { captureStep } from './pipeline-step.ts'
import { count, table } from './table.ts'

const RATES = [10_000, 25_000, 50_000, 75_000, 100_000, 150_000]
const SHARDS = [1, 2]

interface Curve {
  readonly shards: number
  readonly points: readonly {
    readonly rate: number
    readonly captureUs: number
    readonly machineUs: number
    readonly lost: number
  }[]
}

export async function cpuCurves(options: BenchOptions): Promise<Curve[]> {
  await using server = await startServer(options)
  const curves: Curve[] = []
  for (const shards of options.isQuick ? [2] : SHARDS) {
    const points: Curve['points'][number][] = []
    for (const rate of options.rates ?? RATES) {
      const step = await captureStep(server, rate, { ...options, shards })
      points.push({ rate, captureUs: step.captureUs, machineUs: step.machineUs, lost: step.lost })
    }
    curves.push({ shards, points })
  }
  return curves
}

export function cpuTable(curves: readonly Curve[]): string {
  const rows = curves.flatMap(({ shards, points }) =>
    points.map(({ rate, captureUs, machineUs, lost }) => [
      ...[shards, `${count(rate)}/s`, count(lost), captureUs.toFixed(2)],
      `${((captureUs * rate) / 1e6).toFixed(2)} cores`,
      machineUs.toFixed(2),
    ]),
  )
  const head = ['shards', 'rate', 'lost', 'capture µs/msg', 'capture takes', 'whole machine µs/msg']
  return table(head, rows)
}

export const cpuGraph = (curves: readonly Curve[]): GraphOptions => ({
  title: 'CPU per message as the rate grows',
  xTitle: 'messages a second',
  xText: (rate) => `${rate / 1_000}k`,
  withDots: true,
  panels: [
    {
      title: 'capture, µs per message',
      text: (us) => us.toFixed(1),
      series: curves.map(({ shards, points }) => ({
        name: `${shards} shard${shards > 1 ? 's' : ''}`,
        points: points.map(({ rate, captureUs }) => [rate, captureUs] as const),
      })),
    },
    {
      title: 'capture, cores',
      text: (cores) => cores.toFixed(2),
      series: curves.map(({ shards, points }) => ({
        name: `${shards} shard${shards > 1 ? 's' : ''}`,
        points: points.map(({ rate, captureUs }) => [rate, (captureUs * rate) / 1e6] as const),
      })),
    },
  ],
})
