// What reports of a batch say of the media of calls they are not part of: a phone's RFC 6035 report comes in a
// PUBLISH with a Call-ID of its own. Kept apart from the calls' rows, which may have been stored long ago; the
// list of calls looks here too (schema/011-media.sql).

import type { SQL } from 'bun'
import { qualityElsewhere, type TracedMessage } from '#sip'
import { cleanText } from './copy-fields.ts'

export interface QualityRow {
  readonly callId: string
  /** In hundredths, the worst. */
  readonly mos: number
  readonly us: number
}

export class QualityNotes {
  readonly #worst = new Map<string, QualityRow>()

  /** Looks at a message; all but very few say nothing here. */
  note(message: TracedMessage): void {
    for (const [callId, said] of qualityElsewhere(message)) {
      const mos = Math.round(said * 100)
      const known = this.#worst.get(callId)
      if (known === undefined || mos < known.mos)
        this.#worst.set(callId, { callId, mos, us: message.atUs })
    }
  }

  rows(): readonly QualityRow[] {
    return [...this.#worst.values()]
  }
}

/** Stores them; the worst of each call stays, however often it is said. */
export function addQuality(rows: readonly QualityRow[]) {
  // Call-IDs cut for an index may meet, and a statement may not touch a row twice.
  const worst = new Map<string, QualityRow>()
  for (const row of rows.toSorted((a, b) => b.mos - a.mos)) worst.set(cleanText(row.callId), row)
  const sorted = [...worst].sort(([a], [b]) => (a < b ? -1 : 1))
  return (tx: SQL): Promise<unknown> => tx`
    insert into call_quality as q (call_id, at, mos)
    select call_id, to_timestamp(us / 1e6), mos
    from unnest(${sorted.map(([callId]) => callId)}::text[],
      ${sorted.map(([, { us }]) => us)}::bigint[],
      ${sorted.map(([, { mos }]) => mos)}::smallint[]) as r(call_id, us, mos)
    on conflict (call_id) do update set mos = least(q.mos, excluded.mos),
      at = greatest(q.at, excluded.at)`
}
