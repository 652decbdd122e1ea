// The rows of kpi_details in a batch: one statement, each row replaces what its span said before.
import type { SQL } from 'bun'
import type { DetailRow } from './kpi-details.ts'

export function addKpiDetails(details: readonly DetailRow[], node: string) {
  const rows = details.map(({ startUs, ...row }) => ({
    ...row,
    start: new Date(startUs / 1000).toISOString(),
  }))
  return (tx: SQL): Promise<unknown> => tx`
    insert into kpi_details (span_seconds, span_start, node, part, hosts, talkers)
    select "spanSeconds", start, ${node}, part, hosts, talkers
    from jsonb_to_recordset(${rows}::jsonb) as r("spanSeconds" integer, start timestamptz,
      part bigint, hosts jsonb, talkers jsonb)
    on conflict (span_seconds, span_start, node, part) do update
      set hosts = excluded.hosts, talkers = excluded.talkers`
}
