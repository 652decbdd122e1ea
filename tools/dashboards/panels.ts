// What the Grafana dashboard shows: rows of graphs, most urgent first. Edit here, then `npm run manual`.
import { byNode, each, OF, type Row, rate, stat, total } from './panel.ts'
import { FILTERS, HOMER7, RELAYS, SOCKETS, SPOOL } from './plumbing-panels.ts'
import { SIP } from './sip-panels.ts'

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
      about: 'The mean of a minute.',
      unit: 'pps',
      queries: [byNode('calliope_drops_per_second')],
    },
    {
      title: 'Drops for want of nodes',
      about: 'What policies act upon; 0 while only one node has too much: spread the senders.',
      unit: 'pps',
      queries: [byNode('calliope_short_drops_per_second')],
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
      about:
        'The spool age that scaling can mend; 0 while the database is waited for, or one node is hot.',
      unit: 's',
      queries: [byNode('calliope_behind_seconds')],
    },
  ],
}

export const ROWS: readonly Row[] = [
  NOW,
  TRAFFIC,
  CAPACITY,
  SPOOL,
  HOMER7,
  FILTERS,
  SIP,
  SOCKETS,
  RELAYS,
]

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
  calliope_homer7_batches_total: 'rows say more',
  calliope_homer7_partitions_created_total: 'a step now and then, and in the log',
  calliope_meter_frames_total: 'packets by type say more',
  calliope_meter_series: 'has a limit of its own, and what is beyond it is shown',
  calliope_meter_thread_starts_total: 'a bug; it is in the log',
  calliope_relay_backlog_bytes: 'lag says the same in seconds',
  calliope_relay_memory_bytes: 'has a limit of its own',
  calliope_relay_parcels_open: 'for who mends the relay',
  calliope_relay_sends: 'for who mends the relay',
  calliope_relay_retries: 'nodes up and lag show what they lead to',
  calliope_relay_moved_frames: 'nodes up shows why',
  calliope_relay_doubtful_frames: 'for who asks how many may be stored twice after a node died',
  calliope_relay_node_frames: 'skew is made of it',
}
