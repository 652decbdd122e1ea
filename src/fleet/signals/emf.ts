// CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics, so that a node
// needs neither credentials nor a client. One line an interval, and one for each reason of dropping:
//
//   {"_aws":{"Timestamp":…,"CloudWatchMetrics":[{"Namespace","Dimensions":[[…]],"Metrics":[{"Name","Unit"}]}]},
//    "ClusterName":…,"ServiceName":…, "PacketsPerSecond":…, …}
//
// Every node writes the same dimensions, so that Average and Maximum in CloudWatch run over the nodes, and
// a fleet of fifty costs as much as one of two. Which node said it stands beside, for Logs Insights. What a
// policy looks at more often than once a minute has StorageResolution 1.
import type { LoadSignals } from './load-window.ts'

export interface EmfIdentity {
  readonly cluster: string
  readonly service: string
  readonly node: string
  readonly version: string
  /** For the CloudWatch agent, which is not told a log group otherwise. */
  readonly logGroup?: string
}

export interface EmfReport {
  readonly atMs: number
  readonly signals: LoadSignals
  readonly skew: number
  /** Frames dropped in this interval, by reason; reasons without any may be left out. */
  readonly dropped: Readonly<Record<string, number>>
}

interface EmfMetric {
  readonly name: string
  readonly unit: 'Count' | 'Count/Second' | 'Seconds' | 'Percent' | 'None'
  /** Seconds: 1 or 60. */
  readonly resolution: 1 | 60
  read(report: EmfReport): number
}

/** What nodes tell CloudWatch; docs/metrics.md explains each. */
export const EMF_METRICS: readonly EmfMetric[] = [
  metric('PacketsPerSecond', 'Count/Second', 60, ({ signals }) => signals.packetsPerSecond),
  metric('SpoolAgeSeconds', 'Seconds', 60, ({ signals }) => signals.spoolAgeSeconds),
  metric('BehindSeconds', 'Seconds', 1, ({ signals }) => signals.behindSeconds),
  metric('DropsPerSecond', 'Count/Second', 1, ({ signals }) => signals.dropsPerSecond),
  metric('ShortDropsPerSecond', 'Count/Second', 1, ({ signals }) => signals.shortDropsPerSecond),
  metric('Skew', 'None', 60, ({ skew }) => skew),
  metric('UsedPercent', 'Percent', 60, ({ signals }) => signals.usedPercent),
  metric('HeadroomPercent', 'Percent', 60, ({ signals }) => signals.headroomPercent),
  metric('FramesPending', 'Count', 60, ({ signals }) => signals.pending),
]

export const EMF_NAMESPACE = 'Calliope'
const FLEET = ['ClusterName', 'ServiceName']

function metric(
  name: string,
  unit: EmfMetric['unit'],
  resolution: 1 | 60,
  read: EmfMetric['read'],
): EmfMetric {
  return { name, unit, resolution, read }
}

/** The lines of one interval, without line ends. */
export function emfLines(identity: EmfIdentity, report: EmfReport): string[] {
  const values = EMF_METRICS.map((each) => [each.name, round(each.read(report))] as const)
  const signals = line(identity, report.atMs, [FLEET], EMF_METRICS, Object.fromEntries(values))
  const reasons = Object.entries(report.dropped).filter(([, count]) => count > 0)
  const drops = reasons.map(([reason, count]) =>
    line(identity, report.atMs, [FLEET, [...FLEET, 'Reason']], [DROPPED], {
      ...{ Reason: reason, FramesDropped: count },
    }),
  )
  return [signals, ...drops]
}

const DROPPED = { name: 'FramesDropped', unit: 'Count', resolution: 60 } as const

function line(
  { cluster, service, node, version, logGroup }: EmfIdentity,
  atMs: number,
  dimensions: readonly (readonly string[])[],
  metrics: readonly Pick<EmfMetric, 'name' | 'unit' | 'resolution'>[],
  values: Readonly<Record<string, string | number>>,
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: Math.round(atMs),
      ...(logGroup ? { LogGroupName: logGroup, LogStreamName: node } : {}),
      CloudWatchMetrics: [
        {
          Namespace: EMF_NAMESPACE,
          Dimensions: dimensions,
          Metrics: metrics.map(({ name, unit, resolution }) => ({
            ...{ Name: name, Unit: unit, StorageResolution: resolution },
          })),
        },
      ],
    },
    ...{ ClusterName: dimension(cluster), ServiceName: dimension(service) },
    ...{ Node: node, Version: version, ...values },
  })
}

/** CloudWatch takes 1,024 characters, and neither nothing nor a leading colon. */
const dimension = (text: string): string => text.replace(/^:+/, '').slice(0, 1024) || 'unknown'

/** Finite, as JSON and CloudWatch want it; three digits are plenty. */
function round(value: number): number {
  const rounded = Math.round(value * 1000) / 1000
  return Number.isFinite(rounded) ? rounded : 0
}
