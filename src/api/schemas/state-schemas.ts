// The shapes of how the capture itself is doing: sources, quarantine, KPIs, sockets.
import * as v from 'valibot'
import type * as contract from '#contract'
import { REJECT_REASONS } from '#ledger'
import { at, count } from './call-schemas.ts'

/** Counts by reason; those that never happened are left out, and no other reason may be there. */
const byReason = v.strictObject(v.entriesFromList(REJECT_REASONS, v.exactOptional(count)))

const source: v.GenericSchema<contract.Source> = v.strictObject({
  node: v.string(),
  peer: v.string(),
  transport: v.string(),
  captureId: count,
  capturedBy: v.string(),
  hepVersion: count,
  packets: count,
  bytes: count,
  rejected: count,
  packetsPerSecond: v.number(),
  clockSkewMs: v.number(),
  largestBytes: count,
  firstSeenAt: at,
  lastSeenAt: at,
  reasons: byReason,
  duplicates: count,
  truncated: count,
  large: count,
  recent: v.pipe(v.array(count), v.description('Packets by minute, the current one last')),
})

const quarantined: v.GenericSchema<contract.Quarantined> = v.strictObject({
  id: v.string(),
  receivedAt: at,
  node: v.string(),
  transport: v.string(),
  peer: v.string(),
  reason: v.picklist(REJECT_REASONS),
  detail: v.string(),
  byteOffset: count,
  frame: v.pipe(v.string(), v.description('Base64 of the frame, its auth key blanked')),
  retryAt: v.nullable(at),
})

const quarantineRetry: v.GenericSchema<contract.QuarantineRetry> = v.variant('outcome', [
  v.strictObject({ outcome: v.literal('accepted') }),
  v.strictObject({
    outcome: v.literal('refused'),
    reason: v.picklist(REJECT_REASONS),
    byteOffset: count,
    detail: v.string(),
  }),
])

const kpiMinute: v.GenericSchema<contract.KpiMinute> = v.strictObject({
  minute: at,
  attempts: count,
  answered: count,
  failed: count,
  cancelled: count,
  registrations: count,
  registered: count,
  registrationsFailed: count,
  messages: count,
  asr: v.nullable(v.number()),
  ner: v.nullable(v.number()),
  seer: v.nullable(v.number()),
  setupMsMean: v.nullable(v.number()),
  setupMsP50: v.nullable(v.number()),
  setupMsP95: v.nullable(v.number()),
  failures: v.record(v.string(), count),
})

const kpiHost: v.GenericSchema<contract.KpiHost> = v.strictObject({
  host: v.string(),
  answered: count,
  failed: count,
  cancelled: count,
  failures: v.record(v.string(), count),
})

const kpiTalker: v.GenericSchema<contract.KpiTalker> = v.strictObject({
  kind: v.picklist(['from', 'to', 'source', 'agent']),
  name: v.string(),
  attempts: count,
  answered: v.nullable(count),
  failed: v.nullable(count),
})

const kpi: v.GenericSchema<contract.Kpi> = v.strictObject({
  from: at,
  to: at,
  minutes: v.array(kpiMinute),
  stepSeconds: count,
  total: v.exactOptional(v.nullable(kpiMinute)),
  codes: v.exactOptional(v.array(v.strictObject({ code: count, count }))),
  hosts: v.exactOptional(v.array(kpiHost)),
  talkers: v.exactOptional(v.array(kpiTalker)),
})

const ingest: v.GenericSchema<contract.IngestState> = v.strictObject({
  udpDatagrams: count,
  streamBytes: count,
  connectionsOpen: count,
  connectionsRefused: count,
  connectionsExpelled: count,
  kernelDrops: count,
  receiveBufferAskedBytes: count,
  receiveBufferGrantedBytes: count,
  lastRefused: v.nullable(
    v.strictObject({ at, peer: v.string(), transport: v.string(), why: v.string() }),
  ),
})

const demo: v.GenericSchema<contract.DemoState> = v.strictObject({
  state: v.picklist(['idle', 'running', 'done', 'failed']),
  sent: count,
  progress: v.number(),
  error: v.string(),
})

/** Spread into SCHEMAS. */
export const STATE_SCHEMAS = {
  Sources: v.strictObject({ sources: v.array(source) }),
  Source: source,
  Quarantine: v.strictObject({ quarantine: v.array(quarantined) }),
  Quarantined: quarantined,
  QuarantineRetry: quarantineRetry,
  QuarantineDeleted: v.strictObject({ deleted: v.literal(true) }),
  Kpi: kpi,
  KpiMinute: kpiMinute,
  KpiHost: kpiHost,
  KpiTalker: kpiTalker,
  Ingest: ingest,
  Demo: demo,
} as const
