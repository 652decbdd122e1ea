// What a relay says to Prometheus beside the numbers of its intake and spool: for each destination what
// became of the frames and how far behind it is, for each node whether it takes work and how much it got.
import type { LedgerCounts } from '#ledger'
import { Gauge, registry } from '#metrics'
import type { Carrier, DestinationState, Relay } from '#relay'

/** Registers the relay's metrics; they are read at every scrape. */
export function publishRelayMetrics(relay: Relay, lanes: () => readonly LedgerCounts[]): void {
  publishFrames(relay, lanes)
  for (const [name, help, of] of BY_DESTINATION)
    gauge(name, help, ['destination'], (metric) => {
      for (const carrier of relay.carriers) metric.set({ destination: carrier.name }, of(carrier))
    })
  publishTargets(relay)
}

function publishFrames(relay: Relay, lanes: () => readonly LedgerCounts[]): void {
  const help = 'Frames by what became of them: relayed, rejected, pending, dropped_REASON.'
  gauge('relay_frames', help, ['destination', 'outcome'], (metric) => {
    for (const { name: destination, ...state } of relay.states(lanes()))
      for (const [outcome, frames] of outcomes(state)) metric.set({ destination, outcome }, frames)
  })
}

const outcomes = (state: Omit<DestinationState, 'name'>): [string, number][] => [
  ['relayed', state.relayed],
  ['rejected', state.rejected],
  ['pending', state.pending],
  ...Object.entries(state.dropped).map(([reason, frames]): [string, number] => [
    `dropped_${reason}`,
    frames,
  ]),
]

const BY_DESTINATION: readonly [string, string, (carrier: Carrier) => number][] = [
  [
    'relay_lag_seconds',
    'Age of the oldest frame that is not settled.',
    (carrier) => carrier.status().lagSeconds,
  ],
  [
    'relay_backlog_bytes',
    'Bytes of the spool behind the cursor.',
    (carrier) => carrier.status().backlogBytes,
  ],
  ['relay_memory_bytes', 'Memory for frames under way.', (carrier) => carrier.status().memoryBytes],
  ['relay_parcels_open', 'Parcels under way.', (carrier) => carrier.status().parcelsOpen],
  ['relay_sends', 'Parcels sent, tries included.', (carrier) => carrier.status().sends],
  ['relay_retries', 'Sends that settled nothing.', (carrier) => carrier.status().retries],
  [
    'relay_moved_frames',
    'Frames that went to another node than the first.',
    (carrier) => carrier.status().movedFrames,
  ],
  [
    'relay_doubtful_frames',
    'Frames sent to another node though one that is away may have them.',
    (carrier) => carrier.status().doubtfulFrames,
  ],
  [
    'relay_skew',
    'The fullest node over the mean of all, in the last minute.',
    (carrier) => carrier.targets.skew,
  ],
]

function publishTargets(relay: Relay): void {
  const each = (set: (carrier: Carrier, metric: Gauge) => void) => (metric: Gauge) => {
    metric.reset() // nodes that have gone
    for (const carrier of relay.carriers) set(carrier, metric)
  }
  const labels = ['destination', 'node']
  gauge(
    'relay_node_up',
    '1 while the node takes work.',
    labels,
    each(({ name: destination, targets }, metric) => {
      for (const { name: node, isUsable } of targets.all)
        metric.set({ destination, node }, isUsable ? 1 : 0)
    }),
  )
  gauge(
    'relay_node_frames',
    'Frames settled at the node.',
    labels,
    each(({ name: destination, targets }, metric) => {
      for (const { name: node, frames } of targets.all) metric.set({ destination, node }, frames)
    }),
  )
}

function gauge(
  name: string,
  help: string,
  labelNames: readonly string[],
  fill: (metric: Gauge) => void,
): void {
  new Gauge({
    ...{ name: `calliope_${name}`, help, labelNames: [...labelNames], registers: [registry] },
    collect() {
      fill(this)
    },
  })
}
