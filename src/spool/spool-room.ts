// How much the spool may still grow. Bytes are counted over all lanes, though each lane has its own
// thread: what this lane writes it knows at once, what the others wrote and the readers freed it
// measures again. Files but the last of a lane never change, so their sizes are remembered.
import { join } from 'node:path'
import { fileBytes, laneFileName, listLaneFiles, listLanes } from './lane-files.ts'

const MEASURE_MS = 1_000 // while there is plenty of room
const MEASURE_NEAR_MS = 20 // while there is little, or none: space freed is used at once
const NEAR_PART = 8 // "little" is less than this part of the whole

export interface RoomOptions {
  readonly directory: string
  readonly bytesMax: number
  readonly now: () => number
}

export class SpoolRoom {
  readonly #directory: string
  readonly #bytesMax: number
  readonly #now: () => number
  #settled = new Map<string, number>() // sizes of files that had a successor when they were measured
  #usedBytes = 0
  #measuredMs = Number.NEGATIVE_INFINITY

  constructor({ directory, bytesMax, now }: RoomOptions) {
    this.#directory = directory
    this.#bytesMax = bytesMax
    this.#now = now
    this.measure()
  }

  get bytesLeft(): number {
    return Math.max(0, this.#bytesMax - this.#usedBytes)
  }

  get isNearlyFull(): boolean {
    return this.bytesLeft < this.#bytesMax / NEAR_PART
  }

  /** This lane wrote so much. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  /** Measures again when it is time to; says whether it did. */
  refresh(): boolean {
    const waitMs = this.isNearlyFull ? MEASURE_NEAR_MS : MEASURE_MS
    if (this.#now() - this.#measuredMs < waitMs) return false
    this.measure()
    return true
  }

  measure(): void {
    this.#measuredMs = this.#now()
    const settled = new Map<string, number>()
    this.#usedBytes = listLanes(this.#directory).reduce(
      (sum, lane) => sum + this.#laneBytes(join(this.#directory, lane), settled),
      0,
    )
    this.#settled = settled
  }

  #laneBytes(laneDir: string, settled: Map<string, number>): number {
    const files = listLaneFiles(laneDir)
    const newest = files.at(-1)
    let sum = 0
    for (const file of files) {
      const path = join(laneDir, laneFileName(file))
      const bytes = this.#settled.get(path) ?? fileBytes(path)
      if (file !== newest) settled.set(path, bytes)
      sum += bytes
    }
    return sum
  }
}
