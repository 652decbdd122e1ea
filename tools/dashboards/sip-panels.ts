// Of the Grafana dashboard: SIP and media, where nodes count them (meter.sip, docs/metrics.md). Everything is
// summed over nodes: senders move between them.
import { OF, type Panel, type Query, type Row, rate, total } from './panel.ts'

/** One of heplify-server's, of the chosen hosts. */
const ofTarget = (metric: string, more = ''): string =>
  `rate(${metric}{namespace=~"$namespace", instance=~"$instance", target_name=~"$target"${more}}[$__rate_interval])`
const METHOD_RESPONSE = 'heplify_method_response'

/** Of a histogram: what this share of all lies below. */
function quantile(share: number, metric: string, by: string, legend: string): Query {
  const buckets = `sum by (le${by ? `, ${by}` : ''}) (${ofTarget(`${metric}_bucket`)})`
  return { expr: `histogram_quantile(${share}, ${buckets})`, legend }
}

const ofMedia = (
  title: string,
  about: string,
  unit: Panel['unit'],
  share: number,
  metric: string,
): Panel => ({
  ...{ title, about, unit },
  queries: [quantile(share, metric, 'kind', '{{kind}}')],
})

/** `answer` of all INVITEs, in percent; challenges and redirections are no attempts. */
const shareOf = (answer: string): string => {
  const sum = (response: string) =>
    `sum(${ofTarget(METHOD_RESPONSE, `, method="INVITE", response=~"${response}"`)})`
  return `100 * ${sum(answer)} / (${sum('INVITE')} - (${sum('3..|401|407')} or vector(0)))`
}

const SIGNALLING: readonly Panel[] = [
  {
    title: 'SIP requests by method',
    about: 'With targets each request counts at each of them; without, once.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (method) (${ofTarget(METHOD_RESPONSE, ', response!~"[1-6].."')})`,
        legend: '{{method}}',
      },
    ],
  },
  {
    title: 'Answers to INVITE',
    about: 'By status.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (response) (${ofTarget(METHOD_RESPONSE, ', method="INVITE", response=~"[2-6].."')})`,
        legend: '{{response}}',
      },
    ],
  },
  {
    title: 'Calls answered, calls that worked',
    about:
      'Answer seizure ratio (200), and session establishment effectiveness (busy and declined count too).',
    unit: 'percent',
    queries: [
      { expr: shareOf('200'), legend: 'answered' },
      { expr: shareOf('200|480|486|600|603'), legend: 'worked' },
    ],
  },
  {
    title: 'Time until it rings',
    about: 'From INVITE to the first 18x or 200, where the caller is.',
    unit: 's',
    queries: [
      quantile(0.5, 'calliope_session_request_delay_seconds', '', 'median'),
      quantile(0.95, 'calliope_session_request_delay_seconds', '', '95 %'),
    ],
  },
  {
    title: 'Time to register',
    about: 'Challenge included.',
    unit: 's',
    queries: [
      quantile(0.5, 'calliope_registration_request_delay_seconds', '', 'median'),
      quantile(0.95, 'calliope_registration_request_delay_seconds', '', '95 %'),
    ],
  },
  {
    title: 'Why calls ended',
    about: 'Q.850 causes in Reason headers: 16 normal, 17 busy, 34 no circuit, 38 out of order …',
    unit: 'reqps',
    queries: [
      { expr: `sum by (cause) (${ofTarget('heplify_reason_isup_total')})`, legend: '{{cause}}' },
    ],
  },
]

const MEDIA: readonly Panel[] = [
  ofMedia('MOS of the worst 5 %', 'By who reported it.', 'short', 0.05, 'calliope_media_mos'),
  ofMedia(
    'Loss, 95 % have less',
    'By who reported it.',
    'percentunit',
    0.95,
    'calliope_media_loss_ratio',
  ),
  ofMedia(
    'Jitter, 95 % have less',
    'By who reported it.',
    's',
    0.95,
    'calliope_media_jitter_seconds',
  ),
  ofMedia(
    'Round trip, 95 % have less',
    'By who reported it.',
    's',
    0.95,
    'calliope_media_round_trip_seconds',
  ),
  {
    title: 'Warnings and errors in logs',
    about: 'Of logs that came as HEP type 100.',
    unit: 'short',
    queries: [
      {
        expr: `sum by (level, host) (${rate('heplify_log_alert_total')})`,
        legend: '{{level}} {{host}}',
      },
    ],
  },
]

const PACKETS: readonly Panel[] = [
  {
    title: 'Packets by type',
    about: 'sip, rtcp, log …, by agent.',
    unit: 'pps',
    queries: [
      {
        expr: `sum by (node_id, type) (${rate('heplify_packets_total')})`,
        legend: '{{node_id}} {{type}}',
      },
    ],
  },
  {
    title: 'Payload, 95 % are smaller',
    about:
      'Beyond 1,300 bytes agents lose packets over UDP, or send fragments: let them send over TCP.',
    unit: 'bytes',
    queries: [
      {
        expr: `histogram_quantile(0.95, sum by (le, type) (${rate('calliope_payload_bytes_bucket')}))`,
        legend: '{{type}}',
      },
    ],
    limit: 1300,
  },
  {
    title: 'Counting',
    about: 'How far behind it is, and what it never saw: then these numbers are too small.',
    unit: 'short',
    queries: [
      { expr: `max(calliope_meter_lag_seconds${OF})`, legend: 'seconds behind' },
      total('calliope_meter_lost_frames_total', 'frames lost a second'),
      total('calliope_meter_series_refused_total', "labels that became 'other'"),
    ],
  },
]

export const SIP: Row = {
  title: 'SIP and media',
  panels: [...SIGNALLING, ...MEDIA, ...PACKETS],
  isFolded: true,
}
