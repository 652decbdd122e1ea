// The database that is copied from: which one it is, and waiting until what is being written to it is.
import type { SQL } from 'bun'
import { pause } from '#backoff'

const ASK_MS = 250
const WAIT_MS_MAX = 30_000

/** A text that is the same for the same data, whatever address it is reached under. */
export async function sourceOf(sql: SQL): Promise<string> {
  const [database] = await sql`select current_database() as name, oid::int8::text as oid
    from pg_database where datname = current_database()`
  // Not every service lets everybody ask.
  const [system] = await sql`select system_identifier::text as id from pg_control_system()`.catch(
    () => [{ id: '?' }],
  )
  return `${database.name}:${database.oid}@${system.id}`
}

/** Waits until every transaction that is writing now has ended, or long enough. */
export async function waitForWriters(sql: SQL, signal: AbortSignal): Promise<void> {
  const [{ newest }] = await sql`select txid_snapshot_xmax(txid_current_snapshot())::text as newest`
  const untilMs = performance.now() + WAIT_MS_MAX
  while (performance.now() < untilMs && !signal.aborted) {
    const [{ oldest }] =
      await sql`select txid_snapshot_xmin(txid_current_snapshot())::text as oldest`
    if (BigInt(oldest) >= BigInt(newest)) return
    await pause(ASK_MS, signal)
  }
}
