// One row per node: who is alive, what it counts, how busy it is.
import type { SQL } from 'bun'
import type { LedgerCounts } from '#ledger'

export interface Heartbeat {
  readonly node: string
  readonly spoolId: string
  readonly version: string
  readonly state: 'starting' | 'ready' | 'draining' | 'stopped'
  readonly startedAt: Date
  /** Summed over the node's lanes, live. */
  readonly ledger: LedgerCounts
  /** packetsPerSecond, spoolBytes, spoolAgeSeconds … */
  readonly signals: Readonly<Record<string, number>>
}

/** Writes the node's row. */
export async function writeHeartbeat(sql: SQL, beat: Heartbeat): Promise<void> {
  const { node, spoolId, version, state, startedAt, ledger, signals } = beat
  await sql`
    insert into nodes (node, spool_id, version, state, started_at, heartbeat_at, ledger, signals)
    values (${node}, ${spoolId}, ${version}, ${state}, ${startedAt}, now(), ${ledger}, ${signals})
    on conflict (node) do update set spool_id = excluded.spool_id, version = excluded.version,
      state = excluded.state, started_at = excluded.started_at, heartbeat_at = now(),
      ledger = excluded.ledger, signals = excluded.signals`
}
