// Rounds: which rows of a part are copied next. The first round has all rows there are when it begins; one
// that begins later has those that came since, which their ids tell whatever time they bear.
//
//   id   1 ………………………………… 51,200 │ 51,201 ……… 60,000 │ 60,001 …
//        first round (lo 0)      │ second             │ not yet there
import type { SQL } from 'bun'
import type { Homer7Part } from './homer7-parts.ts'
import { MigrateError } from './migrate-error.ts'
import { LAST_ID, type MigrateJournal, type Round } from './migrate-journal.ts'
import { countPart } from './read-part.ts'
import { waitForWriters } from './source-database.ts'

interface RoundOptions {
  readonly sql: SQL
  readonly untilMs?: number | undefined
  readonly signal: AbortSignal
}

/** A partition whose time was over by then gets no more rows but stragglers. */
const OPEN_MS = 3_600_000

/** The round a part is in; a new one when it has rows that no round had. */
export async function roundOf(
  part: Homer7Part,
  journal: MigrateJournal,
  { sql, untilMs, signal }: RoundOptions,
): Promise<Round> {
  const known = journal.rounds.get(part.name)
  const isSame = known?.oid === part.oid
  if (isSame && !known.ended) return known
  const isOpen = part.toMs > Date.now() - OPEN_MS
  if (isSame && known.bytes === part.bytes && !isOpen) return known
  const lo = isSame ? known.hi : '0'
  const newest = await countPart(sql, part, { lo, hi: LAST_ID, untilMs })
  if (isSame && newest.rows === 0) return known
  const { oid, fileNode, bytes, name } = part
  const hi = newest.rows === 0 ? lo : newest.hi
  // Ids are given out before rows are seen: those below the highest must have come before reading.
  const isWritten = isOpen && newest.rows > 0
  if (isWritten) await waitForWriters(sql, signal)
  const { rows } = isWritten ? await countPart(sql, part, { lo, hi, untilMs }) : newest
  const fresh = { oid, fileNode, lo, hi, rows, bytes, cut: 0, place: undefined, ended: false }
  return journal.begin(name, fresh)
}

/** Throws MigrateError when places in the part mean nothing any more. */
export function checkNotRewritten({ name, fileNode }: Homer7Part, round: Round): void {
  if (round.fileNode === fileNode) return
  throw new MigrateError(
    'MIGRATE_REWRITTEN',
    `${name} was written anew (VACUUM FULL, CLUSTER, pg_repack) when ${round.cut} of its ${round.rows} rows were copied.`,
    'Where to go on is not known any more. Copy the rest into a fresh Calliope with another --journal.',
  )
}
