// A lane's directory: numbered files, rising. Each run of the writer begins at the next round
// thousand, so that a number is never used twice even when a power failure took the last files away:
// a reader's cursor then points at a file that is gone, never into a different one of the same name.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SpoolError } from './spool-error.ts'

const FILE_NAME = /^(\d{10,15})\.spool$/
const LANE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
const RUN_STEP = 1_000

/** Where batches that failed their checksum are kept for people to look at; no lane has this name. */
export const DAMAGED_DIRECTORY = 'damaged'

export const laneFileName = (file: number): string => `${String(file).padStart(10, '0')}.spool`

export function laneDirectory(directory: string, lane: string): string {
  if (LANE_NAME.test(lane) && lane !== DAMAGED_DIRECTORY) return join(directory, lane)
  throw new SpoolError(
    'SPOOL_BAD_OPTION',
    `"${lane}" cannot name a lane: use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit, not "damaged"`,
  )
}

/** Numbers of a lane's files, rising; empty when there is no such lane. */
export function listLaneFiles(laneDir: string): number[] {
  return namesIn(laneDir)
    .map((name) => FILE_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

export function listLanes(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => LANE_NAME.test(name) && name !== DAMAGED_DIRECTORY)
    .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isDirectory())
    .sort()
}

/** First number of the writer's next run, above every number used or read before. */
export const nextRun = (highest: number): number =>
  highest === 0 ? 1 : (Math.floor((highest - 1) / RUN_STEP) + 1) * RUN_STEP + 1

/** True when one run of the writer made both. */
export const isSameRun = (a: number, b: number): boolean =>
  Math.floor((a - 1) / RUN_STEP) === Math.floor((b - 1) / RUN_STEP)

/** Bytes of a file; 0 when it has gone. */
export const fileBytes = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.size ?? 0

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
