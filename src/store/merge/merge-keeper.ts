// Merges partitions as they come due, while the store runs. Its failures cost nothing but time: what
// could not be merged stays as it was and is tried again later.
//
//   something due? ─ once a minute ─▶ thread ─▶ merged … merged ─▶ no thread
//                                       └ held while the writer is behind: capture comes first
import type { SQL } from 'bun'
import { pause } from '#backoff'
import { log as rootLog } from '#log'
import { describeError } from '../postgres/sql-state.ts'
import { isMergeDue } from './merge-calls.ts'
import { mergeInThread } from './merge-thread.ts'

const log = rootLog.child({ room: 'store', part: 'merge' })

export interface MergeSettings {
  /** @default true */
  readonly isOn?: boolean
  /** How long a partition must have been over. @default 15 minutes */
  readonly afterMs?: number
  /** Of one CPU, over time. @default 0.2 */
  readonly share?: number
  /** How often partitions are looked for. @default 60000 */
  readonly everyMs?: number
}

/** What merging has done in this process. */
export interface MergeCounts {
  readonly mergedPartitions: number
  readonly mergedRowsBefore: number
  readonly mergedRowsAfter: number
  readonly mergeFailures: number
}

/** What a keeper watches. */
export interface MergeSurroundings {
  /** For a look at what is due. */
  readonly sql: SQL
  readonly isReady: () => boolean
  /** How far the writer is behind. */
  readonly behindMs: () => number
  readonly signal: AbortSignal
}

const MINUTE_MS = 60_000
/** The writer waits a second for a batch to fill. */
const BEHIND_MS_MAX = 5_000
const AFTER_FAILURE_MS = 60 * MINUTE_MS

export class MergeKeeper {
  readonly #url: string
  readonly #directory: string | undefined
  readonly #settings: MergeSettings
  counts: MergeCounts = {
    mergedPartitions: 0,
    mergedRowsBefore: 0,
    mergedRowsAfter: 0,
    mergeFailures: 0,
  }

  /** `directory` is where an embedded database is; undefined for others. */
  constructor(url: string, directory: string | undefined, settings: MergeSettings) {
    this.#url = url
    this.#directory = directory
    this.#settings = settings
  }

  /** Runs until the signal aborts. */
  async run(surroundings: MergeSurroundings): Promise<void> {
    const { isReady, behindMs, signal } = surroundings
    const { isOn = true, everyMs = MINUTE_MS } = this.#settings
    if (!isOn) return
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (signal.aborted || !isReady() || behindMs() > BEHIND_MS_MAX) continue
      try {
        await this.#mergeDue(surroundings)
      } catch (error) {
        if (signal.aborted) return
        this.#add({ mergeFailures: 1 })
        log.warn({ error: describeError(error) }, 'could not merge a partition; later')
        await pause(AFTER_FAILURE_MS, signal)
      }
    }
  }

  async #mergeDue({ sql, behindMs, signal }: MergeSurroundings): Promise<void> {
    const { afterMs = 15 * MINUTE_MS, share = 0.2 } = this.#settings
    if (!(await isMergeDue(sql, { afterMs }))) return
    const job = { url: this.#url, directory: this.#directory, afterMs, share }
    await mergeInThread(job, {
      mustHold: () => behindMs() > BEHIND_MS_MAX,
      onMerged: ({ rowsBefore, rowsAfter }) =>
        this.#add({
          mergedPartitions: 1,
          mergedRowsBefore: rowsBefore,
          mergedRowsAfter: rowsAfter,
        }),
      signal,
    })
  }

  #add(more: Partial<MergeCounts>): void {
    const before = this.counts
    this.counts = {
      mergedPartitions: before.mergedPartitions + (more.mergedPartitions ?? 0),
      mergedRowsBefore: before.mergedRowsBefore + (more.mergedRowsBefore ?? 0),
      mergedRowsAfter: before.mergedRowsAfter + (more.mergedRowsAfter ?? 0),
      mergeFailures: before.mergeFailures + (more.mergeFailures ?? 0),
    }
  }
}
