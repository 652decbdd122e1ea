// What a search makes PostgreSQL do, on 100,000 calls over eight partitions.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { CallSearch } from '#contract'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { readCall } from './read-call.ts'
import { type ReadSession, readSession } from './read-session.ts'
import { planSearch, searchCalls, WALK_LIMITS } from './search-calls.ts'
import { insertSegments, makePartitions, TEST_US, traced } from './test-calls.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server
const DAYS = [-6, -5, -4, -3, -2, -1, 0, 1]
const CALLS = 100_000
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const { sql } = database
  await migrate(sql)
  await makePartitions(sql, DAYS)
  await insertSegments(sql, [{ callId: 'pattern', messages: [traced({ callId: 'pattern' })] }])
  // One call every five seconds, back from 08:00; numbers and ids of its own for each.
  const columns = (await sql`select attname as name from pg_attribute
    where attrelid = 'call_segments'::regclass and attnum > 0 order by attnum`) as {
    name: string
  }[]
  const values = columns.map(({ name }) => {
    if (/_at$/.test(name)) return `${name} - n * interval '5 s'`
    if (name === 'id') return `1 << 30 + n`
    if (name === 'call_id') return `'call-' || n`
    if (name === 'from_user') return `'+49891' || lpad(n::text, 6, '0')`
    if (name === 'to_user') return `'+4930' || (n % 1000)`
    return name
  })
  await sql.unsafe(`insert into call_segments select ${values.join(', ')}
    from (select * from call_segments) pattern, generate_series(1, ${CALLS}) n`)
  await sql`delete from call_segments where call_id = 'pattern'`
  await sql`analyze call_segments`
})
afterAll(() => database[Symbol.asyncDispose]())

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Alias?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** Runs something and returns, for each of its statements, the scans of partitions that took place. */
async function scansOf(work: (session: ReadSession) => Promise<unknown>) {
  const { signal } = new AbortController()
  return readSession(database.sql, { signal }, async (session) => {
    const scans: PlanNode[] = []
    await work({
      rows: async (text, values) => {
        const [plan] = await session.rows<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
          `explain (analyze, format json) ${text}`,
          values,
        )
        collect(plan!['QUERY PLAN'][0].Plan, scans)
        return session.rows(text, values)
      },
    })
    return scans
  })
}

function collect(node: PlanNode, scans: PlanNode[]): void {
  const isScan = node['Relation Name']?.startsWith('call_segments')
  if (isScan && node['Actual Loops'] > 0) scans.push(node)
  for (const child of node.Plans ?? []) collect(child, scans)
}

const rowsRead = (scans: readonly PlanNode[]) =>
  scans.reduce(
    (sum, node) =>
      sum + node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)),
    0,
  )

const search = (more: Partial<CallSearch>, nowUs = TEST_US) => {
  const all = { q: '', fromUs: undefined, toUs: undefined, limit: 50, cursor: undefined, ...more }
  const plan = planSearch(all, { storedHeaders: new Set(), nowUs })
  return (session: ReadSession) => searchCalls(session, plan, all.limit, WALK_LIMITS)
}

async function pageOf(more: Partial<CallSearch>) {
  const startedMs = performance.now()
  const { signal } = new AbortController()
  const page = await readSession(database.sql, { signal }, search(more))
  return { page, tookMs: performance.now() - startedMs }
}

test('searchCalls of a first page reads a page of rows, by index, and only in the newest partitions', async () => {
  const scans = await scansOf(search({ fromUs: TEST_US - 3_600e6 }))
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
  // The day before is asked, by Call-ID, which of the calls began before the range.
  const days = ['call_segments_day_0', 'call_segments_day_1', 'call_segments_day_m1']
  expect([...new Set(scans.map((node) => node['Relation Name']))].sort()).toEqual(days)
  expect(rowsRead(scans)).toBeLessThan(500)
})

test('searchCalls without a time range looks for candidates in the newest partitions only', async () => {
  const scans = await scansOf(search({}))
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
  // Older partitions are only asked, by Call-ID, whether a call began there.
  const walked = scans.filter(({ Alias }) => Alias === 's' || Alias?.startsWith('s_'))
  const partitions = new Set(walked.map((node) => node['Relation Name']))
  expect([...partitions].sort()).toEqual(['call_segments_day_0', 'call_segments_day_1'])
  expect(rowsRead(scans)).toBeLessThan(500)
})

test('searchCalls for a Call-ID is one lookup in the index of each partition', async () => {
  const { page } = await pageOf({ q: 'callid:call-77777' })
  expect(page.calls.map(({ callId }) => callId)).toEqual(['call-77777'])
  expect(page.nextCursor).toBeNull()
  const scans = await scansOf(search({ q: 'callid:call-77777' }))
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
  expect(rowsRead(scans)).toBeLessThan(10)
})

test('readCall without a time range reads the call and nothing else', async () => {
  const scans = await scansOf((session) =>
    readCall(session, 'call-77777', { correlate: false, messagesMax: 100 }),
  )
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
  expect(rowsRead(scans)).toBeLessThan(10)
})

test('searchCalls for a user, a prefix or a request user goes by the index on users', async () => {
  for (const q of ['from:+49891077777', 'from:+4989107777*', 'user:+49891077777', '+49891077777']) {
    const scans = await scansOf(search({ q, limit: 50 }))
    expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
    expect(rowsRead(scans)).toBeLessThan(200)
  }
})

test('searchCalls on 100,000 calls answers at once, also when nothing matches', async () => {
  // Generous: the machine is shared. What this is to catch takes seconds.
  const queries = [
    '',
    'from:+49891077777',
    'to:+493077',
    'callid:call-5',
    'status:503',
    'ip:10.9.9.9',
  ]
  for (const q of queries) expect((await pageOf({ q })).tookMs).toBeLessThan(2_000)
})

test('searchCalls that must look through too much hands back what it has, with a cursor', async () => {
  const small = { ...WALK_LIMITS, callsMax: 300 }
  const all = { q: 'messages:>5', fromUs: undefined, toUs: undefined, limit: 50, cursor: undefined }
  const plan = planSearch(all, { storedHeaders: new Set(), nowUs: TEST_US })
  const { signal } = new AbortController()
  const page = await readSession(database.sql, { signal }, (session) =>
    searchCalls(session, plan, 50, small),
  )
  expect(page.calls).toEqual([])
  expect(page.nextCursor).not.toBeNull()
  const { page: next } = await pageOf({ ...all, cursor: page.nextCursor! })
  expect(next.calls).toEqual([])
})

test('searchCalls for what is rare reads the minutes that may have it, not the others', async () => {
  const { sql } = database
  // As the writer marks them: all calls went between the same hosts, one of them failed.
  await sql`insert into segment_minutes
    select date_trunc('minute', first_at), 'test', '{1}', '{100}', '{INVITE}', '{a.example}', '{}',
      '{10.0.0.1,10.0.0.2}', '{2001}', '{}' from call_segments group by 1`
  await sql`update segment_minutes set statuses = '{100,503}' where minute = (
    select date_trunc('minute', first_at) from call_segments where call_id = 'call-5000')`
  await sql`update call_segments set failure_at = first_at, failure_status = 503, statuses = '503'
    where call_id = 'call-5000'`
  try {
    for (const [q, hits] of [
      ['status:503', 1],
      ['ip:10.9.9.9', 0],
      ['ua:nobody', 0],
    ] as const) {
      const { page } = await pageOf({ q })
      expect(page.calls).toHaveLength(hits)
      expect(page.nextCursor).toBeNull()
      expect(rowsRead(await scansOf(search({ q })))).toBeLessThan(200)
    }
  } finally {
    await sql`delete from segment_minutes`
  }
})
