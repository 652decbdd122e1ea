import { expect, setDefaultTimeout, test } from 'bun:test'
import { compressWith } from '../write/segment-packing.ts'
import { writerRig } from '../write/test-rig.ts'
import { callFrames } from '../write/test-spool.ts'
import { useNewestDictionary } from '../write/use-dictionary.ts'
import { keepDictionary, trainDictionary } from './train-dictionary.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server

/** Frames of calls between different people. */
const framesOf = (prefix: string, count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) =>
    callFrames(`${prefix}-${i * 7919}`, { from: `${prefix}${i}`, to: `user-${i * 31}` }),
  ).flat()

test('trainDictionary takes a third off a few messages that it has never seen', () => {
  const dictionary = trainDictionary(framesOf('seen', 60))
  expect(dictionary.length).toBeLessThanOrEqual(24 * 1024)
  const few = Buffer.concat(framesOf('new', 9).filter((_, i) => i % 8 === 0))
  const alone = Bun.zstdCompressSync(few, { level: 1 }).length
  expect(compressWith(dictionary, few).length * 1.5).toBeLessThan(alone)
})

test('keepDictionary keeps a version once, and rows packed with it are read back', async () => {
  await using rig = await writerRig()
  const store = async (prefix: string, count: number) => {
    const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
    rig.spool.append(names.flatMap((name) => callFrames(name)))
    await rig.store()
  }
  await store('call', 60)
  const { sql } = rig.database
  expect(await keepDictionary(sql, 'call_segments')).toBeGreaterThan(0)
  expect(await keepDictionary(sql, 'call_segments')).toBeUndefined()
  await useNewestDictionary(sql)
  await sql`delete from message_dictionaries` // as in another database
  await store('later', 2)
  const [row] = await sql`select format from call_segments where call_id = 'later-0'`
  expect(row.format).toBe(2)
  const [kept] = await sql`select count(*)::int as count from message_dictionaries`
  expect(kept.count).toBe(1)
  expect((await rig.storedPayloads()).size).toBe(62 * 7)
})
