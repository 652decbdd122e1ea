// Frames that failed a check: to look at, to delete, and to try again.
//
// A frame is tried again by one process at a time: `claim` marks its row, `remove` takes it away once
// the frame is safe in a spool, `release` gives it back when it was not taken. A process that ends
// between the two leaves the mark, and nobody can tell from here whether the frame is in its spool:
// so the row stays claimed until a person deletes it or, knowing that the call is not there, gives it
// back. Storing a frame twice would be as wrong as losing it.
import type { SQL } from 'bun'
import type { Quarantined } from '#contract'
import { REJECT_REASONS } from '#ledger'
import { readSession } from './read-session.ts'
import { SqlParams, usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

const QUARANTINE_MAX = 1_000

interface QuarantineRow {
  readonly id: string
  readonly received_us: string
  readonly node: string
  readonly transport: string
  readonly peer: string
  readonly reason: string
  readonly detail: string
  readonly byte_offset: number
  readonly frame: Buffer
  readonly retry_us: string | null
}

const COLUMNS = `id, ${usSql('received_at')} as received_us, node, transport, peer, reason, detail,
  byte_offset, frame, ${usSql('retry_at')} as retry_us`

/** The newest frames that failed a check. */
export async function readQuarantine(sql: SQL, limit: number): Promise<readonly Quarantined[]> {
  const params = new SqlParams()
  const rowsMax = params.integer(Math.max(0, Math.min(Math.floor(limit), QUARANTINE_MAX)))
  const text = `select ${COLUMNS} from quarantine order by id desc limit ${rowsMax}`
  const { signal } = new AbortController()
  const rows = await readSession(sql, { signal }, (session) =>
    session.rows<QuarantineRow>(text, params.values),
  )
  return rows.map(quarantined)
}

/** What may be done with one of them; ids that do not exist are undefined or false. */
export interface QuarantineKeeper {
  find(id: string): Promise<Quarantined | undefined>
  /** Marks the row as being tried again; false when it is gone or, unless `force`, marked already. */
  claim(id: string, options: { readonly force: boolean }): Promise<boolean>
  /** It was not taken; with the words of today's rules, when those refused it. */
  release(
    id: string,
    refused?: Pick<Quarantined, 'reason' | 'detail' | 'byteOffset'>,
  ): Promise<void>
  remove(id: string): Promise<boolean>
}

export const openQuarantine = (sql: SQL): QuarantineKeeper => ({
  async find(id) {
    const [row] = await sql.unsafe<QuarantineRow[]>(
      `select ${COLUMNS} from quarantine where id = $1`,
      [id],
    )
    return row && quarantined(row)
  },
  async claim(id, { force }) {
    const rows = await sql`update quarantine set retry_at = clock_timestamp()
      where id = ${id} and (retry_at is null or ${force}) returning id`
    return rows.length === 1
  },
  async release(id, refused) {
    await sql`update quarantine set retry_at = null where id = ${id}`
    if (refused === undefined) return
    const { reason, detail, byteOffset } = refused
    await sql`update quarantine set reason = ${reason}, detail = ${detail}, byte_offset = ${byteOffset}
      where id = ${id}`
  },
  async remove(id) {
    const rows = await sql`delete from quarantine where id = ${id} returning id`
    return rows.length === 1
  },
})

const quarantined = (row: QuarantineRow): Quarantined => ({
  id: String(row.id),
  receivedAt: timeText(Number(row.received_us)),
  node: row.node,
  transport: row.transport,
  peer: row.peer,
  reason: REJECT_REASONS.find((reason) => reason === row.reason) ?? 'not_hep',
  detail: row.detail,
  byteOffset: row.byte_offset,
  frame: Buffer.from(row.frame).toString('base64'),
  retryAt: row.retry_us === null ? null : timeText(Number(row.retry_us)),
})
