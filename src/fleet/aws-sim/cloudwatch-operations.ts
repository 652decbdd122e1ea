// CloudWatch: metrics in, periods out, and alarms whose state follows from them when they are asked.
import { arn } from './arn.ts'
import type { SimClock } from './clock.ts'
import { AwsFault } from './fault.ts'
import { type Dimension, type MetricId, type MetricStore, statisticOf } from './metric-store.ts'
import type { Json, OperationTable } from './operations.ts'

interface Datum {
  readonly MetricName: string
  readonly Dimensions?: readonly Dimension[]
  readonly Timestamp?: number
  readonly Value?: number
  readonly StatisticValues?: {
    readonly SampleCount: number
    readonly Sum: number
    readonly Minimum: number
    readonly Maximum: number
  }
}
interface Query {
  readonly Id: string
  readonly Label?: string
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string
      readonly MetricName: string
      readonly Dimensions?: readonly Dimension[]
    }
    readonly Period: number
    readonly Stat: string
  }
}
interface GetInput {
  readonly MetricDataQueries: readonly Query[]
  readonly StartTime: number
  readonly EndTime: number
}

/** An alarm as PutMetricAlarm gave it. */
export interface SimAlarm {
  readonly AlarmName: string
  readonly AlarmActions?: readonly string[]
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly Dimension[]
  readonly Statistic?: string
  readonly Period: number
  readonly EvaluationPeriods: number
  readonly Threshold: number
  readonly ComparisonOperator: string
}

export class CloudWatchWorld {
  readonly alarms = new Map<string, SimAlarm>()
  readonly metrics: MetricStore

  constructor(metrics: MetricStore) {
    this.metrics = metrics
  }
}

export const cloudWatchOperations = (
  { alarms, metrics }: CloudWatchWorld,
  clock: SimClock,
): OperationTable => ({
  service: 'cloudwatch',
  operations: {
    PutMetricData: (input: { Namespace: string; MetricData?: readonly Datum[] }) => {
      for (const datum of input.MetricData ?? []) putDatum(metrics, clock, input.Namespace, datum)
      return {}
    },
    GetMetricData: (input: GetInput) => ({
      MetricDataResults: input.MetricDataQueries.map((query) => runQuery(metrics, query, input)),
    }),
    PutMetricAlarm: (alarm: SimAlarm) => {
      alarms.set(alarm.AlarmName, alarm)
      return {}
    },
    DeleteAlarms: ({ AlarmNames }: { AlarmNames: readonly string[] }) => {
      for (const name of AlarmNames) alarms.delete(name)
      return {}
    },
    DescribeAlarms: ({ AlarmNames }: { AlarmNames?: readonly string[] }) => ({
      MetricAlarms: [...alarms.values()]
        .filter(({ AlarmName }) => !AlarmNames || AlarmNames.includes(AlarmName))
        .map((alarm) => alarmView(metrics, clock, alarm)),
    }),
  },
})

function putDatum(metrics: MetricStore, clock: SimClock, namespace: string, datum: Datum): void {
  const { MetricName: name, Dimensions: dimensions = [], Value, StatisticValues: sums } = datum
  if (Value === undefined && !sums)
    throw new AwsFault('MissingRequiredParameterException', `${name} has no value.`)
  metrics.put(
    { namespace, name, dimensions },
    {
      atMs: datum.Timestamp === undefined ? clock.nowMs : datum.Timestamp * 1000,
      sum: sums?.Sum ?? Value!,
      count: sums?.SampleCount ?? 1,
      minimum: sums?.Minimum ?? Value!,
      maximum: sums?.Maximum ?? Value!,
    },
  )
}

function runQuery(metrics: MetricStore, query: Query, { StartTime, EndTime }: GetInput): Json {
  const stat = query.MetricStat
  if (!stat) throw new AwsFault('NotSimulated', 'metric math is not simulated', 501)
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions = [] } = stat.Metric
  const id: MetricId = { namespace, name, dimensions }
  const periods = metrics.periods(id, stat.Period * 1000, StartTime * 1000, EndTime * 1000)
  const newestFirst = periods.toReversed()
  return {
    Id: query.Id,
    Label: query.Label ?? name,
    Timestamps: newestFirst.map(({ atMs }) => atMs / 1000),
    Values: newestFirst.map((period) => statisticOf(period, stat.Stat)),
    StatusCode: 'Complete',
  }
}

const COMPARE: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
}

function alarmView(metrics: MetricStore, clock: SimClock, alarm: SimAlarm): Json {
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions = [] } = alarm
  const periodMs = alarm.Period * 1000
  const fromMs = clock.nowMs - (alarm.EvaluationPeriods + 1) * periodMs
  const periods = metrics
    .periods({ namespace, name, dimensions }, periodMs, fromMs, clock.nowMs)
    .slice(-alarm.EvaluationPeriods)
  const beyond = COMPARE[alarm.ComparisonOperator]!
  const rings = periods.every((period) =>
    beyond(statisticOf(period, alarm.Statistic ?? 'Average'), alarm.Threshold),
  )
  const enough = periods.length === alarm.EvaluationPeriods
  return {
    ...alarm,
    AlarmArn: arn('cloudwatch', `alarm:${alarm.AlarmName}`),
    StateValue: periods.length === 0 ? 'INSUFFICIENT_DATA' : enough && rings ? 'ALARM' : 'OK',
    ActionsEnabled: true,
  }
}
