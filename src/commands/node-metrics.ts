// What a node says to Prometheus. Everything is read when it is asked for: the numbers live in shared
// memory and on disk, and a scrape costs no thread but this one.
import type { LoadSignals } from '#fleet'
import type { Intake } from '#intake'
import type { LedgerCounts } from '#ledger'
import { Counter, Gauge, registry } from '#metrics'
import type { Spool } from '#spool'
import type { Store } from '#store'
import { publishFilterMetrics } from './filter-metrics.ts'

export interface NodeSources {
  readonly ledger: () => readonly LedgerCounts[]
  readonly pending: () => number
  readonly intake: Intake
  readonly spool: Spool
  /** What scaling and alarms go by; absent in a relay. */
  readonly load?: () => LoadSignals
  readonly skew?: () => number
  /** Absent in a relay. */
  readonly store?: () => Signals | undefined
  /** Absent where the homer7 layout is not written. */
  readonly homer7?: (() => HomerSignals | undefined) | undefined
  readonly isReady: () => boolean
}

/** Registers the node's metrics; they read `sources` at every scrape. */
export function publishNodeMetrics({
  ledger,
  pending,
  intake,
  spool,
  store,
  homer7,
  load,
  skew,
  isReady,
}: NodeSources): void {
  const sum = (of: (counts: LedgerCounts) => number) =>
    ledger().reduce((total, counts) => total + of(counts), 0)
  total('frames_received', 'HEP frames that reached this node since its spool was made.', () =>
    sum(({ received }) => received),
  )
  total('frames_appended', 'Frames written to the spool.', () => sum(({ appended }) => appended))
  byReason('frames_rejected', 'Frames refused at the intake, by reason.', () =>
    ledger().map(({ rejected }) => rejected),
  )
  byReason('frames_dropped', 'Good frames that could not be kept, by reason.', () =>
    ledger().map(({ dropped }) => dropped),
  )
  gauge(
    'frames_pending',
    'Frames in the spool that are not stored, or not carried on, yet.',
    pending,
  )
  publishIntake(intake)
  publishSpool(spool)
  if (store) publishStore(store)
  publishFilterMetrics()
  if (homer7) publishHomer7(homer7)
  if (load) publishLoad(load)
  if (skew)
    gauge('skew', "Busiest node's packets over the mean of all; 1 while nobody is busy.", skew)
  gauge('ready', '1 while the node takes work.', () => (isReady() ? 1 : 0))
}

function publishIntake(intake: Intake): void {
  const counters = () => intake.stats().total
  gauge(
    'connections_open',
    'Open HEP connections (TCP, TLS, WebSocket).',
    () => counters().connectionsOpen,
  )
  total('connections_accepted', 'HEP connections accepted.', () => counters().connectionsAccepted)
  total(
    'connections_refused',
    'HEP connections refused: limits or allow-list.',
    () => counters().connectionsRefused,
  )
  total(
    'connections_expelled',
    'HEP connections closed for errors, idling or unfinished frames.',
    () => counters().connectionsExpelled,
  )
  total(
    'intake_pushed_back',
    'Times reading of streams was stopped because the spool was full.',
    () => counters().pushedBack,
  )
  gauge(
    'udp_receive_buffer_bytes',
    'Kernel receive buffer granted, all UDP sockets.',
    () => counters().receiveBufferGrantedBytes,
  )
  total('intake_thread_restarts', 'Intake threads that died and were started again.', () =>
    intake.stats().lanes.reduce((all, { restarts }) => all + restarts, 0),
  )
}

function publishSpool(spool: Spool): void {
  gauge('spool_bytes', 'Bytes of the spool on disk.', () => spool.usage().bytes)
  gauge('spool_bytes_max', 'Bytes the spool may have.', () => spool.bytesMax)
  gauge(
    'spool_backlog_bytes',
    'Bytes the slowest reader has not passed.',
    () => spool.usage().backlogBytes,
  )
  gauge(
    'spool_age_seconds',
    'Age of the oldest batch the slowest reader has not passed.',
    () => spool.usage().oldestUnreadAgeSeconds,
  )
}

function publishLoad(load: () => LoadSignals): void {
  const signal = (name: string, help: string, read: (signals: LoadSignals) => number) =>
    gauge(name, help, () => read(load()))
  signal(
    'packets_per_second',
    'HEP frames received, mean of 10 seconds.',
    ({ packetsPerSecond }) => packetsPerSecond,
  )
  signal(
    'drops_per_second',
    'Good frames that could not be kept, mean of a minute.',
    ({ dropsPerSecond }) => dropsPerSecond,
  )
  signal(
    'short_drops_per_second',
    'Drops, as far as more nodes would mend them: 0 while only this node has too much.',
    ({ shortDropsPerSecond }) => shortDropsPerSecond,
  )
  signal(
    'behind_seconds',
    'Age of the spool, as far as more nodes would mend it: 0 while the database is waited for, or only this node has too much.',
    ({ behindSeconds }) => behindSeconds,
  )
  signal(
    'used_percent',
    'Of what this node can take: its busiest thread, its CPU, or what arrives per what is stored.',
    ({ usedPercent }) => usedPercent,
  )
  signal(
    'headroom_percent',
    '100 - used: what is free; below 0 the node falls behind.',
    ({ headroomPercent }) => headroomPercent,
  )
  signal(
    'cpu_percent',
    'CPU of this process, of what its container may use.',
    ({ cpuPercent }) => cpuPercent,
  )
  signal(
    'memory_percent',
    'Resident memory of this process, of what its container may use.',
    ({ memoryPercent }) => memoryPercent,
  )
  new Gauge({
    name: 'calliope_thread_busy_percent',
    help: 'CPU of the threads that packets pass through, of one core each.',
    labelNames: ['thread'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [thread, percent] of load().threads) this.set({ thread }, percent)
    },
  })
}

type Signals = ReturnType<Store['signals']>

function publishStore(store: () => Signals | undefined): void {
  const signal = (name: keyof Signals) => () => store()?.[name] ?? 0
  total('frames_stored', 'Messages stored by this process.', signal('messages'))
  total('store_segments', 'Call segments written by this process.', signal('segments'))
  total('store_batches', 'Batches committed by this process.', signal('batches'))
  total(
    'store_batch_milliseconds',
    'Time from begin to commit, all batches.',
    signal('batchMsTotal'),
  )
  total('store_copy_bytes', 'Bytes sent by COPY.', signal('copyBytesTotal'))
  total('store_retries', 'Database errors after which a batch was tried again.', signal('retries'))
  total(
    'store_bare_rows',
    'Rows PostgreSQL refused, stored without their searched columns.',
    signal('bareRows'),
  )
  total('store_merged_partitions', 'Partitions written anew.', signal('mergedPartitions'))
  total('store_merged_rows_before', 'Rows they had.', signal('mergedRowsBefore'))
  total('store_merged_rows_after', 'Rows they have now.', signal('mergedRowsAfter'))
  total('store_merge_failures', 'Merges to be tried again.', signal('mergeFailures'))
  total('store_thread_starts', 'Starts of the writer thread.', signal('starts'))
  gauge('store_retrying', '1 while the database does not take batches.', () =>
    signal('retryingSinceUs')() > 0 ? 1 : 0,
  )
}

type HomerSignals = NonNullable<ReturnType<Store['homer7Signals']>>

function publishHomer7(homer7: () => HomerSignals | undefined): void {
  const signal = (name: keyof HomerSignals) => () => homer7()?.[name] ?? 0
  total('homer7_rows', "Rows written into homer7's tables by this process.", signal('messages'))
  total('homer7_batches', 'Batches committed there.', signal('batches'))
  total('homer7_copy_bytes', 'Bytes sent there by COPY.', signal('copyBytesTotal'))
  total(
    'homer7_retries',
    'Errors of its database after which a batch was tried again.',
    signal('retries'),
  )
  total(
    'homer7_rows_set_aside',
    'Rows its database refused, kept in a table of their own.',
    signal('bareRows'),
  )
  total('homer7_partitions_created', 'Partitions made there.', signal('partitionsCreated'))
  gauge('homer7_behind_seconds', 'Age of the oldest frame that is not there yet.', () => {
    const oldestUs = signal('oldestUs')()
    return oldestUs === 0 ? 0 : Math.max(0, Date.now() - oldestUs / 1000) / 1000
  })
  gauge('homer7_retrying', '1 while its database takes no batches.', () =>
    signal('retryingSinceUs')() > 0 ? 1 : 0,
  )
}

function gauge(name: string, help: string, read: () => number): void {
  new Gauge({
    name: `calliope_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

// prom-client counters only go up by `inc`; these are kept elsewhere, so each scrape starts from 0.
function total(name: string, help: string, read: () => number): void {
  new Counter({
    name: `calliope_${name}_total`,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

function byReason(
  name: string,
  help: string,
  read: () => readonly Readonly<Partial<Record<string, number>>>[],
): void {
  new Counter({
    name: `calliope_${name}_total`,
    help,
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const counts of read())
        for (const [reason, count = 0] of Object.entries(counts)) this.inc({ reason }, count)
    },
  })
}
