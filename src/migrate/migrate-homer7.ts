// Copies homer7 tables into a Calliope: every row as the HEP frame it was made of, with its own time.
//
//   parts, oldest first ─▶ rows as they lie ─▶ batches ─▶ POST /hep, named ─▶ spool ─▶ call segments
//        homer7-parts        read-part         row-batch     batch-sender
//                                 └──────── migrate-journal ────────┘  what was cut is on the disk before it goes
//
// Begun again after whatever happened it goes on where it was: what was under way is read again and goes
// under the same numbers. Begun again when it was through it copies what is newer, by id. Nothing is
// written to the source, and it needs no more than SELECT there.
import type { SQL } from 'bun'
import { Backoff, pause } from '#backoff'
import { explainDatabaseError } from '#store'
import { BatchSender, type SenderOptions } from './batch-sender.ts'
import { type Homer7Part, listParts } from './homer7-parts.ts'
import { MigrateError } from './migrate-error.ts'
import { MigrateJournal, type Parcel, type Round } from './migrate-journal.ts'
import { checkNotRewritten, roundOf } from './part-round.ts'
import { readPart } from './read-part.ts'
import { type LeftOut, RowBatch } from './row-batch.ts'
import { sourceOf } from './source-database.ts'

export interface MigrateOptions extends SenderOptions {
  /** Of the database with the homer7 tables; several connections. */
  readonly sql: SQL
  /** For explaining what is wrong with it. */
  readonly fromUrl: string
  readonly journal: string
  /** Partitions that end before are left out: the target would drop them again. */
  readonly sinceMs?: number | undefined
  /** Rows created from then on are left out: the target has them from the agents. */
  readonly untilMs?: number | undefined
  /** Agent key to put into the frames. @default none */
  readonly key?: string
  /** Rows a second at most; 0 = as fast as it goes. @default 0 */
  readonly rowsPerSecond?: number
  /** Hears of each row that cannot be copied. */
  readonly onLeftOut?: (row: LeftOut) => void
  readonly onProgress?: (progress: MigrateProgress) => void
}

/** How far it is. */
export interface MigrateProgress {
  /** Rows read, those of earlier runs too. */
  readonly rows: number
  /** About how many there are in all. */
  readonly rowsAbout: number
  readonly taken: number
  readonly part: string
  readonly parts: number
  readonly partsDone: number
}

/** What became of it all, earlier runs included. */
export interface MigrateSummary {
  readonly rows: number
  /** Frames the target has. */
  readonly taken: number
  /** Frames it refused: see its quarantine. */
  readonly rejected: number
  /** Rows that cannot be frames; this run. */
  readonly leftOut: number
  /** Rows whose address was none; copied without it; this run. */
  readonly mended: number
  /** Rows that were dropped before they were read. */
  readonly gone: number
  /** Partitions left out for their age, and about how many rows they have. */
  readonly tooOld: { readonly parts: number; readonly rowsAbout: number }
  /** Through with everything; false when it was interrupted. */
  readonly isWhole: boolean
  /** All of it is in the database of the target; false when that is not known. */
  readonly isStored: boolean
}

const SENDS_AT_ONCE = 3
const ROW_BYTES_ABOUT = 1_400

/** Copies what is not copied yet. Rejects with MigrateError or DatabaseError when a person is needed. */
export async function migrateHomer7(options: MigrateOptions): Promise<MigrateSummary> {
  using journal = new MigrateJournal(options.journal, await sourceOf(options.sql), options.untilMs)
  return await new Migration(options, journal).run()
}

class Migration {
  readonly #options: MigrateOptions
  readonly #journal: MigrateJournal
  readonly #sender: BatchSender
  readonly #sends = new Set<Promise<void>>()
  #failure: unknown
  #leftOut = 0
  #mended = 0
  #parts: readonly Homer7Part[] = []
  #partsDone = 0
  #startedMs = performance.now()
  #rowsBefore = 0

  constructor(options: MigrateOptions, journal: MigrateJournal) {
    this.#options = options
    this.#journal = journal
    this.#sender = new BatchSender(options)
    this.#rowsBefore = journal.counts.rows
  }

  async run(): Promise<MigrateSummary> {
    const { sql, sinceMs = Number.NEGATIVE_INFINITY } = this.#options
    const all = await this.#persist(() => listParts(sql))
    this.#parts = (all ?? []).filter(({ toMs }) => toMs > sinceMs)
    await this.#sendAgain()
    this.#endDropped(all ?? [])
    for (const part of this.#parts) {
      if (this.#isOver) break
      await this.#copyPart(part)
      this.#partsDone += 1
    }
    await Promise.all(this.#sends)
    if (this.#failure) throw this.#failure
    const isWhole = !this.#options.signal.aborted
    const isStored = isWhole && (await this.#sender.stored())
    return { ...this.#summary(all ?? []), isWhole, isStored }
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#failure !== undefined
  }

  #summary(all: readonly Homer7Part[]) {
    const old = all.filter((part) => !this.#parts.includes(part))
    const tooOld = {
      parts: old.length,
      rowsAbout: old.reduce((sum, part) => sum + rowsOf(part), 0),
    }
    return { ...this.#journal.counts, leftOut: this.#leftOut, mended: this.#mended, tooOld }
  }

  // What was under way when it ended the last time: the same rows, under the same numbers.
  async #sendAgain(): Promise<void> {
    for (const parcel of [...this.#journal.pending.values()]) {
      const part = this.#parts.find(({ name }) => name === parcel.part)
      const round = this.#journal.rounds.get(parcel.part)
      const batch = part && round && (await this.#readAgain(part, round, parcel))
      if (batch && batch.rows === parcel.rows) await this.#dispatch(parcel, batch)
      else if (!this.#isOver) this.#loseParcel(parcel)
    }
  }

  // Dropped by the rotation since the last run, half copied.
  #endDropped(all: readonly Homer7Part[]): void {
    const names = new Set(all.map(({ name }) => name))
    if (this.#isOver) return
    for (const [name, { ended, rows, cut }] of this.#journal.rounds)
      if (!ended && !names.has(name)) this.#journal.end(name, Math.max(0, rows - cut))
  }

  async #readAgain(part: Homer7Part, round: Round, { from, to }: Parcel) {
    checkNotRewritten(part, round)
    return this.#persist(async () => {
      const batch = new RowBatch(part.name, part.hepType, this.#options.key ?? '')
      const { untilMs } = this.#options
      const stretch = { lo: round.lo, hi: round.hi, untilMs, from, to }
      for await (const page of readPart(this.#options.sql, part, stretch))
        for (const row of page) batch.add(row)
      return batch
    })
  }

  // Its partition was dropped meanwhile. Whether the target had it by then nobody knows.
  #loseParcel(parcel: Parcel): void {
    this.#options.onWait?.(
      `${parcel.rows} rows of ${parcel.part} were under way and are not in the source any more`,
    )
    this.#journal.lose(parcel)
  }

  async #copyPart(part: Homer7Part): Promise<void> {
    const round = await this.#persist(() => roundOf(part, this.#journal, this.#options))
    if (round === undefined || round.ended) return
    checkNotRewritten(part, round)
    // After a lost connection it goes on behind the last row that was cut.
    const isThrough = await this.#persist(async () => {
      await this.#cutRows(part, round)
      return true
    })
    if (this.#isOver) return
    if (!isThrough) this.#options.onWait?.(`${part.name} was dropped while it was read`)
    this.#journal.end(part.name, Math.max(0, round.rows - round.cut))
  }

  async #cutRows(part: Homer7Part, round: Round): Promise<void> {
    const { sql, untilMs, key = '' } = this.#options
    const stretch = { lo: round.lo, hi: round.hi, untilMs, from: round.place }
    let batch = new RowBatch(part.name, part.hepType, key)
    for await (const page of readPart(sql, part, stretch)) {
      for (const row of page) {
        batch.add(row)
        if (!batch.isFull) continue
        await this.#cut(part, round, batch)
        batch = new RowBatch(part.name, part.hepType, key)
      }
      if (this.#isOver) return
    }
    if (batch.rows > 0) await this.#cut(part, round, batch)
  }

  async #cut(part: Homer7Part, round: Round, batch: RowBatch): Promise<void> {
    await this.#sender.room()
    await this.#pace()
    if (this.#isOver) return
    const { rows, frames, place } = batch
    const parcel = this.#journal.cut(part.name, round.place, place, rows, frames)
    await this.#dispatch(parcel, batch)
    this.#tell(part.name)
  }

  /** Sends it while others are under way; waits for a free place. */
  async #dispatch(parcel: Parcel, batch: RowBatch): Promise<void> {
    while (this.#sends.size >= SENDS_AT_ONCE) await Promise.race(this.#sends)
    const sending = this.#send(parcel, batch)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#sends.delete(sending))
    this.#sends.add(sending)
  }

  async #send(parcel: Parcel, batch: RowBatch): Promise<void> {
    const { stream, number, frames } = parcel
    const floor = this.#journal.floorOf(stream)
    const named = { stream, number, floor, body: batch.body, frames }
    const receipt = frames === 0 ? { taken: 0, rejected: 0 } : await this.#sender.send(named)
    if (receipt === undefined) return
    this.#leftOut += batch.leftOut.length
    this.#mended += batch.mended
    for (const row of batch.leftOut) this.#options.onLeftOut?.(row)
    this.#journal.done(parcel, receipt.taken, receipt.rejected)
  }

  async #pace(): Promise<void> {
    const { rowsPerSecond = 0, signal } = this.#options
    if (rowsPerSecond === 0) return
    const dueMs = ((this.#journal.counts.rows - this.#rowsBefore) / rowsPerSecond) * 1_000
    await pause(Math.max(0, this.#startedMs + dueMs - performance.now()), signal)
  }

  #tell(part: string): void {
    const { rows, taken } = this.#journal.counts
    const rounds = this.#journal.rounds
    const rowsAbout = this.#parts.reduce(
      (sum, each) => sum + (rounds.get(each.name)?.rows ?? rowsOf(each)),
      0,
    )
    const parts = { parts: this.#parts.length, partsDone: this.#partsDone }
    this.#options.onProgress?.({
      rows,
      rowsAbout: Math.max(rows, rowsAbout),
      taken,
      part,
      ...parts,
    })
  }

  /** Asks the source until it answers; undefined when the signal aborted first. */
  async #persist<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const backoff = new Backoff()
    while (!this.#isOver) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof MigrateError) throw error
        const explained = await explainDatabaseError(error, this.#options.fromUrl)
        if (isGone(error)) return undefined
        if (!explained.retryable) throw explained
        this.#options.onWait?.(`the source: ${explained.message}`)
        await pause(backoff.nextMs(), this.#options.signal)
      }
    }
    return undefined
  }
}

const rowsOf = ({ rowsAbout, bytes }: Homer7Part): number =>
  rowsAbout ?? Math.round(bytes / ROW_BYTES_ABOUT)

/** The rotation of heplify-server has dropped the partition. */
const isGone = (error: unknown): boolean => (error as { errno?: string }).errno === '42P01'
