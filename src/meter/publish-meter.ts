// The meter's tables as metrics of the process. prom-client prints whatever has a name, a type and values to
// give: these ask the meter's thread, once for all of them.
import type { Metric, Registry } from '#metrics'
import { DEFINITIONS, type Definition } from './definitions.ts'
import type { MeterSignal } from './meter-signals.ts'
import type { RunningMeter } from './start-meter.ts'
import type { SentSeries, SentTables } from './tables.ts'

type Source = Pick<RunningMeter, 'tables' | 'signal'>

interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

/** Registers every metric of the meter; they ask it at every scrape. */
export function publishMeter(registry: Registry, meter: Source): void {
  let asked: Promise<SentTables> | undefined
  const ask = () => {
    asked ??= meter.tables().finally(() => {
      asked = undefined
    })
    return asked
  }
  for (const definition of Object.values<Definition>(DEFINITIONS))
    registry.registerMetric(metricOf(definition, () => seriesOf(definition, ask)))
  for (const own of OWN)
    registry.registerMetric(
      metricOf(own, async () => [{ labels: {}, value: meter.signal(own.signal) }]),
    )
}

const counter = (name: string, help: string, signal: MeterSignal) =>
  ({ type: 'counter', name: `calliope_meter_${name}_total`, help, signal }) as const
const gauge = (name: string, help: string, signal: MeterSignal) =>
  ({ type: 'gauge', name: `calliope_meter_${name}`, help, signal }) as const

const OWN = [
  counter('frames', 'Frames counted as SIP and media.', 'frames'),
  counter('lost_frames', 'Not counted: the spool lost them, or too many waited.', 'lost'),
  gauge(
    'lag_seconds',
    'Age of the oldest frame that is not counted as SIP and media.',
    'lagSeconds',
  ),
  gauge('series', 'Sets of labels of the metrics of SIP and media.', 'series'),
  counter('series_refused', "Times a set of labels became 'other', for want of room.", 'refused'),
  counter('thread_starts', 'Starts of the thread that counts SIP and media.', 'starts'),
]

// Whoever prints asks a metric for this much; what the type wants besides is the library's own business.
function metricOf(
  { name, help, type }: Pick<Definition, 'name' | 'help' | 'type'>,
  read: () => Promise<Value[]>,
): Metric {
  const get = async () => ({ name, help, type, values: await read() })
  return { name, help, type, get, reset() {} } as unknown as Metric
}

async function seriesOf(definition: Definition, ask: () => Promise<SentTables>): Promise<Value[]> {
  const series = (await ask())[definition.name] ?? []
  return series.flatMap((one) => valuesOf(definition, one))
}

function valuesOf(definition: Definition, [values, ...rest]: SentSeries): Value[] {
  const labels = Object.fromEntries(definition.labels.map((name, i) => [name, values[i] ?? '']))
  const [first, sum] = rest
  if (typeof first === 'number') return [{ labels, value: first }]
  return histogramOf(definition, labels, first, sum ?? 0)
}

function histogramOf(
  { name, bounds = [] }: Definition,
  labels: Readonly<Record<string, string>>,
  cumulative: readonly number[],
  sum: number,
): Value[] {
  const buckets = cumulative.map((value, i) => ({
    ...{ labels: { le: bounds[i] ?? '+Inf', ...labels }, value },
    metricName: `${name}_bucket`,
  }))
  const count = cumulative.at(-1) ?? 0
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}
