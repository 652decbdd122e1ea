// The values of all metrics, on the meter's thread, and what of them goes to the main thread when Prometheus
// asks: one text, because thousands of small objects would cost more to send than to make anew.
import { DEFINITIONS, type Definition, type HistogramKey, type MetricKey } from './definitions.ts'
import { type Cell, Family } from './family.ts'
import { HistogramCell } from './histogram.ts'

/** A counter's or gauge's series is [labels, value], a histogram's [labels, counts up to each bound, sum]. */
export type SentSeries =
  | readonly [labels: readonly string[], value: number]
  | readonly [labels: readonly string[], cumulative: readonly number[], sum: number]

/** By the metric's name. */
export type SentTables = Readonly<Record<string, readonly SentSeries[]>>

export type Tables = {
  readonly [Key in MetricKey]: Family<Key extends HistogramKey ? HistogramCell : Cell>
}

export function openTables(): Tables {
  const families = Object.entries<Definition>(DEFINITIONS).map(([key, { bounds }]) => [
    key,
    new Family<object>(bounds ? () => new HistogramCell(bounds) : () => ({ value: 0 })),
  ])
  return Object.fromEntries(families) as Tables
}

/** All of them as JSON of SentTables. */
export function printTables(tables: Tables): string {
  const sent = Object.entries(DEFINITIONS).map(([key, { name }]) => [
    name,
    (tables[key as MetricKey] as Family<Cell | HistogramCell>).series.map(sentOf),
  ])
  return JSON.stringify(Object.fromEntries(sent))
}

const sentOf = ({ labels, value }: { labels: readonly string[]; value: Cell | HistogramCell }) =>
  value instanceof HistogramCell ? [labels, value.cumulative, value.sum] : [labels, value.value]

/** Series there are, and how often there was no room for one. */
export function sizeOf(tables: Tables): { readonly series: number; readonly refused: number } {
  const families = Object.values(tables) as readonly Family<Cell | HistogramCell>[]
  return {
    series: families.reduce((sum, family) => sum + family.series.length, 0),
    refused: families.reduce((sum, family) => sum + family.refused, 0),
  }
}
