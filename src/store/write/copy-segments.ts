// Segment rows into PostgreSQL with binary COPY. When a row is refused for good, halves find it:
//
//   ■■■■□■■■  refused          a savepoint around each part, all within the one transaction
//   ■■■■│□■■■                  left part is in
//       │□■│■■                 …
//       │□ alone               stored bare: its messages, times and counts, no searched columns
//
// Log₂ of the batch tries for one bad row, and never a batch for one row.
import type { SQL, TransactionSQL } from 'bun'
import { describeError, verdictOf } from '../postgres/sql-state.ts'
import type { Batch } from './batch.ts'
import { bareRow, rowId, SEGMENT_COLUMNS, setRowId } from './segment-row.ts'

const COLUMNS = SEGMENT_COLUMNS.join(', ')
const TABLE = 'call_segments'
/** Signature, flags, length of the header extension: none. */
const COPY_HEAD = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const COPY_END = Buffer.from([0xff, 0xff])
/** Segments of one batch have ids that follow each other: number of the batch × this + place. */
export const IDS_PER_BATCH = 2n ** 20n
/** Written in pieces, so that the socket drains while the thread decodes what comes next. */
const PIECE_BYTES = 256 * 1024

type Rows = Pick<Batch, 'rows' | 'rowAt'>

/** Told about each row that had to be stored bare, and why. */
export type OnBareRow = (row: number, reason: string) => void

/** Rows bring their place in the batch; later batches have higher ids. May be called again. */
export function numberRows({ rows, rowAt }: Rows, batchNumber: bigint): void {
  for (let i = 0; i < rowAt.length - 1; i++) {
    const place = rowId(rows, rowAt[i]!) % IDS_PER_BATCH
    setRowId(rows, rowAt[i]!, batchNumber * IDS_PER_BATCH + place)
  }
}

/** All rows in one COPY; throws when one is refused. */
export async function copySegments(tx: SQL, { rows, rowAt }: Rows): Promise<void> {
  if (rowAt.length > 1) await copyInto(tx, TABLE, [rows])
}

/** Row by row as far as needed; a row that is refused is stored bare. */
export async function copyAroundBadRows(
  tx: TransactionSQL,
  rows: Rows,
  onBareRow: OnBareRow,
): Promise<void> {
  await copyAround(tx, rows, {
    copy: (sp, part) => copyInto(sp, TABLE, [part]),
    instead: async (row, bytes, reason) => {
      await copyInto(tx, TABLE, [bareRow(bytes)])
      onBareRow(row, reason)
    },
  })
}

export interface AroundBadRows {
  readonly copy: (sp: SQL, part: Buffer) => Promise<void>
  /** What becomes of a row that is refused by itself. */
  readonly instead: (row: number, bytes: Buffer, reason: string) => Promise<void>
}

/** Copies rows in ever smaller parts until those that are refused stand alone. */
export async function copyAround(
  tx: TransactionSQL,
  { rows, rowAt }: Rows,
  { copy, instead }: AroundBadRows,
): Promise<void> {
  const part = async (from: number, to: number): Promise<void> => {
    if (from === to) return
    const bytes = rows.subarray(rowAt[from], rowAt[to])
    try {
      await tx.savepoint((sp) => copy(sp, bytes))
    } catch (error) {
      if (verdictOf(error) !== 'row') throw error
      if (to - from === 1) return await instead(from, bytes, describeError(error))
      const middle = (from + to) >> 1
      await part(from, middle)
      await part(middle, to)
    }
  }
  await part(0, rowAt.length - 1)
}

/** Rows into call_segments, a table like it, or any other whose columns are given. */
export async function copyInto(
  tx: SQL,
  table: string,
  parts: readonly Buffer[],
  columns: string = COLUMNS,
): Promise<void> {
  const query = tx.unsafe(`copy ${table} (${columns}) from stdin (format binary)`)
  const writer = query.writable().getWriter()
  query.catch(() => undefined) // `close` throws the same error
  await writer.write(COPY_HEAD)
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      await writer.write(part.subarray(at, at + PIECE_BYTES))
    }
  }
  await writer.write(COPY_END)
  await writer.close()
}
