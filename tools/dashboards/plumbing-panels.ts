// Of the Grafana dashboard: what lies behind the traffic. Spool and database, sockets, relays.
import { byNode, each, OF, type Row, rate, relays, total } from './panel.ts'

export const SPOOL: Row = {
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

export const HOMER7: Row = {
  title: 'Tables of Homer 7',
  isFolded: true,
  panels: [
    {
      title: 'Behind',
      about: 'Age of the oldest packet that homer-app does not find yet.',
      unit: 's',
      queries: [byNode('calliope_homer7_behind_seconds')],
      limit: 60,
    },
    {
      title: 'Rows, and bytes sent by COPY',
      about: 'All nodes.',
      unit: 'short',
      queries: [
        total('calliope_homer7_rows_total', 'rows'),
        total('calliope_homer7_copy_bytes_total', 'bytes'),
      ],
    },
    {
      title: 'Trouble',
      about: 'Nodes whose database takes nothing, their tries, and rows that it refused.',
      unit: 'short',
      queries: [
        { expr: `sum(${each('calliope_homer7_retrying')})`, legend: 'nodes retrying' },
        { expr: `sum(increase(calliope_homer7_retries_total${OF}[5m]))`, legend: 'retries' },
        {
          expr: `sum(increase(calliope_homer7_rows_set_aside_total${OF}[5m]))`,
          legend: 'rows set aside',
        },
      ],
    },
  ],
}

export const FILTERS: Row = {
  title: 'Filters and scripts',
  isFolded: true,
  panels: [
    {
      title: 'Messages that filters did something to',
      about: 'Discarded, duplicates, censored …',
      unit: 'pps',
      queries: [
        {
          expr: `sum by (outcome) (${rate('calliope_filter_messages_total')})`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Packets through scripts',
      about: 'Failed and timed out: they went on unchanged, and the log says why.',
      unit: 'pps',
      queries: [
        {
          expr: `sum by (outcome) (${rate('calliope_script_packets_total')})`,
          legend: '{{outcome}}',
        },
        total('calliope_script_restarts_total', 'begun anew'),
      ],
    },
    {
      title: 'Time of scripts by node',
      about:
        'Seconds a second, in the thread that stores: what the node cannot store in that time.',
      unit: 'percentunit',
      queries: [{ expr: rate('calliope_script_seconds_total'), legend: '{{instance}}' }],
      limit: 0.3,
    },
  ],
}

export const SOCKETS: Row = {
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

export const RELAYS: Row = {
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
