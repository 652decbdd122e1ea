// What an administrator set comes before the configuration: one database has many nodes, whose files
// may differ, and the node that enforces it is any of them.
import type { SQL } from 'bun'
import type { RetentionSetting } from '#contract'
import { openSettings } from './settings.ts'

/** The retention in force. */
export async function retentionInForce(
  sql: SQL,
  configured: { readonly retentionMs: number; readonly bytesMax: number },
): Promise<{ readonly retentionMs: number; readonly bytesMax: number }> {
  const set = (await openSettings(sql).setting('retention')) as RetentionSetting | undefined
  const hours = set?.hours ?? null
  return {
    retentionMs: hours === null ? configured.retentionMs : hours * 3_600_000,
    bytesMax: set?.bytesMax ?? configured.bytesMax,
  }
}
