// Reads a whole spool, changes nothing, and says what is in it: for `calliope doctor --spool`, also
// while the spool is in use (the end of a file being written may then look torn for a moment).
import { join } from 'node:path'
import { BATCH_FORMAT } from './batch.ts'
import { fileBytes, laneFileName, listLaneFiles, listLanes } from './lane-files.ts'
import { LaneSource } from './lane-source.ts'
import { readMarks } from './reader-marks.ts'
import type { Cursor } from './record.ts'
import { PeerNames } from './record-codec.ts'
import { RecordWalk } from './record-walk.ts'
import { SpoolError } from './spool-error.ts'
import { type SpoolId, spoolIdFrom } from './spool-id.ts'
import { readSpoolJson, spoolJsonPath } from './spool-json.ts'
import { type NoBatch, type WholeBatch, walkBatches } from './walk-batches.ts'

/** A place that cannot be read, with the frames missing there when a later batch tells. */
export interface DamagedPlace {
  readonly kind: 'damaged' | 'torn' | 'missing'
  readonly file: number
  readonly offset: number
  readonly bytes: number
  readonly frames: number | undefined
  readonly reason: string
}

export interface LaneReport {
  readonly lane: string
  readonly files: number
  readonly firstFile: number
  readonly lastFile: number
  readonly bytes: number
  readonly batches: number
  readonly frames: number
  readonly quarantined: number
  /** Frames of the lane since it was made, those of deleted files included. */
  readonly framesEver: number
  /** µs since 1970; undefined without records. */
  readonly oldestUs: number | undefined
  readonly newestUs: number | undefined
  readonly damaged: readonly DamagedPlace[]
  readonly readers: readonly {
    readonly name: string
    readonly cursor: Cursor
    readonly behindFrames: number
  }[]
}

export interface SpoolReport {
  readonly directory: string
  readonly spoolId: string
  readonly formatVersion: number
  readonly batchFormat: number
  readonly createdAt: string
  readonly declaredReaders: readonly string[]
  readonly lanes: readonly LaneReport[]
}

/** Reads every batch of every lane. Throws when there is no spool, or a later Calliope wrote it. */
export function verifySpool(directory: string): SpoolReport {
  const json = readSpoolJson(directory)
  if (!json) {
    throw new SpoolError(
      'SPOOL_UNREADABLE',
      `${spoolJsonPath(directory)} does not exist: ${directory} is no spool; name the directory that holds spool.json`,
    )
  }
  const spoolId = spoolIdFrom(json.spoolId)
  return {
    directory,
    spoolId: json.spoolId,
    formatVersion: json.formatVersion,
    batchFormat: BATCH_FORMAT,
    createdAt: json.createdAt,
    declaredReaders: json.readers,
    lanes: listLanes(directory).map((lane) => new LaneCheck(directory, lane, spoolId).run()),
  }
}

class LaneCheck {
  readonly #lane: string
  readonly #laneDir: string
  readonly #spoolId: SpoolId
  readonly #source: LaneSource
  readonly #peers = new PeerNames()
  readonly #damaged: DamagedPlace[] = []
  #batches = 0
  #frames = 0
  #quarantined = 0
  #framesEver: number | undefined
  #oldestUs = Number.POSITIVE_INFINITY
  #newestUs = Number.NEGATIVE_INFINITY

  constructor(directory: string, lane: string, spoolId: SpoolId) {
    this.#lane = lane
    this.#laneDir = join(directory, lane)
    this.#spoolId = spoolId
    this.#source = new LaneSource(this.#laneDir)
  }

  run(): LaneReport {
    const files = listLaneFiles(this.#laneDir)
    for (const file of files) {
      for (const step of walkBatches(this.#source, file, this.#spoolId)) {
        if (step.kind === 'batch') this.#count(file, step)
        else this.#damage(file, step)
      }
    }
    this.#source.close()
    return this.#report(files)
  }

  #count(file: number, { header, window, at, offset }: WholeBatch): void {
    this.#compareIndex(file, offset, header.firstFrame)
    this.#framesEver = header.firstFrame + header.frames
    this.#batches++
    this.#frames += header.frames
    this.#quarantined += header.records - header.frames
    const span = { at: at + header.headerBytes, records: header.records }
    const walk = new RecordWalk(window, [span], this.#peers)
    while (walk.next()) {
      this.#oldestUs = Math.min(this.#oldestUs, walk.receivedUs)
      this.#newestUs = Math.max(this.#newestUs, walk.receivedUs)
    }
  }

  #damage(file: number, { kind, offset, bytes, reason }: NoBatch): void {
    this.#damaged.push({ kind, file, offset, bytes, frames: undefined, reason })
  }

  // The first batch behind damage tells how many frames were in it.
  #compareIndex(file: number, offset: number, firstFrame: number): void {
    const gap = this.#framesEver === undefined ? 0 : firstFrame - this.#framesEver
    const last = this.#damaged.at(-1)
    if (last && last.frames === undefined && gap >= 0) {
      this.#damaged[this.#damaged.length - 1] = { ...last, frames: gap }
    } else if (gap !== 0) {
      const reason = gap > 0 ? 'frames before this batch are missing' : 'the index goes back'
      this.#damaged.push({
        kind: 'missing',
        file,
        offset,
        bytes: 0,
        frames: Math.max(0, gap),
        reason,
      })
    }
  }

  #report(files: readonly number[]): LaneReport {
    const framesEver = this.#framesEver ?? 0
    const empty = this.#oldestUs > this.#newestUs
    return {
      lane: this.#lane,
      files: files.length,
      firstFile: files[0] ?? 0,
      lastFile: files.at(-1) ?? 0,
      bytes: files.reduce(
        (sum, file) => sum + fileBytes(join(this.#laneDir, laneFileName(file))),
        0,
      ),
      batches: this.#batches,
      frames: this.#frames,
      quarantined: this.#quarantined,
      framesEver,
      oldestUs: empty ? undefined : this.#oldestUs,
      newestUs: empty ? undefined : this.#newestUs,
      damaged: this.#damaged,
      readers: [...readMarks(this.#laneDir)].map(([name, cursor]) => ({
        name,
        cursor,
        behindFrames: Math.max(0, framesEver - cursor.records),
      })),
    }
  }
}
