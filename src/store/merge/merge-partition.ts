// Writes a partition anew with one row for each call where there were several:
//
//   old  ─▶ segments ─▶ open calls ─▶ rows, blocks of 512 KiB ─▶ new table ─▶ swap (swap-partition.ts)
//            in order     bounded      zstd level 6              invisible
//
// The old partition is only read, so whatever happens before the swap loses nothing: the half-made table
// is dropped. What has come into the old one since it was read is found by its batch: a batch is there
// as a whole or not at all, and which ones were read is known.

import type { SQL } from 'bun'
import { pause } from '#backoff'
import type { Partition } from '../postgres/partitions.ts'
import { copyInto, IDS_PER_BATCH } from '../write/copy-segments.ts'
import { storeMarks } from '../write/minute-marks.ts'
import { SharedTexts } from '../write/shared-texts.ts'
import { keepUsedDictionary } from '../write/use-dictionary.ts'
import { MergedRows } from './merged-rows.ts'
import { type MergedSegment, segmentOf } from './merged-segment.ts'
import { OpenCalls } from './open-calls.ts'
import { type ReadSegment, SegmentPages } from './read-segments.ts'
import { copyRows, type IdRange, prepareTable, sealTable, swapPartition } from './swap-partition.ts'

export interface MergePace {
  /** Of one CPU, over time. */
  readonly share: number
  /** Messages of open calls held in memory. */
  readonly memoryBytes: number
  /** While true nothing is read or written. */
  readonly isHeld?: () => boolean
  readonly signal: AbortSignal
}

export interface MergeReport {
  readonly rowsBefore: number
  readonly rowsAfter: number
  readonly messages: number
}

const ID_MAX = (2n ** 63n - 1n).toString()
const HELD_MS = 250
/** Of payload between two looks of the garbage collector, at 30 ms each. */
const COLLECT_BYTES = 4 * 1024 * 1024
const SEALS_MAX = 60
const SEAL_WAIT_MS = 1_000
const SWAPS_MAX = 30
/** In the place of a node's name, beside the marks of the nodes. */
const MARKED_BY = ''
const SWAP_WAIT_MS = 2_000

/** Merges one partition; throws when it could not, and then nothing has changed. */
export async function mergePartition(
  sql: SQL,
  partition: Partition,
  pace: MergePace,
): Promise<MergeReport> {
  const table = await prepareTable(sql, partition)
  try {
    const merge = new PartitionMerge(sql, partition.name, table)
    await merge.run(pace)
    await seal(sql, table, pace.signal)
    const late = merge.unreadIds()
    await swap(sql, { partition, table, late }, pace.signal)
    return merge.report
  } catch (error) {
    await sql.unsafe(`drop table if exists ${table}`).catch(() => undefined)
    throw error
  }
}

class PartitionMerge {
  readonly #sql: SQL
  readonly #from: string
  readonly #to: string
  readonly #open: (bytes: number) => OpenCalls = (bytes) => new OpenCalls(bytes)
  readonly #texts = new SharedTexts()
  readonly #rows: MergedRows
  readonly #batches = new Set<number>()
  readonly #asTheyAre: number[] = []
  #uncollected = 0
  #rowsRead = 0
  #messagesRead = 0
  #messagesAsTheyAre = 0

  constructor(sql: SQL, from: string, to: string) {
    this.#sql = sql
    this.#from = from
    this.#to = to
    this.#rows = new MergedRows((rows) => copyInto(sql, to, [rows]), this.#texts)
  }

  get report(): MergeReport {
    return {
      rowsBefore: this.#rowsRead,
      rowsAfter: this.#rows.rowCount + this.#asTheyAre.length,
      messages: this.#messagesRead,
    }
  }

  async run(pace: MergePace): Promise<void> {
    await this.#texts.load(this.#sql)
    const pages = new SegmentPages(this.#sql, this.#from)
    const calls = this.#open(pace.memoryBytes)
    for (;;) {
      await whileHeld(pace)
      const startedAt = performance.now()
      const page = await pages.next()
      if (page === undefined) break
      for (const row of page.rows) await this.#take(await page.open(row), calls)
      for (const call of calls.takeFinished()) await this.#rows.add(call)
      this.#passed(page.payloadBytes)
      await pause((performance.now() - startedAt) * (1 / pace.share - 1), pace.signal)
    }
    for (const call of calls.takeAll()) await this.#rows.add(call)
    await keepUsedDictionary(this.#sql)
    await this.#rows.end()
    await this.#copyAsTheyAre()
    // Before the swap: marks that say too much are harmless, missing ones hide calls.
    await storeMarks(this.#sql, this.#rows.takeMarks(), MARKED_BY)
    await whileHeld(pace)
  }

  /** What pages unpack to dies at once; left alone, the engine lets hundreds of megabytes of it pile up. */
  #passed(bytes: number): void {
    this.#uncollected += bytes
    if (this.#uncollected < COLLECT_BYTES) return
    this.#uncollected = 0
    Bun.gc(true)
  }

  /** Ids of batches that were not seen: rows with one of them came later. */
  unreadIds(): IdRange[] {
    const ranges: IdRange[] = []
    let low = 0n
    for (const batch of [...this.#batches].sort((a, b) => a - b)) {
      const first = BigInt(batch) * IDS_PER_BATCH
      if (first > low) ranges.push([low.toString(), first.toString()])
      low = first + IDS_PER_BATCH
    }
    return [...ranges, [low.toString(), ID_MAX]]
  }

  async #take({ row, id, batch, messages }: ReadSegment, calls: OpenCalls): Promise<void> {
    this.#rowsRead += 1
    this.#messagesRead += row.message_count
    this.#batches.add(batch)
    if (messages === undefined) {
      this.#asTheyAre.push(id)
      this.#messagesAsTheyAre += row.message_count
      return
    }
    this.#rows.offerBatch(batch)
    const segment = segmentOf(row, messages)
    if (row.call_id === '') return await this.#rows.addAlone(segment, BigInt(id))
    const full: MergedSegment | undefined = calls.add(segment)
    if (full !== undefined) await this.#rows.add(full)
  }

  async #copyAsTheyAre(): Promise<void> {
    const ranges = this.#asTheyAre.map((id): IdRange => [String(id), String(id + 1)])
    const copied = await copyRows(this.#sql, this.#from, this.#to, ranges)
    const written = this.#rows.messageCount + copied
    if (written !== this.#messagesRead || copied !== this.#messagesAsTheyAre) {
      throw new Error(`${written} messages written of ${this.#messagesRead} read`)
    }
  }
}

async function whileHeld({ isHeld, signal }: MergePace): Promise<void> {
  signal.throwIfAborted()
  while (isHeld?.()) {
    await pause(HELD_MS, signal)
    signal.throwIfAborted()
  }
}

async function seal(sql: SQL, table: string, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < SEALS_MAX; i++) {
    signal.throwIfAborted()
    if (await sealTable(sql, table)) return
    await pause(SEAL_WAIT_MS, signal)
  }
  throw new Error('a long transaction sees an older state; the merge is tried again later')
}

async function swap(
  sql: SQL,
  swapped: Parameters<typeof swapPartition>[1],
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    try {
      return await swapPartition(sql, swapped)
    } catch (error) {
      const { errno } = error as { errno?: string }
      if (errno !== LOCK_NOT_AVAILABLE || tries >= SWAPS_MAX) throw error
      await pause(SWAP_WAIT_MS, signal)
    }
  }
}

const LOCK_NOT_AVAILABLE = '55P03'
