import { expect, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { testDatabase } from '../postgres/test-server.ts'
import { SUMMARY_COLUMNS } from '../read/segment-summary.ts'
import { searchPage } from '../read/test-rig.ts'
import { SharedTexts } from './shared-texts.ts'
import { storeAll, type WriterRig, writerRig } from './test-rig.ts'
import { callFrames } from './test-spool.ts'
import { Writer } from './writer.ts'

const RENEW_MS = 10_000

function meet(texts: SharedTexts, text: string, times: number): void {
  for (let i = 0; i < times; i++) texts.refOf(text)
}

async function emptyDatabase() {
  const database = await testDatabase()
  await migrate(database.sql)
  return database
}

test('SharedTexts shares what it met often, and nothing rare, long or strange', async () => {
  await using database = await emptyDatabase()
  const texts = new SharedTexts()
  const often = ['Phone 1', '7\nedge', 'x'.repeat(201), 'Tele\u00adfon', 'nul\0']
  for (const text of often) meet(texts, text, 100)
  meet(texts, 'rare', 3)
  await texts.renew(database.sql, 0)
  expect(often.map((text) => texts.refOf(text))).toEqual([
    ...[expect.any(Number), expect.any(Number)],
    ...[undefined, undefined, undefined],
  ])
  expect(texts.refOf('rare')).toBeUndefined()
  expect(texts.refMax).toBe(2)
})

test('SharedTexts ends at its most, and what others shared is taken over', async () => {
  await using database = await emptyDatabase()
  const [one, other] = [new SharedTexts({ max: 2 }), new SharedTexts({ max: 2 })]
  for (const text of ['a', 'b', 'c']) meet(one, text, 100)
  await one.renew(database.sql, 0)
  const known = ['a', 'b', 'c'].map((text) => one.refOf(text)).filter(Boolean)
  expect(known.sort()).toEqual([1, 2])
  meet(other, 'd', 100)
  await other.renew(database.sql, RENEW_MS)
  expect(other.refOf('d')).toBeUndefined()
  expect(['a', 'b', 'c'].filter((text) => other.refOf(text) !== undefined)).toHaveLength(2)
})

async function appendCalls(rig: WriterRig, name: string): Promise<void> {
  const headers = ['User-Agent: Tele 7']
  for (let i = 0; i < 40; i++) rig.spool.append(callFrames(`${name}-${i}`, { headers }))
}

const rowsOf = (rig: WriterRig, name: string) =>
  rig.database
    .sql`select user_agent, user_agent_ref is not null as is_agent_shared, capture_ids, captured_ref is not null as is_captured_shared
    from call_segments where call_id like ${`${name}-%`}`
const IN_ROWS = {
  ...{ user_agent: 'Tele 7', is_agent_shared: false },
  ...{ capture_ids: '2001', is_captured_shared: false },
}
const SHARED = {
  ...{ user_agent: null, is_agent_shared: true },
  ...{ capture_ids: null, is_captured_shared: true },
}

test('Writer writes the number of a frequent text; reading and searching give the text back', async () => {
  await using rig = await writerRig()
  await appendCalls(rig, 'first')
  await rig.store()
  await appendCalls(rig, 'second')
  await rig.store()
  const rows = await rowsOf(rig, 'second')
  expect(rows).toHaveLength(40)
  for (const row of rows) expect(row).toEqual(SHARED)
  const read = (await rig.database.sql.unsafe(
    `select ${SUMMARY_COLUMNS} from call_segments s`,
  )) as Record<string, string | null>[]
  expect(read).toHaveLength(80)
  const meant = { user_agent: 'Tele 7', capture_ids: '2001', captured_by: null }
  for (const row of read) expect(row).toMatchObject(meant)
  for (const q of ['ua:"Tele 7"', 'capture:2001', 'ua:tele* capture:>2000']) {
    const { calls } = await searchPage(rig.database.sql, { q, limit: 100 })
    expect(calls.map(({ userAgent }) => userAgent)).toEqual(Array(80).fill('Tele 7'))
  }
})

test('Writer writes no number that its database does not have', async () => {
  await using rig = await writerRig()
  await appendCalls(rig, 'first')
  await storeAll(rig.options)
  const stop = new AbortController()
  const writer = new Writer(rig.options)
  const running = writer.run(stop.signal)
  await appendCalls(rig, 'second')
  await writer.drain()
  expect((await rowsOf(rig, 'second'))[0]).toEqual(SHARED)
  // As after a restore from a backup: the rows are gone, and the numbers with them.
  await rig.database.sql`delete from shared_texts`
  await appendCalls(rig, 'third')
  await writer.drain()
  stop.abort()
  await running
  const rows = await rowsOf(rig, 'third')
  expect(rows).toHaveLength(40)
  for (const row of rows) expect(row).toEqual(IN_ROWS)
})
