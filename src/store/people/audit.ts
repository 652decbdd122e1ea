// Who did what. Entries are only ever added; those older than 400 days go.
import type { SQL } from 'bun'
import type { AuditEntry } from '#contract'
import { timeSql } from './rows.ts'

const DAYS_KEPT = 400
const PRUNE_EVERY_MS = 3_600_000

interface AuditSearch {
  readonly before: string | undefined
  readonly limit: number
  readonly who: string | undefined
  readonly action: string | undefined
}

export function openAudit(sql: SQL) {
  let prunedMs = 0
  return {
    async note(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void> {
      const { who, kind, peer, action, object, detail } = entry
      await sql`insert into audit (who, kind, peer, action, object, detail)
        values (${who}, ${kind}, ${peer}, ${action}, ${object.slice(0, 1000)},
          ${JSON.stringify(detail)}::text::jsonb)`
      if (Date.now() - prunedMs < PRUNE_EVERY_MS) return
      prunedMs = Date.now()
      await sql`delete from audit where at < now() - ${DAYS_KEPT} * interval '1 day'`
    },

    async audit({ before, limit, who, action }: AuditSearch): Promise<readonly AuditEntry[]> {
      const rows: (Omit<AuditEntry, 'detail'> & { detail: string })[] = await sql.unsafe(
        `select id::text, ${timeSql('at')} as at, who, kind, peer, action, object,
            detail::text as detail
          from audit
          where ($1::bigint is null or id < $1::bigint) and ($2::text is null or who = $2::text)
            and ($3::text is null or action = $3::text)
          order by audit.id desc limit $4::int`,
        [before ?? null, who ?? null, action ?? null, limit],
      )
      return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) }))
    },
  }
}
