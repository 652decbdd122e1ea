// The same for CloudWatch, from what nodes say in embedded metric format and what AWS says of them. A
// template: Terraform's templatefile() fills in region, cluster, service and load_balancer (the balancer's
// arn_suffix).

type Json = Readonly<Record<string, unknown>>
type Series = readonly unknown[]

const FLEET = ['ClusterName', '${cluster}', 'ServiceName', '${service}']
const ours = (metric: string, stat: string, label: string, more: Json = {}): Series => [
  ...['Calliope', metric, ...FLEET],
  { stat, label, ...more },
]
const ecs = (metric: string, stat: string, label: string): Series => [
  ...['AWS/ECS', metric, ...FLEET],
  { stat, label },
]
const insights = (metric: string, label: string): Series => [
  ...['ECS/ContainerInsights', metric, ...FLEET],
  { stat: 'Maximum', label },
]
const balancer = (metric: string, stat: string, label: string): Series => [
  ...['AWS/NetworkELB', metric, 'LoadBalancer', '${load_balancer}'],
  { stat, label },
]

interface Graph {
  readonly title: string
  readonly metrics: readonly Series[]
  readonly label: string
  /** Of ours at full resolution: 10 s. @default 60 */
  readonly period?: number
  readonly limit?: { readonly label: string; readonly value: number }
}

const GRAPHS: readonly Graph[] = [
  {
    title: 'Packets a second and node',
    label: 'packets/s',
    metrics: [
      ours('PacketsPerSecond', 'Maximum', 'busiest node'),
      ours('PacketsPerSecond', 'Average', 'mean of the nodes'),
      ours('PacketsPerSecond', 'Minimum', 'idlest node'),
    ],
  },
  {
    title: 'Packets lost, by reason',
    label: 'frames a minute',
    metrics: [
      ours('FramesDropped', 'Sum', 'all'),
      [
        {
          expression:
            'SEARCH(\'{Calliope,ClusterName,ServiceName,Reason} MetricName="FramesDropped" ClusterName="${cluster}" ServiceName="${service}"\', \'Sum\', 60)',
          label: '',
        },
      ],
    ],
  },
  {
    title: 'Drops a second, worst node',
    label: 'frames/s',
    period: 10,
    metrics: [
      ours('DropsPerSecond', 'Maximum', 'worst node'),
      ours('ShortDropsPerSecond', 'Maximum', 'of them, for want of nodes'),
    ],
  },
  {
    title: 'Waiting for the database',
    label: 'seconds',
    period: 10,
    metrics: [
      ours('SpoolAgeSeconds', 'Maximum', 'oldest in a spool'),
      ours('BehindSeconds', 'Maximum', 'of it, for want of nodes'),
    ],
    limit: { label: 'alarm', value: 60 },
  },
  {
    title: 'Skew: busiest node over the mean',
    label: 'times',
    metrics: [ours('Skew', 'Maximum', 'skew')],
    limit: { label: 'more nodes do not help: relay', value: 2 },
  },
  {
    title: 'Capacity',
    label: 'percent',
    metrics: [
      ours('UsedPercent', 'Maximum', 'used, busiest node'),
      ours('UsedPercent', 'Average', 'used, mean'),
      ours('HeadroomPercent', 'Minimum', 'least headroom'),
    ],
    limit: { label: 'falls behind', value: 100 },
  },
  {
    title: 'CPU and memory of the tasks',
    label: 'percent',
    metrics: [
      ecs('CPUUtilization', 'Average', 'CPU, mean'),
      ecs('CPUUtilization', 'Maximum', 'CPU, busiest'),
      ecs('MemoryUtilization', 'Maximum', 'memory, fullest'),
    ],
  },
  {
    title: 'Nodes',
    label: 'tasks',
    metrics: [
      insights('DesiredTaskCount', 'wanted'),
      insights('RunningTaskCount', 'running'),
      insights('PendingTaskCount', 'starting'),
    ],
  },
  {
    title: 'Packets waiting in spools',
    label: 'frames',
    metrics: [ours('FramesPending', 'Maximum', 'fullest node')],
  },
  {
    title: 'Load balancer',
    label: 'flows, bytes',
    metrics: [
      balancer('ActiveFlowCount_UDP', 'Average', 'UDP flows'),
      balancer('ActiveFlowCount_TCP', 'Average', 'TCP flows'),
      balancer('ProcessedBytes', 'Sum', 'bytes'),
    ],
  },
]

const NOTE =
  '## Calliope: ${service}\nPackets are lost: **skew** above 2 means few senders on few nodes; run `calliope relay` beside them, more nodes do not help. Else look at **used** (more nodes, or `nodes_max`) and at **waiting for the database**. What waits is safe until the spool is full.'

/** deploy/dashboards/cloudwatch-calliope.json */
export function cloudwatchDashboard(): Json {
  const text = { type: 'text', x: 0, y: 0, width: 24, height: 3, properties: { markdown: NOTE } }
  return { start: '-PT3H', periodOverride: 'inherit', widgets: [text, ...GRAPHS.map(widget)] }
}

function widget({ title, metrics, label, period = 60, limit }: Graph, index: number): Json {
  return {
    ...{
      type: 'metric',
      x: (index % 3) * 8,
      y: 3 + Math.floor(index / 3) * 6,
      width: 8,
      height: 6,
    },
    properties: {
      ...{ title, metrics, period, region: '${region}', view: 'timeSeries', stacked: false },
      yAxis: { left: { label, min: title === 'Capacity' ? undefined : 0, showUnits: false } },
      ...(limit ? { annotations: { horizontal: [limit] } } : {}),
    },
  }
}
