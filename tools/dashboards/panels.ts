// What the Grafana dashboard shows: rows of graphs, most urgent first. Edit here, then `npm run manual`.
// `$of` is the selection of nodes that the dashboard's variables make.

export interface Query {
  readonly expr: string
  readonly legend: string
}

export interface Panel {
  readonly title: string
  /** What it means, and what to do when it looks bad. */
  readonly about: string
  readonly unit: 'pps' | 's' | 'ms' | 'percent' | 'bytes' | 'short' | 'reqps' | 'Bps'
  readonly queries: readonly Query[]
  /** Drawn as a line that should not be crossed. */
  readonly limit?: number
  /** One number instead of a graph. */
  readonly isStat?: boolean
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
  /** Shown folded: for those who look for something. */
  readonly isFolded?: boolean
}

const OF = '{namespace=~"$namespace", instance=~"$instance"}'
const rate = (metric: string): string => `rate(${metric}${OF}[$__rate_interval])`
const each = (metric: string): string => `${metric}${OF}`
const total = (metric: string, legend: string): Query => ({ expr: `sum(${rate(metric)})`, legend })
const byNode = (metric: string): Query => ({ expr: each(metric), legend: '{{instance}}' })
const relays = (metric: string): string => `${metric}{namespace=~"$namespace"}`

const NOW: Row = {
  title: 'Now',
  panels: [
    stat('Nodes ready', 'Nodes that take work.', 'short', `sum(${each('calliope_ready')})`),
    stat('Packets', 'Received by all nodes.', 'pps', `sum(${each('calliope_packets_per_second')})`),
    stat(
      'Lost in 5 minutes',
      'Good packets that could not be kept. Anything but 0 wakes somebody.',
      'short',
      `sum(increase(calliope_frames_dropped_total${OF}[5m])) or vector(0)`,
      1,
    ),
    stat(
      'Oldest in a spool',
      'What waits longest for the database.',
      's',
      `max(${each('calliope_spool_age_seconds')})`,
      60,
    ),
    stat(
      'Skew',
      'Busiest node over the mean: beyond 2 more nodes do not help, relays do.',
      '',
      `max(${each('calliope_skew')})`,
      2,
    ),
    stat(
      'Least headroom',
      'Of the busiest node; below 0 it falls behind.',
      'percent',
      `min(${each('calliope_headroom_percent')})`,
    ),
  ],
}

const TRAFFIC: Row = {
  title: 'Traffic and loss',
  panels: [
    {
      title: 'Packets by node',
      about: 'Nodes far apart: senders stick to nodes (docs/relay.md).',
      unit: 'pps',
      queries: [byNode('calliope_packets_per_second')],
    },
    {
      title: 'Received, kept, stored',
      about: 'The three lie on each other while all is well.',
      unit: 'pps',
      queries: [
        total('calliope_frames_received_total', 'received'),
        total('calliope_frames_appended_total', 'kept'),
        total('calliope_frames_stored_total', 'stored'),
      ],
    },
    {
      title: 'Lost by reason',
      about:
        'kernel_buffer: more shards or nodes. spool_full: the database. source_limit: a sender.',
      unit: 'pps',
      queries: [
        {
          expr: `sum by (reason) (${rate('calliope_frames_dropped_total')})`,
          legend: '{{reason}}',
        },
      ],
    },
    {
      title: 'Drops a second by node',
      about: 'What policies act upon: the mean of a minute.',
      unit: 'pps',
      queries: [byNode('calliope_drops_per_second')],
    },
    {
      title: 'Rejected by reason',
      about: 'Wrong frames, wrong keys, and what filters say: see the quarantine.',
      unit: 'pps',
      queries: [
        {
          expr: `sum by (reason) (${rate('calliope_frames_rejected_total')})`,
          legend: '{{reason}}',
        },
      ],
    },
  ],
}

const CAPACITY: Row = {
  title: 'Capacity',
  panels: [
    {
      title: 'Used by node',
      about:
        'Busiest thread, CPU, or what arrives per what is stored. Beyond 100 a node falls behind.',
      unit: 'percent',
      queries: [byNode('calliope_used_percent')],
      limit: 100,
    },
    {
      title: 'Busiest threads',
      about: 'udp: more shards or nodes. writer: more nodes, or the database. main: the API.',
      unit: 'percent',
      queries: [
        { expr: `max by (thread) (${each('calliope_thread_busy_percent')})`, legend: '{{thread}}' },
      ],
      limit: 100,
    },
    {
      title: 'CPU and memory, of what the container may use',
      about: 'The worst node of each.',
      unit: 'percent',
      queries: [
        { expr: `max(${each('calliope_cpu_percent')})`, legend: 'CPU' },
        { expr: `max(${each('calliope_memory_percent')})`, legend: 'memory' },
      ],
      limit: 100,
    },
    {
      title: 'Behind for want of nodes',
      about: 'The spool age that scaling can mend; 0 while the database is what is waited for.',
      unit: 's',
      queries: [byNode('calliope_behind_seconds')],
    },
  ],
}

const SPOOL: Row = {
  title: 'Spool and database',
  panels: [
    {
      title: 'Spool age by node',
      about: 'Rises on all nodes: the database. On one: that node.',
      unit: 's',
      queries: [byNode('calliope_spool_age_seconds')],
      limit: 60,
    },
    {
      title: 'Spool',
      about: 'Full at the limit: then packets are lost.',
      unit: 'bytes',
      queries: [
        { expr: `max(${each('calliope_spool_bytes')})`, legend: 'on disk, fullest node' },
        {
          expr: `max(${each('calliope_spool_backlog_bytes')})`,
          legend: 'not stored, fullest node',
        },
        { expr: `min(${each('calliope_spool_bytes_max')})`, legend: 'limit' },
      ],
    },
    {
      title: 'Waiting',
      about: 'Packets not stored yet.',
      unit: 'short',
      queries: [byNode('calliope_frames_pending')],
    },
    {
      title: 'Time of a batch',
      about: 'From begin to commit, the mean.',
      unit: 'ms',
      queries: [
        {
          expr: `sum by (instance) (${rate('calliope_store_batch_milliseconds_total')}) / sum by (instance) (${rate('calliope_store_batches_total')})`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'Database trouble',
      about: 'Nodes that try again, their tries, and starts of the writer.',
      unit: 'short',
      queries: [
        { expr: `sum(${each('calliope_store_retrying')})`, legend: 'nodes retrying' },
        { expr: `sum(increase(calliope_store_retries_total${OF}[5m]))`, legend: 'retries' },
        {
          expr: `sum(increase(calliope_store_thread_starts_total${OF}[5m]))`,
          legend: 'writer starts',
        },
        {
          expr: `sum(increase(calliope_store_bare_rows_total${OF}[5m]))`,
          legend: 'rows without columns',
        },
      ],
    },
    {
      title: 'Written',
      about: 'Bytes sent by COPY, and call segments.',
      unit: 'Bps',
      queries: [
        total('calliope_store_copy_bytes_total', 'bytes'),
        total('calliope_store_segments_total', 'segments'),
      ],
    },
  ],
}

const SOCKETS: Row = {
  title: 'Connections and HTTP',
  isFolded: true,
  panels: [
    {
      title: 'Open connections',
      about: 'TCP, TLS, WebSocket.',
      unit: 'short',
      queries: [byNode('calliope_connections_open')],
    },
    {
      title: 'Connections',
      about: 'Refused: limits or allow-list. Expelled: errors or idling.',
      unit: 'short',
      queries: [
        total('calliope_connections_accepted_total', 'accepted'),
        total('calliope_connections_refused_total', 'refused'),
        total('calliope_connections_expelled_total', 'expelled'),
        total('calliope_intake_pushed_back_total', 'pushed back'),
      ],
    },
    {
      title: 'HTTP requests',
      about: 'The screen, the API, POST /hep.',
      unit: 'reqps',
      queries: [
        { expr: `sum by (status) (${rate('calliope_http_requests_total')})`, legend: '{{status}}' },
      ],
    },
    {
      title: 'HTTP, 95 % answered within',
      about: 'By route.',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (le, route) (${rate('calliope_http_request_seconds_bucket')}))`,
          legend: '{{route}}',
        },
      ],
    },
  ],
}

const RELAYS: Row = {
  title: 'Relays',
  isFolded: true,
  panels: [
    {
      title: 'Frames by what became of them',
      about: 'Dropped at a relay: its spool was full while the nodes were away.',
      unit: 'pps',
      queries: [
        {
          expr: `sum by (destination, outcome) (deriv(${relays('calliope_relay_frames')}[5m]))`,
          legend: '{{destination}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Behind',
      about: 'Age of the oldest frame that is not settled.',
      unit: 's',
      queries: [
        { expr: relays('calliope_relay_lag_seconds'), legend: '{{instance}} {{destination}}' },
      ],
    },
    {
      title: 'Nodes up, as relays see them',
      about: 'Fewer than there are: the way between, or nodes that drain.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (destination, instance) (${relays('calliope_relay_node_up')})`,
          legend: '{{instance}} {{destination}}',
        },
      ],
    },
    {
      title: 'Skew after the relay',
      about: 'Should stay below 1.3.',
      unit: 'short',
      queries: [{ expr: relays('calliope_relay_skew'), legend: '{{instance}} {{destination}}' }],
      limit: 1.3,
    },
  ],
}

export const ROWS: readonly Row[] = [NOW, TRAFFIC, CAPACITY, SPOOL, SOCKETS, RELAYS]

/** Metrics no graph shows, and why. A metric that is in neither place fails the test. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  calliope_udp_receive_buffer_bytes:
    'changes with the configuration only; the log says when the kernel capped it',
  calliope_intake_thread_restarts_total:
    'a bug; it is in the log, and /readyz says so while it lasts',
  calliope_store_merged_partitions_total: 'merging is in the background and has its own log lines',
  calliope_store_merged_rows_before_total: 'as above',
  calliope_store_merged_rows_after_total: 'as above',
  calliope_store_merge_failures_total: 'as above; it is tried again',
  calliope_relay_backlog_bytes: 'lag says the same in seconds',
  calliope_relay_memory_bytes: 'has a limit of its own',
  calliope_relay_parcels_open: 'for who mends the relay',
  calliope_relay_sends: 'for who mends the relay',
  calliope_relay_retries: 'nodes up and lag show what they lead to',
  calliope_relay_moved_frames: 'nodes up shows why',
  calliope_relay_doubtful_frames: 'for who asks how many may be stored twice after a node died',
  calliope_relay_node_frames: 'skew is made of it',
}

function stat(
  title: string,
  about: string,
  unit: Panel['unit'] | '',
  expr: string,
  limit?: number,
): Panel {
  return {
    ...{ title, about, unit: unit === '' ? 'short' : unit, isStat: true },
    queries: [{ expr, legend: title }],
    ...(limit === undefined ? {} : { limit }),
  }
}
