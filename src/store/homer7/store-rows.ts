// One batch of homer7 rows in one transaction: rows first, then the cursors, which are only moved when
// the batch ahead of this one is committed.
//
//   begin ─ COPY … COPY ─▶ batch ahead committed? ─ yes ─▶ lock cursors ─▶ where we left them? ─▶ move, commit
//                              └ stumbled: let go             └ elsewhere, or already there: roll back
//
// Rows come before the lock because theirs is the time it takes: so batches are written side by side.
import type { SQL, TransactionSQL } from 'bun'
import { copyAround, copyInto } from '../write/copy-segments.ts'
import { lockCursors, moveCursors, placeOf } from '../write/cursors.ts'
import type { Homer7Batch, TableRows } from './homer7-batch.ts'
import { setAside } from './set-aside.ts'
import { COLUMNS, CURSOR_TABLE, type Homer7Table } from './tables.ts'

export type StoredRows =
  | { readonly kind: 'stored'; readonly setAside: number; readonly reasons: readonly string[] }
  | { readonly kind: 'elsewhere' }

/** What the batch ahead has come to. */
export type Ahead = 'committed' | 'stumbled' | 'gone'

/**
 * Who wants a table for himself (heplify-server, making a partition) waits for a batch that waits for the one
 * ahead, which waits behind him: PostgreSQL sees no deadlock in that. So the one ahead fails, and they let go.
 */
const LOCK_WAIT_MS_MAX = 1_000

/** The batch ahead stumbled or is gone: this one holds nothing locked any more. */
export class LetGo extends Error {}

export interface StoreRowsOptions {
  readonly spoolId: string
  /** Row by row as far as needed: one was refused for good. */
  readonly careful: boolean
  /** Resolves when the batch ahead is committed, or will not be for now. */
  readonly ahead: () => Promise<Ahead>
}

/** Stores a batch; throws what PostgreSQL says, and LetGo. */
export async function storeRows(
  sql: SQL,
  batch: Homer7Batch,
  { spoolId, careful, ahead }: StoreRowsOptions,
): Promise<StoredRows> {
  const reasons: string[] = []
  const moves = batch.moves
  const lanes = moves.map(({ lane }) => lane)
  try {
    return await sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = ${LOCK_WAIT_MS_MAX}`)
      for (const [table, rows] of batch.tables)
        await (careful ? copyCarefully(tx, table, rows, reasons) : copyTable(tx, table, rows))
      if ((await ahead()) !== 'committed') throw new LetGo()
      const cursors = await lockCursors(tx, spoolId, lanes, CURSOR_TABLE)
      const place = placeOf(moves, cursors)
      if (place !== 'before') throw new OtherPlace(place)
      await moveCursors(tx, spoolId, moves, cursors, CURSOR_TABLE)
      return { kind: 'stored', setAside: reasons.length, reasons } as const
    })
  } catch (error) {
    if (!(error instanceof OtherPlace)) throw error
    // Behind it: we stored it before, and only the answer was lost.
    if (error.place === 'elsewhere') return { kind: 'elsewhere' }
    return { kind: 'stored', setAside: 0, reasons: [] }
  }
}

/** Thrown to take the rows back. */
class OtherPlace extends Error {
  readonly place: 'after' | 'elsewhere'

  constructor(place: 'after' | 'elsewhere') {
    super(place)
    this.place = place
  }
}

async function copyTable(
  tx: SQL,
  { name }: Homer7Table,
  { rows, rowAt }: TableRows,
): Promise<void> {
  if (rowAt.length > 0) await copyInto(tx, name, [rows], COLUMNS)
}

async function copyCarefully(
  tx: TransactionSQL,
  { name }: Homer7Table,
  { rows, rowAt }: TableRows,
  reasons: string[],
): Promise<void> {
  if (rowAt.length === 0) return
  await copyAround(
    tx,
    { rows, rowAt: [...rowAt, rows.length] },
    {
      copy: (sp, part) => copyInto(sp, name, [part], COLUMNS),
      instead: async (_, row, reason) => {
        await setAside(tx, name, row, reason)
        reasons.push(reason)
      },
    },
  )
}
