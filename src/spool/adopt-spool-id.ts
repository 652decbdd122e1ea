// The id of a spool whose spool.json was lost: every batch carries it, and without it nothing in the
// spool could be read.
import { join } from 'node:path'
import { BATCH_BYTES_MAX, HEADER_BYTES, probeBatch } from './batch.ts'
import { listLaneFiles, listLanes } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import { type SpoolId, spoolIdFrom } from './spool-id.ts'

/** The id in the first file that begins with a whole batch; undefined when there is none. */
export function adoptSpoolId(directory: string): string | undefined {
  for (const lane of listLanes(directory)) {
    const laneDir = join(directory, lane)
    const source = new LaneSource(laneDir)
    try {
      for (const file of listLaneFiles(laneDir)) {
        const id = idOf(source, file)
        if (id) return id
      }
    } finally {
      source.close()
    }
  }
  return undefined
}

function idOf(source: LaneSource, file: number): string | undefined {
  const head = source.read(file, 0, HEADER_BYTES)
  if (head.length < 56) return undefined
  const spoolId = spoolIdFrom(uuidText(head.subarray(8, 24)))
  const bytes = Math.min(head.readUInt32LE(28), BATCH_BYTES_MAX)
  return isWhole(source.read(file, 0, bytes), spoolId) ? spoolId.text : undefined
}

const isWhole = (batch: Buffer, spoolId: SpoolId): boolean =>
  probeBatch(batch, 0, spoolId).kind === 'batch'

const uuidText = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
