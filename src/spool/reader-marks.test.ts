import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { laneFileName, listLaneFiles } from './lane-files.ts'
import { deletePassedFiles, readMarks, slowestMark, writeMark } from './reader-marks.ts'
import { temporaryDirectory } from './test-frames.ts'

function laneOf(laneDir: string, files: readonly number[]): string {
  for (const file of files) writeFileSync(join(laneDir, laneFileName(file)), '')
  return laneDir
}

test('deletePassedFiles never deletes the newest file, however far a mark is', () => {
  using directory = temporaryDirectory()
  const laneDir = laneOf(directory.path, [1, 2, 1_001])
  writeMark(laneDir, 'store', { file: 9_001, offset: 0, records: 0 })
  expect(deletePassedFiles(laneDir, ['store'])).toBe(2)
  expect(listLaneFiles(laneDir)).toEqual([1_001])
})

test('deletePassedFiles deletes nothing while a declared reader has no mark that can be read', () => {
  using directory = temporaryDirectory()
  const laneDir = laneOf(directory.path, [1, 2, 3])
  writeMark(laneDir, 'store', { file: 3, offset: 0, records: 0 })
  expect(deletePassedFiles(laneDir, ['store', 'relay'])).toBe(0)
  for (const text of ['', '{', 'null', '{"file":3}', '{"file":-1,"offset":0,"records":0}']) {
    writeFileSync(join(laneDir, 'relay.reader'), text)
    expect(deletePassedFiles(laneDir, ['store', 'relay'])).toBe(0)
  }
  expect(deletePassedFiles(laneDir, [])).toBe(0)
  expect(listLaneFiles(laneDir)).toEqual([1, 2, 3])
})

test('slowestMark is the one farthest behind, within a file too; a known mark replaces the file', () => {
  using directory = temporaryDirectory()
  const store = { file: 2, offset: 700, records: 9 }
  const relay = { file: 2, offset: 300, records: 4 }
  writeMark(directory.path, 'store', store)
  writeMark(directory.path, 'relay', relay)
  expect(readMarks(directory.path)).toEqual(new Map(Object.entries({ store, relay })))
  expect(slowestMark(directory.path, ['store', 'relay'])).toEqual(relay)
  const cursor = { file: 3, offset: 0, records: 20 }
  expect(slowestMark(directory.path, ['store', 'relay'], { reader: 'relay', cursor })).toEqual(
    store,
  )
})
