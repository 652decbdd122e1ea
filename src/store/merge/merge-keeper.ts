// Merges partitions as they come due, while the store runs. Its failures cost nothing but time: what
// could not be merged stays as it was and is tried again later.
import { statfsSync } from 'node:fs'
import { log as rootLog } from '#log'
import { describeError } from '../postgres/sql-state.ts'
import { pause } from '../write/backoff.ts'
import { MERGE_MEMORY_BYTES, mergeCalls } from './merge-calls.ts'

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

const MINUTE_MS = 60_000
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

  /** Runs until the signal aborts; begins each round only while `isReady`. */
  async run(isReady: () => boolean, signal: AbortSignal): Promise<void> {
    const { isOn = true, everyMs = MINUTE_MS } = this.#settings
    if (!isOn) return
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (signal.aborted || !isReady()) continue
      try {
        while (await this.#mergeNext(signal));
      } catch (error) {
        if (signal.aborted) return
        this.#add({ mergeFailures: 1 })
        log.warn({ error: describeError(error) }, 'could not merge a partition; later')
        await pause(AFTER_FAILURE_MS, signal)
      }
    }
  }

  async #mergeNext(signal: AbortSignal): Promise<boolean> {
    const { afterMs = 15 * MINUTE_MS, share = 0.2 } = this.#settings
    const freeBytes = () => freeIn(this.#directory)
    const pace = { share, memoryBytes: MERGE_MEMORY_BYTES, signal }
    const merged = await mergeCalls(this.#url, { ...pace, afterMs, freeBytes })
    if (merged === undefined) return false
    this.#add({
      mergedPartitions: 1,
      mergedRowsBefore: merged.rowsBefore,
      mergedRowsAfter: merged.rowsAfter,
    })
    return true
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

function freeIn(directory: string | undefined): number | undefined {
  if (directory === undefined) return undefined
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
