import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { CallCountQuery } from '#contract'
import { type CountLimits, countCalls, planCount } from './count-calls.ts'
import { readSession } from './read-session.ts'
import { recentValues } from './recent-values.ts'
import {
  answeredCall,
  insertSegments,
  SECOND_US,
  TEST_US,
  type TestSegment,
  traced,
} from './test-calls.ts'
import { callsDatabase } from './test-rig.ts'
import { bucketUsFor, SLICES, slicesOf } from './time-slices.ts'

const database = callsDatabase()

const MINUTE_US = 60 * SECOND_US
const { signal } = new AbortController()

function count(more: Partial<CallCountQuery> = {}, limits?: CountLimits) {
  const query = { q: '', fromUs: TEST_US, toUs: TEST_US + 60 * MINUTE_US, buckets: 60, ...more }
  const plan = planCount(query, { storedHeaders: new Set(), nowUs: TEST_US + 3600 * SECOND_US })
  return readSession(database.sql, { signal }, (session) => countCalls(session, plan, limits))
}

/** A call a second for an hour, every tenth refused, its segments in two batches. */
async function insertHour(): Promise<void> {
  await database.sql`truncate call_segments`
  const calls = Array.from({ length: 3600 }, (_, i): TestSegment[] => {
    const call = { callId: `c${i}`, from: `user${i % 7}@a.example`, atUs: i * SECOND_US }
    const messages = answeredCall(call, 5 * SECOND_US)
    if (i % 10 !== 0)
      return [
        { callId: call.callId, messages: messages.slice(0, 3) },
        { callId: call.callId, messages: messages.slice(3) },
      ]
    const refused = traced({ ...call, atUs: call.atUs + 1_000, start: '503' })
    return [{ callId: call.callId, messages: [messages[0]!, refused] }]
  })
  await insertSegments(
    database.sql,
    calls.map(([first]) => first!),
  )
  await insertSegments(
    database.sql,
    calls.flatMap(([, second]) => second ?? []),
  )
}

test('countCalls counts every call once, in the bucket in which it began, by its outcome', async () => {
  await insertHour()
  const counts = await count()
  expect([counts.share, counts.total, counts.bucketMs]).toEqual([1, 3600, 60_000])
  expect(counts.coveredFrom).toBe(counts.from)
  expect(counts.buckets).toHaveLength(60)
  for (const bucket of counts.buckets) expect(bucket.counts).toEqual({ completed: 54, failed: 6 })
})

test('countCalls says which part of the buckets it looked at when time is short, and scales it up', async () => {
  const counts = await count({}, { walkMsMax: 0, sampleMsMax: 0 })
  expect(counts.share).toBeGreaterThan(0)
  expect(counts.share).toBeLessThan(1)
  // One second in 4,096 of a minute holds a call or none: what is there must be a multiple of the scale.
  for (const { counts: of } of counts.buckets)
    for (const n of Object.values(of)) expect(n % Math.round(1 / counts.share)).toBe(0)
})

test('countCalls walks what a narrow query finds, and agrees with slices on a wide one', async () => {
  expect((await count({ q: 'from:user3' })).total).toBe(
    Array.from({ length: 3600 }, (_, i) => i).filter((i) => i % 7 === 3).length,
  )
  const sliced = await count({ q: 'outcome:failed' }, { walkMsMax: 0, sampleMsMax: 60_000 })
  expect([sliced.share, sliced.total]).toEqual([1, 360])
  const half = await count({ toUs: TEST_US + 30 * MINUTE_US, buckets: 7 })
  expect([half.total, half.bucketMs]).toEqual([1800, 300_000])
})

test('countCalls looks no further back than time allows where messages must be read, and says so', async () => {
  const counts = await count({ q: 'text:nowhere' }, { walkMsMax: 0, sampleMsMax: 60_000 })
  expect(counts.total).toBe(0)
  expect(counts.coveredFrom > counts.from).toBe(true)
})

test('countCalls begins at the oldest call without from, and has an answer where nothing is', async () => {
  const all = await count({ fromUs: undefined, toUs: undefined })
  expect([all.total, all.from]).toEqual([3600, '2026-11-20T08:00:00.000000Z'])
  const none = await count({ fromUs: TEST_US - 10 * MINUTE_US, toUs: TEST_US })
  expect([none.total, none.buckets.length]).toEqual([0, 0])
})

test('slicesOf covers a range exactly once, whatever the steps', () =>
  fc.assert(
    fc.property(
      fc.nat(1e9),
      fc.integer({ min: 1, max: 1e7 }),
      fc.integer({ min: 4096, max: 1e7 }),
      fc.uniqueArray(fc.integer({ min: 1, max: SLICES - 1 }), { maxLength: 4 }),
      (fromUs, length, bucketUs, cuts) => {
        const range = { fromUs, toUs: fromUs + length }
        fc.pre(length / bucketUs < 8)
        const ends = [0, ...cuts.sort((a, b) => a - b), SLICES]
        const spans = ends
          .slice(1)
          .flatMap((end, i) => slicesOf(range, bucketUs, ends[i]!, end))
          .sort((a, b) => a.fromUs - b.fromUs)
        expect(spans[0]!.fromUs).toBe(range.fromUs)
        expect(spans.at(-1)!.toUs).toBe(range.toUs)
        for (const [i, span] of spans.entries())
          if (i > 0) expect(span.fromUs).toBe(spans[i - 1]!.toUs)
      },
    ),
    { numRuns: 50 },
  ))

test('countCalls goes on sampling until there is something to go by, however little time it has', async () => {
  // All of the calls within a second of a day: the first slices of a day are certain to miss them.
  const fromUs = TEST_US - 20 * 60 * MINUTE_US
  const query = { q: '', fromUs, toUs: TEST_US + 4 * 60 * MINUTE_US, buckets: 60 }
  const counts = await readSession(database.sql, { signal }, (session) =>
    countCalls(session, planCount(query, { storedHeaders: new Set() }), {
      walkMsMax: 1,
      sampleMsMax: 500,
    }),
  )
  expect(counts.total).toBeGreaterThan(0)
})

test('bucketUsFor gives readable lengths and never more buckets than asked for', () => {
  const day = { fromUs: TEST_US, toUs: TEST_US + 24 * 60 * MINUTE_US }
  expect(bucketUsFor(day, 100)).toBe(15 * MINUTE_US)
  expect(bucketUsFor({ fromUs: 0, toUs: 4e15 }, 60)).toBeGreaterThan(1e13)
})

const values = (field: string, prefix = '') =>
  readSession(database.sql, { signal }, (session) => recentValues(session, field, prefix))

test('recentValues gives what a field held, what was seen most often first, and knows words', async () => {
  const users = await values('from', 'user')
  expect(users.map(({ value }) => value).sort()).toEqual(
    [0, 1, 2, 3, 4, 5, 6].map((n) => `user${n}`),
  )
  expect((await values('user', 'USER3')).map(({ value }) => value)).toEqual(['user3'])
  expect((await values('status', '5')).map(({ value }) => value)).toEqual(['503'])
  expect((await values('ip', '10.0.0.')).map(({ value }) => value).sort()).toEqual([
    '10.0.0.1',
    '10.0.0.2',
  ])
  expect((await values('outcome', 'un')).map(({ value }) => value)).toEqual([
    'unanswered',
    'unknown',
  ])
  expect(await values('from', 'us%r')).toEqual([])
  expect(await values('duration', '')).toEqual([])
})

test('recentValues knows the headers that are kept, and their values', async () => {
  await insertSegments(database.sql, [
    { callId: 'h', messages: [traced({ callId: 'h' })], headers: { 'x-tenant': 'acme' } },
  ])
  expect(await values('header', 'x-')).toEqual([{ value: 'x-tenant', seen: 1 }])
  expect(await values('header.X-Tenant', 'a')).toEqual([{ value: 'acme', seen: 1 }])
})
