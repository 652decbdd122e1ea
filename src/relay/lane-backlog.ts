// How much of the spool a destination has not passed, by the sizes of files alone.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LaneState } from './journal-state.ts'

const FILE_NAME = /^(\d{10,15})\.spool$/

/** Bytes behind the cursors, of all lanes or of one. */
export function backlogBytes(
  directory: string,
  lanes: ReadonlyMap<string, Pick<LaneState, 'passed'>>,
  only?: string,
): number {
  let bytes = 0
  for (const [lane, { passed }] of lanes) {
    if (only !== undefined && lane !== only) continue
    for (const file of filesOf(directory, lane)) {
      if (file < passed.file) continue
      const size = sizeOf(join(directory, lane, nameOf(file)))
      bytes += file === passed.file ? Math.max(0, size - passed.offset) : size
    }
  }
  return bytes
}

/** The lane with the most of it; there must be a lane. */
export const furthestBehind = (
  directory: string,
  lanes: ReadonlyMap<string, Pick<LaneState, 'passed'>>,
): string =>
  [...lanes.keys()].reduce((a, b) =>
    backlogBytes(directory, lanes, b) > backlogBytes(directory, lanes, a) ? b : a,
  )

/** The file behind this one; undefined when it is the newest. */
export const nextFile = (directory: string, lane: string, file: number): number | undefined =>
  filesOf(directory, lane).find((other) => other > file)

function filesOf(directory: string, lane: string): number[] {
  try {
    return readdirSync(join(directory, lane))
      .map((name) => Number(FILE_NAME.exec(name)?.[1]))
      .filter((file) => file > 0)
      .sort((a, b) => a - b)
  } catch {
    return [] // the lane has gone
  }
}

const nameOf = (file: number): string => `${String(file).padStart(10, '0')}.spool`

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
