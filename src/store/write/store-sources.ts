// The sources of a batch: who they are and what they sent in all, and how much in which minute.
import type { SQL } from 'bun'
import { cleanText } from './copy-fields.ts'
import type { SourceCounts } from './source-counter.ts'

export function addSources(sources: readonly SourceCounts[], node: string) {
  const rows = sources.map(({ minutes: _, ...source }) => ({
    ...source,
    capturedBy: cleanText(source.capturedBy),
  }))
  return (tx: SQL): Promise<unknown> => tx`
    insert into sources as s (node, peer_ip, transport, capture_id, captured_by, hep_version, packets,
      bytes, rejected, reasons, duplicates, truncated, large, clock_skew_ms, largest_bytes,
      first_seen_at, last_seen_at)
    select ${node}, "peerIp", transport, "captureId", "capturedBy", "hepVersion", sum(packets),
      sum(bytes), sum(rejected), coalesce((array_agg(reasons))[1], '{}'), sum(duplicates),
      sum(truncated), sum(large), max("clockSkewMs"), max("largestBytes"),
      to_timestamp(min("firstUs") / 1e6), to_timestamp(max("lastUs") / 1e6)
    from jsonb_to_recordset(${rows}::jsonb) as r("peerIp" text, transport text, "captureId" bigint,
      "capturedBy" text, "hepVersion" smallint, packets bigint, bytes bigint, rejected bigint,
      reasons jsonb, duplicates bigint, truncated bigint, large bigint,
      "clockSkewMs" bigint, "largestBytes" integer, "firstUs" bigint, "lastUs" bigint)
    group by 2, 3, 4, 5, 6 order by 2, 3, 4, 5, 6
    on conflict (node, peer_ip, transport, capture_id, captured_by, hep_version) do update set
      packets = s.packets + excluded.packets,
      bytes = s.bytes + excluded.bytes,
      rejected = s.rejected + excluded.rejected,
      reasons = case when excluded.reasons = '{}' then s.reasons else (
        select coalesce(jsonb_object_agg(reason, count), '{}') from (
          select reason, sum(count::bigint) as count from (
            select * from jsonb_each_text(s.reasons)
            union all select * from jsonb_each_text(excluded.reasons)) as both_sides(reason, count)
          group by reason) as summed) end,
      duplicates = s.duplicates + excluded.duplicates,
      truncated = s.truncated + excluded.truncated,
      large = s.large + excluded.large,
      clock_skew_ms = case when excluded.packets > 0 then excluded.clock_skew_ms
        else s.clock_skew_ms end,
      largest_bytes = greatest(s.largest_bytes, excluded.largest_bytes),
      last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)`
}

/** For the curves: how many packets in which minute. */
export function addSourceMinutes(sources: readonly SourceCounts[], node: string) {
  const rows = sources.flatMap(({ minutes, peerIp, transport, captureId, hepVersion, ...source }) =>
    [...minutes].map(([us, packets]) => ({
      ...{ us, packets, peerIp, transport, captureId, hepVersion },
      capturedBy: cleanText(source.capturedBy),
    })),
  )
  return (tx: SQL): Promise<unknown> => tx`
    insert into source_minutes as s (minute, node, peer_ip, transport, capture_id, captured_by,
      hep_version, packets)
    select to_timestamp(us / 1e6), ${node}, "peerIp", transport, "captureId", "capturedBy",
      "hepVersion", sum(packets)
    from jsonb_to_recordset(${rows}::jsonb) as r(us bigint, packets bigint, "peerIp" text,
      transport text, "captureId" bigint, "capturedBy" text, "hepVersion" smallint)
    group by 1, 3, 4, 5, 6, 7 order by 1, 3, 4, 5, 6, 7
    on conflict (minute, node, peer_ip, transport, capture_id, captured_by, hep_version)
      do update set packets = s.packets + excluded.packets`
}
