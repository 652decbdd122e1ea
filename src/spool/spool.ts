// format document goes here
import { join } from 'node:path'
import { listLanes } from './lane-files.ts'
import { checkBytesMax, SPOOL_BYTES_MAX } from './open-lane.ts'
import { deletePassedFiles } from './reader-marks.ts'
import { ensureSpoolJson, writeSpoolJson } from './spool-json.ts'
import { type SpoolUsage, spoolUsage } from './spool-usage.ts'

export interface SpoolOptions {
  readonly directory: string
  /** Over all lanes. @default 8 GiB */
  readonly bytesMax?: number
  /** Who must have passed a file before it is deleted. @default none: nothing is deleted */
  readonly readers?: readonly string[]
  /** How often passed files are looked for, beside each release. @default 1000 */
  readonly reclaimMs?: number
}

/** The spool as the main thread holds it; writers and readers open their lanes by directory. */
export interface Spool extends AsyncDisposable {
  readonly id: string
  readonly directory: string
  readonly bytesMax: number
  lanes(): readonly string[]
  /** Bytes, backlog and age; cheap enough for every scrape. */
  usage(): SpoolUsage
  /** Deletes files every declared reader has passed; returns how many. */
  reclaim(): number
  close(): Promise<void>
}

/** Opens a spool directory, or makes it. Throws when a later Calliope wrote it. */
export async function openSpool({
  directory,
  bytesMax = SPOOL_BYTES_MAX,
  readers = [],
  reclaimMs = 1_000,
}: SpoolOptions): Promise<Spool> {
  checkBytesMax(bytesMax)
  const json = ensureSpoolJson(directory)
  if (json.readers.join() !== readers.join()) writeSpoolJson(directory, { ...json, readers })
  const lanes = () => listLanes(directory)
  const reclaim = () =>
    lanes().reduce((sum, lane) => sum + deletePassedFiles(join(directory, lane), readers), 0)
  const timer = setInterval(reclaim, reclaimMs)
  timer.unref()
  const close = async () => clearInterval(timer)
  return {
    id: json.spoolId,
    directory,
    bytesMax,
    lanes,
    usage: () => spoolUsage(directory),
    reclaim,
    close,
    [Symbol.asyncDispose]: close,
  }
}
