// CloudWatch's store of numbers: sums per metric and moment, added up into periods when asked.
// Only what tests need is kept: three hours, and the statistics that follow from sum, count, extremes.

export interface Dimension {
  readonly Name: string
  readonly Value: string
}
export interface MetricId {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
}
export interface MetricPoint {
  readonly atMs: number
  readonly sum: number
  readonly count: number
  readonly minimum: number
  readonly maximum: number
}
export interface Period extends MetricPoint {
  /** Start of the period. */
  readonly atMs: number
}

const KEPT_MS = 3 * 3_600_000

export class MetricStore {
  readonly #points = new Map<string, MetricPoint[]>()

  put(id: MetricId, point: MetricPoint): void {
    const points = this.#points.get(key(id)) ?? []
    points.push(point)
    while (points[0]!.atMs < point.atMs - KEPT_MS) points.shift()
    this.#points.set(key(id), points)
  }

  /** Periods with data that began at `fromMs` or later and are over by `toMs`, oldest first. */
  periods(id: MetricId, periodMs: number, fromMs: number, toMs: number): readonly Period[] {
    const found = new Map<number, Period>()
    for (const point of this.#points.get(key(id)) ?? []) {
      const atMs = Math.floor(point.atMs / periodMs) * periodMs
      if (atMs < fromMs || atMs + periodMs > toMs) continue
      const had = found.get(atMs)
      found.set(atMs, had ? add(had, point) : { ...point, atMs })
    }
    return [...found.values()].sort((a, b) => a.atMs - b.atMs)
  }
}

const add = (a: Period, b: MetricPoint): Period => ({
  atMs: a.atMs,
  sum: a.sum + b.sum,
  count: a.count + b.count,
  minimum: Math.min(a.minimum, b.minimum),
  maximum: Math.max(a.maximum, b.maximum),
})

const key = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, dimensions.map((d) => `${d.Name}=${d.Value}`).sort()])

/** A period's value by one of CloudWatch's statistics. */
export function statisticOf(period: MetricPoint, statistic: string): number {
  if (statistic === 'Sum') return period.sum
  if (statistic === 'SampleCount') return period.count
  if (statistic === 'Minimum') return period.minimum
  if (statistic === 'Maximum') return period.maximum
  return period.sum / period.count
}
