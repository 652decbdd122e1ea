// Marks may say too much and never too little: a search skips what they rule out.
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { callStateOf } from '#sip'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { answeredCall, TEST_US, traced } from '../read/test-calls.ts'
import { MARKED_US, MinuteMarks, storeMarks, unknownMarks } from './minute-marks.ts'
import { fieldsOf } from './segment-row.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
})

const marksOf = (...calls: ReturnType<typeof answeredCall>[]) => {
  const marks = new MinuteMarks()
  for (const messages of calls) {
    const group = { protocol: 1, callId: 'c', messages: [...messages], bytes: 0 }
    marks.note(fieldsOf(group, callStateOf(messages), [], []))
  }
  return marks.take()
}

const stored = async (node: string) =>
  (await database.sql`select * from segment_minutes where node = ${node} order by minute`) as Record<
    string,
    unknown
  >[]

const manyHosts = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const n = from + i
    return [traced({ src: `10.1.${n >> 8}.${n & 255}` })]
  })

test('storeMarks keeps what the segments of a minute hold, each minute by itself', async () => {
  const busy = [
    traced({ userAgent: 'Phone 1', from: 'a@x.example', captureNode: 'edge', src: '10.0.0.9' }),
    traced({ start: '486', atUs: 1 }),
  ]
  const later = answeredCall({ atUs: MARKED_US })
  await storeMarks(database.sql, marksOf(busy, later), 'one')
  const [first, second] = await stored('one')
  expect(first).toMatchObject({ minute: new Date(TEST_US / 1_000), methods: ['INVITE'] })
  expect(first).toMatchObject({ user_agents: ['Phone 1'], captured_by: ['edge'] })
  expect(first!.domains).toEqual(['x.example', 'b.example'])
  expect(first!.hosts).toEqual(['10.0.0.9', '10.0.0.2', '10.0.0.1'])
  expect([...(first!.statuses as number[])]).toEqual([486])
  expect([...(second!.statuses as number[])].sort()).toEqual([180, 200])
})

test('storeMarks of two batches knows what either held', async () => {
  const status = fc.integer({ min: 100, max: 699 })
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(status, { minLength: 1, maxLength: 5 }), { maxLength: 4 }),
      async (all) => {
        const node = `batches ${++run}`
        for (const statuses of all)
          await storeMarks(
            database.sql,
            marksOf(
              statuses.map((s) => traced({ start: `${s}` })),
              [traced()],
            ),
            node,
          )
        const [row] = await stored(node)
        const known = [...((row?.statuses as number[] | undefined) ?? [])]
        expect(new Set(known)).toEqual(new Set(all.flat()))
      },
    ),
    { numRuns: 20 },
  )
})

test('storeMarks gives a list up that becomes too long, at once or by and by, and for good', async () => {
  await storeMarks(database.sql, marksOf(...manyHosts(0, 600)), 'long')
  expect((await stored('long'))[0]).toMatchObject({ hosts: null, methods: ['INVITE'] })
  for (const from of [0, 300])
    await storeMarks(database.sql, marksOf(...manyHosts(from, 300)), 'grows')
  expect((await stored('grows'))[0]).toMatchObject({ hosts: null, methods: ['INVITE'] })
  await storeMarks(database.sql, marksOf([traced()]), 'grows')
  expect((await stored('grows'))[0]).toMatchObject({ hosts: null })
})

test('storeMarks writes nothing where there is nothing new', async () => {
  const xmin = async () =>
    (await database.sql`select xmin::text from segment_minutes where node = 'same'`)[0].xmin
  await storeMarks(database.sql, marksOf(answeredCall({})), 'same')
  const before = await xmin()
  await storeMarks(database.sql, marksOf([traced()]), 'same')
  expect(await xmin()).toBe(before)
})

test('unknownMarks says of the same minutes that they may hold anything', async () => {
  await storeMarks(database.sql, marksOf([traced()]), 'unknown')
  await storeMarks(database.sql, unknownMarks(marksOf([traced()])), 'unknown')
  const [row] = await stored('unknown')
  expect(Object.values(row!).filter((value) => value === null)).toHaveLength(8)
})
