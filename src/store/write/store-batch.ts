// One batch, one transaction: segments, what goes beside them, and the cursors. Either all of it is in
// the database or nothing.
//
//   begin ─ lock cursors ─▶ where we left them? ─ no ─▶ 'elsewhere': somebody else wrote this spool
//                              │                  └──▶ 'stored': we did, only the answer was lost
//                              └ yes ─ COPY, upserts, move cursors, commit ─▶ 'stored'
import type { SQL, TransactionSQL } from 'bun'
import { describeError, verdictOf } from '../postgres/sql-state.ts'
import type { Batch } from './batch.ts'
import { copyAroundBadRows, copySegments, numberRows } from './copy-segments.ts'
import { lockCursors, moveCursors, placeOf } from './cursors.ts'
import { storeMarks, unknownMarks } from './minute-marks.ts'
import { hasTexts } from './shared-texts.ts'
import { sideStatements } from './side-tables.ts'
import { keepUsedDictionary, useNewestDictionary } from './use-dictionary.ts'

export interface StoreTarget {
  readonly sql: SQL
  readonly spoolId: string
  readonly node: string
}

/** What had to be left out of a batch because PostgreSQL refused it for good. */
export interface Refusals {
  /** Rows stored without their searched columns. */
  bareRows: number
  /** Side tables that did not get their rows. */
  skippedStatements: number
  reasons: string[]
}

const DICTIONARY_MS = 300_000
let dictionaryAskedMs = Number.NEGATIVE_INFINITY

/** Now and then: small blocks are packed with the newest dictionary there is. */
async function renewDictionary(sql: SQL): Promise<void> {
  if (performance.now() - dictionaryAskedMs < DICTIONARY_MS) return
  dictionaryAskedMs = performance.now()
  await useNewestDictionary(sql)
}

export type StoreOutcome =
  | { readonly kind: 'stored'; readonly refusals: Refusals | undefined }
  | { readonly kind: 'elsewhere' }

/**
 * Stores a batch; throws what PostgreSQL says when that may pass. `careful` takes rows that are refused
 * for good apart from the others.
 */
export async function storeBatch(
  { sql, spoolId, node }: StoreTarget,
  batch: Batch,
  { careful }: { careful: boolean },
): Promise<StoreOutcome> {
  const refusals: Refusals = { bareRows: 0, skippedStatements: 0, reasons: [] }
  await renewDictionary(sql)
  return await sql.begin(async (tx) => {
    const lanes = batch.moves.map(({ lane }) => lane)
    const cursors = await lockCursors(tx, spoolId, lanes)
    const place = placeOf(batch.moves, cursors)
    if (place === 'elsewhere') return { kind: 'elsewhere' } as const
    if (place === 'after') return { kind: 'stored', refusals: undefined } as const
    if (!(await hasTexts(tx, batch.refMax))) return { kind: 'elsewhere' } as const
    await keepUsedDictionary(tx)
    await writeSegments(tx, batch, careful ? refusals : undefined)
    await (careful ? attemptMarks(tx, batch, node) : storeMarks(tx, batch.marks, node))
    for (const statement of sideStatements(batch, node)) {
      await (careful ? attempt(tx, statement, refusals) : statement(tx))
    }
    await moveCursors(tx, spoolId, batch.moves, cursors)
    return { kind: 'stored', refusals: careful ? refusals : undefined } as const
  })
}

async function writeSegments(
  tx: TransactionSQL,
  batch: Batch,
  refusals: Refusals | undefined,
): Promise<void> {
  if (batch.rowAt.length < 2) return
  const [sequence] = await tx`select nextval('call_segment_ids')::text as number`
  numberRows(batch, BigInt(sequence.number))
  if (refusals === undefined) return await copySegments(tx, batch)
  await copyAroundBadRows(tx, batch, (_row, reason) => {
    refusals.bareRows += 1
    refusals.reasons.push(reason)
  })
}

/** Marks that are missing would hide calls: of what cannot be marked, nothing is known. */
async function attemptMarks(tx: TransactionSQL, { marks }: Batch, node: string): Promise<void> {
  try {
    await tx.savepoint((sp) => storeMarks(sp, marks, node))
  } catch (error) {
    if (verdictOf(error) !== 'row') throw error
    await storeMarks(tx, unknownMarks(marks), node)
  }
}

async function attempt(
  tx: TransactionSQL,
  statement: (tx: SQL) => Promise<unknown>,
  refusals: Refusals,
): Promise<void> {
  try {
    await tx.savepoint((sp) => statement(sp))
  } catch (error) {
    if (verdictOf(error) !== 'row') throw error
    refusals.skippedStatements += 1
    refusals.reasons.push(describeError(error))
  }
}
