// The signals a policy may follow, and what each is called where it is deployed. CPU and memory come
// from the platform; ours come from each node (docs/metrics.md): `prometheus` names the gauge on
// /metrics, `cloudwatch` the metric in namespace Calliope, published with the dimensions ClusterName
// and ServiceName by every node, so that CloudWatch's Average and Maximum run over the nodes.
//
// spoolAgeSeconds and dropsPerSecond ring the alarm; behindSeconds and shortDropsPerSecond are what to scale
// by. They are equal while nodes are too few. They are 0 while one node is hot and all together would do
// (a flow stays where it is pinned, whatever is added), and behindSeconds also while the database is what
// everybody waits for: more nodes would only add to its load.

export interface Metric {
  /** For sentences. */
  readonly label: string
  readonly unit: '%' | 'packets/s' | 's' | 'frames/s' | ''
  /** True when more nodes make it smaller in proportion; others must not be tracked by a target. */
  readonly perNode: boolean
  readonly cloudwatch: { readonly namespace: string; readonly name: string }
  /** What Application Auto Scaling calls it, when it knows it by itself. */
  readonly predefined?: string
  /** HPA resource, when it is one. */
  readonly resource?: 'cpu' | 'memory'
  /** Gauge on /metrics of every node, when it is ours. */
  readonly prometheus?: string
}

const ours = (name: string) => ({ namespace: 'Calliope', name })

export const METRICS = {
  cpuPercent: {
    label: 'CPU',
    unit: '%',
    perNode: true,
    cloudwatch: { namespace: 'AWS/ECS', name: 'CPUUtilization' },
    predefined: 'ECSServiceAverageCPUUtilization',
    resource: 'cpu',
    prometheus: 'calliope_cpu_percent',
  },
  memoryPercent: {
    label: 'memory',
    unit: '%',
    perNode: true,
    cloudwatch: { namespace: 'AWS/ECS', name: 'MemoryUtilization' },
    predefined: 'ECSServiceAverageMemoryUtilization',
    resource: 'memory',
    prometheus: 'calliope_memory_percent',
  },
  packetsPerSecond: {
    label: 'packets per node',
    unit: 'packets/s',
    perNode: true,
    cloudwatch: ours('PacketsPerSecond'),
    prometheus: 'calliope_packets_per_second',
  },
  spoolAgeSeconds: {
    label: 'spool age',
    unit: 's',
    perNode: false,
    cloudwatch: ours('SpoolAgeSeconds'),
    prometheus: 'calliope_spool_age_seconds',
  },
  behindSeconds: {
    label: 'time behind for want of nodes',
    unit: 's',
    perNode: false,
    cloudwatch: ours('BehindSeconds'),
    prometheus: 'calliope_behind_seconds',
  },
  dropsPerSecond: {
    label: 'drop rate',
    unit: 'frames/s',
    perNode: false,
    cloudwatch: ours('DropsPerSecond'),
    prometheus: 'calliope_drops_per_second',
  },
  shortDropsPerSecond: {
    label: 'drop rate for want of nodes',
    unit: 'frames/s',
    perNode: false,
    cloudwatch: ours('ShortDropsPerSecond'),
    prometheus: 'calliope_short_drops_per_second',
  },
  skew: {
    label: 'skew (busiest node / mean)',
    unit: '',
    perNode: false,
    cloudwatch: ours('Skew'),
    prometheus: 'calliope_skew',
  },
  usedPercent: {
    label: 'used capacity (100 - headroom)',
    unit: '%',
    perNode: true,
    cloudwatch: ours('UsedPercent'),
    prometheus: 'calliope_used_percent',
  },
  hostCpuPercent: {
    label: 'host CPU',
    unit: '%',
    perNode: true,
    cloudwatch: { namespace: 'AWS/EC2', name: 'CPUUtilization' },
    predefined: 'ASGAverageCPUUtilization',
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof METRICS

/** The catalogue entry, with its optional fields in sight. */
export const metricOf = (name: MetricName): Metric => METRICS[name]
