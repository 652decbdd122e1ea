// How far each reader has come, as small files in the lane's directory (`store.reader`), written
// whole and renamed, so that readers may live in several threads and processes. They only say which
// files may go; where a reader goes on reading is its own affair (the store keeps its cursor in the
// database). A mark that is lost or damaged merely keeps files longer.
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { laneDirectory, laneFileName, listLaneFiles, namesIn } from './lane-files.ts'
import type { Cursor } from './record.ts'
import { SpoolError } from './spool-error.ts'

const MARK_NAME = /^([a-z0-9][a-z0-9-]{0,62})\.reader$/

export function writeMark(laneDir: string, reader: string, cursor: Cursor): void {
  const name = `${reader}.reader`
  if (!MARK_NAME.test(name)) {
    throw new SpoolError(
      'SPOOL_BAD_OPTION',
      `"${reader}" cannot name a reader: use 1 to 63 of a-z, 0-9 and "-"`,
    )
  }
  const { file, offset, records } = cursor
  const temporary = join(laneDir, `.${name}`)
  writeFileSync(temporary, JSON.stringify({ file, offset, records }))
  renameSync(temporary, join(laneDir, name))
}

/** Marks by reader; those that cannot be read are left out. */
export function readMarks(laneDir: string): Map<string, Cursor> {
  const marks = new Map<string, Cursor>()
  for (const name of namesIn(laneDir)) {
    const reader = MARK_NAME.exec(name)?.[1]
    const cursor = reader === undefined ? undefined : readMark(join(laneDir, name))
    if (reader !== undefined && cursor) marks.set(reader, cursor)
  }
  return marks
}

/** Where a reader left its mark in a lane; undefined when it left none. */
export const readerCursor = (directory: string, lane: string, reader: string): Cursor | undefined =>
  readMark(join(laneDirectory(directory, lane), `${reader}.reader`))

/**
 * Puts a reader's mark at the newest file of a lane: what is before it may go. For readers that others must
 * not wait for; one that is at work meanwhile finds its file gone, and counts what it missed.
 */
export function passOver(directory: string, lane: string, reader: string): void {
  const newest = listLaneFiles(laneDirectory(directory, lane)).at(-1)
  const mark = readerCursor(directory, lane, reader)
  if (newest === undefined || (mark && mark.file >= newest)) return
  const records = mark?.records ?? 0
  writeMark(laneDirectory(directory, lane), reader, { file: newest, offset: 0, records })
}

function readMark(path: string): Cursor | undefined {
  try {
    const { file, offset, records } = JSON.parse(readFileSync(path, 'utf8'))
    const whole = [file, offset, records].every((n) => Number.isSafeInteger(n) && n >= 0)
    return whole ? { file, offset, records } : undefined
  } catch {
    return undefined
  }
}

/** A mark known without its file: on a full disk it may not have been written. */
export interface KnownMark {
  readonly reader: string
  readonly cursor: Cursor
}

/** Where the slowest of these readers stands; undefined when one has not begun. */
export function slowestMark(
  laneDir: string,
  readers: readonly string[],
  known?: KnownMark,
): Cursor | undefined {
  const marks = readMarks(laneDir)
  if (known) marks.set(known.reader, known.cursor)
  const cursors = readers.map((reader) => marks.get(reader))
  if (cursors.length === 0 || cursors.includes(undefined)) return undefined
  return (cursors as Cursor[]).reduce((a, b) => (isBefore(b, a) ? b : a))
}

const isBefore = (a: Cursor, b: Cursor): boolean =>
  a.file < b.file || (a.file === b.file && a.offset < b.offset)

/** Deletes the files every reader has passed, but never the newest; returns how many. */
export function deletePassedFiles(
  laneDir: string,
  readers: readonly string[],
  known?: KnownMark,
): number {
  const slowest = slowestMark(laneDir, readers, known)
  if (!slowest) return 0
  const passed = listLaneFiles(laneDir)
    .slice(0, -1)
    .filter((file) => file < slowest.file)
  for (const file of passed) unlinkIfThere(join(laneDir, laneFileName(file)))
  return passed.length
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
