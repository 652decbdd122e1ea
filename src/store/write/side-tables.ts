// What a batch adds beside its segments: correlation keys, KPI minutes, sources, quarantine. Each is
// one statement over a list, sorted, so that nodes storing at the same time meet rows in one order
// and do not deadlock.
import type { SQL } from 'bun'
import type { Batch } from './batch.ts'
import { cleanText } from './copy-fields.ts'
import type { KpiCounts } from './kpi-counter.ts'
import { addQuality } from './quality-notes.ts'
import type { QuarantineRow } from './refused-frames.ts'
import type { CorrelationRow } from './rows-builder.ts'
import { addKpiDetails } from './store-details.ts'
import { addSourceMinutes, addSources } from './store-sources.ts'

/** The statements of a batch; each stands alone, so that one that is refused can be left out. */
export function sideStatements(
  batch: Batch,
  node: string,
): readonly ((tx: SQL) => Promise<unknown>)[] {
  return [
    ...(batch.correlation.length > 0 ? [addCorrelation(batch.correlation)] : []),
    ...(batch.kpis.size > 0 ? [addKpis(batch.kpis, node)] : []),
    ...(batch.kpiDetails.length > 0 ? [addKpiDetails(batch.kpiDetails, node)] : []),
    ...(batch.sources.length > 0
      ? [addSources(batch.sources, node), addSourceMinutes(batch.sources, node)]
      : []),
    ...(batch.quarantine.length > 0 ? [addQuarantine(batch.quarantine, node)] : []),
    ...(batch.quality.length > 0 ? [addQuality(batch.quality)] : []),
  ]
}

/** Key and Call-ID are one index entry, of at most 2,704 bytes. */
const PAIR_BYTES_MAX = 2_600

function addCorrelation(rows: readonly CorrelationRow[]) {
  // Only Call-IDs of hundreds of wide characters are longer; one such must not cost the others theirs.
  const fitting = rows.filter(
    ({ key, callId }) => Buffer.byteLength(key) + Buffer.byteLength(callId) <= PAIR_BYTES_MAX,
  )
  const sorted = fitting.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return (tx: SQL): Promise<unknown> => tx`
    insert into correlation_keys (key, call_id, at)
    select key, call_id, min(to_timestamp(us / 1e6))
    from unnest(${sorted.map(({ key }) => cleanText(key))}::text[],
      ${sorted.map(({ callId }) => cleanText(callId))}::text[],
      ${sorted.map(({ us }) => us)}::bigint[]) as k(key, call_id, us)
    group by key, call_id order by key, call_id
    on conflict do nothing`
}

function addKpis(kpis: ReadonlyMap<number, KpiCounts>, node: string) {
  const rows = [...kpis]
    .sort(([a], [b]) => a - b)
    .map(([minuteUs, counts]) => ({
      minute: new Date(minuteUs / 1000).toISOString(),
      ...counts,
    }))
  return (tx: SQL): Promise<unknown> => tx`
    insert into kpi_minutes as k (minute, node, attempts, answered, failed, cancelled, registrations,
      registered, registrations_failed, messages, setup_ms_sum, setup_count, setup_ms_histogram, failures)
    select minute, ${node}, attempts, answered, failed, cancelled, registrations, registered,
      "registrationsFailed", messages, "setupMsSum", "setupCount", "setupHistogram", failures
    from jsonb_to_recordset(${rows}::jsonb) as r(minute timestamptz, attempts bigint, answered bigint,
      failed bigint, cancelled bigint, registrations bigint, registered bigint,
      "registrationsFailed" bigint, messages bigint,
      "setupMsSum" bigint, "setupCount" bigint, "setupHistogram" bigint[], failures jsonb)
    on conflict (minute, node) do update set
      attempts = k.attempts + excluded.attempts,
      answered = k.answered + excluded.answered,
      failed = k.failed + excluded.failed,
      cancelled = k.cancelled + excluded.cancelled,
      registrations = k.registrations + excluded.registrations,
      registered = k.registered + excluded.registered,
      registrations_failed = k.registrations_failed + excluded.registrations_failed,
      messages = k.messages + excluded.messages,
      setup_ms_sum = k.setup_ms_sum + excluded.setup_ms_sum,
      setup_count = k.setup_count + excluded.setup_count,
      setup_ms_histogram = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
        from unnest(k.setup_ms_histogram, excluded.setup_ms_histogram) with ordinality as h(a, b, i)),
      failures = (select coalesce(jsonb_object_agg(status, count), '{}') from (
        select status, sum(count::bigint) as count from (
          select * from jsonb_each_text(k.failures)
          union all select * from jsonb_each_text(excluded.failures)) as both_sides(status, count)
        group by status) as summed)`
}

/** Frames that were refused. */
export function addQuarantine(rows: readonly QuarantineRow[], node: string) {
  const records = rows.map(({ receivedUs, transport, peer, reason, detail, offset, frame }) => ({
    received_at: new Date(receivedUs / 1000).toISOString(),
    ...{ node, transport, peer, reason, byte_offset: offset },
    detail: cleanText(detail),
    frame: frame.toString('hex'),
  }))
  return (tx: SQL): Promise<unknown> => tx`
    insert into quarantine (received_at, node, transport, peer, reason, detail, byte_offset, frame)
    select received_at, node, transport, peer, reason, detail, byte_offset, decode(frame, 'hex')
    from jsonb_to_recordset(${records}::jsonb) as r(received_at timestamptz, node text,
      transport text, peer text, reason text, detail text, byte_offset integer, frame text)`
}
