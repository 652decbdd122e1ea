// What KpiCounter knew when the last run ended, read back from the calls themselves: segments and KPI
// counts are stored in one transaction, so what stands in the rows is what was counted. The newest
// ROWS_MAX segments are looked at, which are minutes of a busy node and more of any other; a call
// that rings for longer across a restart of a node of 10,000 calls a second may count twice.
//
// Registrations are not recalled: they are told apart by CSeq, which no column holds. One whose two
// messages a restart parts is counted, but not as answered.
import type { SQL } from 'bun'
import type { KpiCounter } from './kpi-counter.ts'

const ROWS_MAX = 100_000

interface RecalledRow {
  readonly call_id: string
  readonly started_us: string
  readonly setup: boolean
  readonly decided: boolean
}

/** Makes the counter forget what it knew and remember what is stored. */
export async function recallCalls(sql: SQL, kpis: KpiCounter): Promise<void> {
  const rows: readonly RecalledRow[] = await sql`
    select call_id, (extract(epoch from min(invite_at)) * 1000000)::bigint as started_us,
      bool_or(ring_at is not null or answer_at is not null) as setup,
      bool_or(answer_at is not null or failure_at is not null or cancel_at is not null) as decided
    from (select call_id, invite_at, ring_at, answer_at, failure_at, cancel_at, protocol
      from call_segments order by id desc limit ${ROWS_MAX}) as newest
    where protocol = 1 group by call_id having min(invite_at) is not null`
  kpis.forget()
  for (const { call_id, started_us, setup, decided } of rows) {
    kpis.recall(call_id, Number(started_us), { setup, decided })
  }
}
