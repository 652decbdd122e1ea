// Rows of a real database through a real POST /hep that fails on demand: each arrives once.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LeftOut, type MigrateOptions, migrateHomer7 } from '#migrate'
import type { TestDatabase } from '../../src/store/postgres/test-server.ts'
import { temporaryDirectory } from '../program.ts'
import { RealIntake, type Weather } from '../relay/real-intakes.ts'
import {
  addRows,
  homer7Database,
  numbersOf,
  numbersTo,
  packetsOf,
  partitionName,
} from './homer7-source.ts'

const MARCH = Date.UTC(2026, 2, 1)
const HOURS = [0, 2, 4].map((hour) => MARCH + hour * 3_600_000)
const ROWS = 9_000

let source: TestDatabase

beforeAll(async () => {
  source = await homer7Database(HOURS)
  for (const [i, startMs] of HOURS.entries())
    await addRows(source.sql, { from: i * 3_000, count: 3_000, startMs })
})
afterAll(() => source[Symbol.asyncDispose]())

/** A target and a journal of their own. */
function scene(weather: (request: number) => Weather = () => 'fine', keys: string[] = []) {
  const directory = temporaryDirectory()
  let request = 0
  const target = new RealIntake(join(directory.path, 'spool'), () => weather(request++), keys)
  const journal = join(directory.path, 'journal')
  const leftOut: LeftOut[] = []
  const migrate = (options: Partial<MigrateOptions> = {}) =>
    migrateHomer7({
      ...{ sql: source.sql, fromUrl: source.url, url: target.url, token: undefined, journal },
      ...{
        signal: new AbortController().signal,
        onLeftOut: (row) => leftOut.push(row),
        ...options,
      },
    })
  const end = async () => {
    await target[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  }
  return { target, journal, leftOut, migrate, [Symbol.asyncDispose]: end }
}

test('migrateHomer7 copies every row with its own time, and a second time nothing', async () => {
  await using made = scene()
  const summary = await made.migrate()
  expect(summary).toMatchObject({ rows: ROWS, taken: ROWS, rejected: 0, leftOut: 0, isWhole: true })
  expect(numbersOf(made.target.records())).toEqual(numbersTo(ROWS))
  const [first] = packetsOf(made.target.records())
  expect(first).toMatchObject({
    ...{ atUs: MARCH * 1_000, srcIp: '10.0.0.0', srcPort: 5060, dstIp: '10.1.0.1', dstPort: 5080 },
    ...{ captureId: 2001, captureNode: '', correlationId: '', protocolType: 1 },
  })
  expect((await made.migrate()).taken).toBe(ROWS)
  expect(made.target.records()).toHaveLength(ROWS)
}, 20_000)

for (const trouble of ['cut-answer', 'half-answer', 'proxy-502', 'busy-429'] as const)
  test(`migrateHomer7 copies every row once when the target is ${trouble} every other time`, async () => {
    await using made = scene((request) => (request % 2 === 0 && request < 8 ? trouble : 'fine'))
    const waits: string[] = []
    expect(await made.migrate({ onWait: (why) => waits.push(why) })).toMatchObject({ taken: ROWS })
    expect(waits.length).toBeGreaterThan(0)
    expect(numbersOf(made.target.records())).toEqual(numbersTo(ROWS))
  }, 20_000)

test('migrateHomer7 goes on where it was, however often it is cut off while answers are lost', async () => {
  await using made = scene((request) => (request % 3 === 1 ? 'cut-answer' : 'fine'))
  for (let run = 0; run < 12; run++) {
    const controller = new AbortController()
    const waitedFor = made.target.requests + 2
    const cutOff = setInterval(() => {
      if (made.target.requests >= waitedFor) controller.abort()
    }, 1)
    const { isWhole } = await made.migrate({ signal: controller.signal })
    clearInterval(cutOff)
    if (isWhole) break
  }
  expect(await made.migrate()).toMatchObject({ rows: ROWS, taken: ROWS, gone: 0, isWhole: true })
  expect(numbersOf(made.target.records())).toEqual(numbersTo(ROWS))
}, 30_000)

test('a line of the journal that was torn by a crash never happened', async () => {
  await using made = scene()
  await made.migrate({ untilMs: MARCH + 1_000 })
  const torn = `${readFileSync(made.journal, 'utf8').split('\n').at(-2)}`.slice(0, 7)
  appendFileSync(made.journal, torn)
  expect(await made.migrate({ untilMs: MARCH + 1_000 })).toMatchObject({
    rows: 1_000,
    isWhole: true,
  })
  expect(made.target.records()).toHaveLength(1_000)
  await expect(made.migrate()).rejects.toThrow(/begun with --until 2026-03-01T00:00:01/)
}, 20_000)

test('migrateHomer7 leaves out whole partitions that are too old, and says how many', async () => {
  await using made = scene()
  const summary = await made.migrate({ sinceMs: HOURS[1]! + 1 })
  expect(summary).toMatchObject({ taken: 6_000, tooOld: { parts: 6 } })
  expect(numbersOf(made.target.records())[0]).toBe(3_000)
}, 20_000)

test('migrateHomer7 copies what came later by its id, wherever its time belongs', async () => {
  await using made = scene()
  await using other = await homer7Database(HOURS)
  const copy = () => made.migrate({ sql: other.sql, fromUrl: other.url })
  await addRows(other.sql, { from: 0, count: 500, startMs: HOURS[0]! + 100_000 })
  await copy()
  await addRows(other.sql, { from: 500, count: 400, startMs: HOURS[0]! })
  expect(await copy()).toMatchObject({ rows: 900, taken: 900 })
  expect(numbersOf(made.target.records())).toEqual(numbersTo(900))
}, 20_000)

test('migrateHomer7 counts what the rotation dropped before it was read', async () => {
  await using made = scene((request) => (request === 0 ? 'fine' : 'busy-429'))
  await using other = await homer7Database(HOURS)
  await addRows(other.sql, { from: 0, count: 5_000, startMs: HOURS[0]! })
  const from = { sql: other.sql, fromUrl: other.url }
  const controller = new AbortController()
  const onWait = () => controller.abort()
  await made.migrate({ ...from, onWait, signal: controller.signal })
  await other.sql.unsafe(`drop table ${partitionName('hep_proto_1_call', HOURS[0]!)}`)
  const { rows, taken, gone, isWhole } = await made.migrate(from)
  expect(isWhole).toBe(true)
  expect(taken).toBe(made.target.records().length)
  // What was cut and not sent is among the gone, and so is what was not cut.
  expect(taken + gone).toBe(5_000)
  expect(rows).toBeLessThan(5_000)
}, 20_000)

test('migrateHomer7 ends with a sentence when it is refused, and goes on when that is mended', async () => {
  await using made = scene(() => 'fine', ['right'])
  await expect(made.migrate()).rejects.toThrow(/refuses: 403 key_refused/)
  expect(await made.migrate({ key: 'right' })).toMatchObject({ taken: ROWS, rejected: 0 })
  expect(numbersOf(made.target.records())).toEqual(numbersTo(ROWS))
}, 20_000)

test('a row that cannot be a message is left out and told, the others go', async () => {
  await using made = scene()
  await using other = await homer7Database(HOURS)
  await addRows(other.sql, { from: 0, count: 3, startMs: HOURS[0]! })
  await other.sql.unsafe(`update hep_proto_1_call set raw = '' where sid = 'row-1'`)
  const summary = await made.migrate({ sql: other.sql, fromUrl: other.url })
  expect(summary).toMatchObject({ rows: 3, taken: 2, leftOut: 1 })
  expect(made.leftOut).toMatchObject([{ sid: 'row-1', why: 'it has no payload' }])
}, 20_000)

test('a database without homer7 tables is said to be none', async () => {
  await using made = scene()
  await using empty = await homer7Database([])
  await empty.sql.unsafe(
    'drop table hep_proto_1_call, hep_proto_1_registration, hep_proto_5_default',
  )
  await empty.sql.unsafe('drop table hep_proto_35_default, hep_proto_54_default')
  await empty.sql.unsafe('drop table hep_proto_100_default')
  const copy = made.migrate({ sql: empty.sql, fromUrl: empty.url })
  await expect(copy).rejects.toThrow(/no homer7 tables/)
}, 20_000)
