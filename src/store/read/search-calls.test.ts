import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { CallRow, CallSearch } from '#contract'
import { outcomeOf } from '#sip'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { decodeMessages } from '../write/segment.ts'
import { callRowOf, statusOf } from './call-row.ts'
import { parseCidr } from './cidr.ts'
import { listedId } from './loose-segment.ts'
import { type MergedCall, mergeSegments } from './merged-call.ts'
import { arbitraryQuery } from './query-arbitrary.ts'
import { matchesQuery } from './query-match.ts'
import { printQuery } from './query-print.ts'
import type { NumberField, NumberRange, Query, Term, TextField } from './query-terms.ts'
import { readSession } from './read-session.ts'
import { planSearch, type SearchOptions, searchCalls, WALK_LIMITS } from './search-calls.ts'
import { compareKeys } from './search-key.ts'
import { type SegmentRow, SUMMARY_COLUMNS } from './segment-summary.ts'
import type { TestMessage, TestSegment } from './test-calls.ts'
import {
  answeredCall,
  insertSegments,
  makePartitions,
  SECOND_US,
  TEST_US,
  traced,
} from './test-calls.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
  await makePartitions(database.sql, [])
})
afterAll(() => database[Symbol.asyncDispose]())

const OPTIONS: SearchOptions = { storedHeaders: new Set(['x-stored']) }

async function search(more: Partial<CallSearch> = {}, options = OPTIONS) {
  const all = { q: '', fromUs: undefined, toUs: undefined, limit: 50, cursor: undefined, ...more }
  const plan = planSearch(all, options)
  const { signal } = new AbortController()
  return readSession(database.sql, { signal }, (session) =>
    searchCalls(session, plan, all.limit, options.limits ?? WALK_LIMITS),
  )
}

test('searchCalls merges the segments of a call and shows it once', async () => {
  await database.sql`truncate call_segments`
  const call = answeredCall({ callId: 'a "quoted\\", {id}' })
  for (const message of call)
    await insertSegments(database.sql, [{ callId: 'a "quoted\\", {id}', messages: [message] }])
  const page = await search()
  expect(page.nextCursor).toBeNull()
  expect(page.calls).toEqual([
    {
      callId: 'a "quoted\\", {id}',
      startedAt: '2026-11-20T08:00:00.000000Z',
      endedAt: '2026-11-20T08:01:02.001000Z',
      from: 'alice',
      to: 'bob',
      method: 'INVITE',
      status: 200,
      outcome: 'completed',
      setupMs: 200,
      durationMs: 60_000,
      mos: null,
      messageCount: 6,
      userAgent: '',
      srcIp: '10.0.0.1',
      dstIp: '10.0.0.2',
      protocol: 1,
    },
  ])
})

test('searchCalls from a time on sees calls as they are from there, and says which began before', async () => {
  await database.sql`truncate call_segments`
  const insert = (callId: string, atUs: number, start = 'REGISTER') =>
    insertSegments(database.sql, [{ callId, messages: [traced({ callId, start, atUs })] }])
  for (const minute of [-120, -60, 0]) await insert('registers hourly', minute * 60 * SECOND_US)
  await insert('new', 60 * SECOND_US)
  await insert('old', -90 * 60 * SECOND_US)
  const { calls } = await search({ fromUs: TEST_US - 30 * 60 * SECOND_US })
  expect(calls.map(({ callId, startedAt, partial }) => [callId, startedAt, partial])).toEqual([
    ['new', '2026-11-20T08:01:00.000000Z', undefined],
    ['registers hourly', '2026-11-20T08:00:00.000000Z', true],
  ])
  const upTo = await search({ toUs: TEST_US })
  expect(upTo.calls.map(({ callId }) => callId)).toEqual(['old', 'registers hourly'])
  expect(upTo.calls[1]?.messageCount).toBe(3)
})

test('searchCalls shows the worst quality any segment has, RTCP too, and finds calls by it', async () => {
  await database.sql`truncate call_segments`
  const rtcp = (callId: string, atUs: number, fraction_lost: number) => {
    const report_blocks = [{ source_ssrc: 7, fraction_lost, ia_jitter: 40 }]
    const start = JSON.stringify({ type: 201, ssrc: 1, report_blocks })
    const messages = [traced({ protocolType: 5, correlationId: callId, atUs, start })]
    return { callId, messages }
  }
  const heard = answeredCall({ callId: 'heard', headers: ['P-RTP-Stat: PS=90,PR=98,PL=2,JI=0'] })
  const phoned = answeredCall({ callId: 'phoned', headers: ['X-RTP-Stat: MOS=3.1'] })
  await insertSegments(database.sql, [
    { callId: 'heard', messages: heard },
    { callId: 'phoned', messages: phoned },
    { callId: 'silent', messages: answeredCall({ callId: 'silent' }) },
  ])
  await insertSegments(database.sql, [
    rtcp('heard', 5 * SECOND_US, 0),
    rtcp('heard', 10 * SECOND_US, 64),
    rtcp('phoned', 10 * SECOND_US, 0),
  ])
  const mosOf = async (q: string) =>
    Object.fromEntries((await search({ q })).calls.map(({ callId, mos }) => [callId, mos]))
  expect(await mosOf('')).toEqual({ heard: 2.34, phoned: 3.1, silent: null })
  expect(await mosOf('mos:<3.1')).toEqual({ heard: 2.34 })
  expect(await mosOf('mos:2.3')).toEqual({ heard: 2.34 })
  expect(await mosOf('mos:3..4 from:alice')).toEqual({ phoned: 3.1 })
  expect(await mosOf('mos:>4')).toEqual({}) // one of its reports said so, another one less
  expect(await mosOf('-mos:>=0')).toEqual({ silent: null })
  await expect(search({ q: 'mos:3.125' })).rejects.toMatchObject({ code: 'bad_number' })
})

test('searchCalls keeps the time range of the first page while paging', async () => {
  await database.sql`truncate call_segments`
  for (let n = 0; n < 5; n += 1) {
    const messages = [traced({ callId: `call-${n}`, atUs: n * SECOND_US })]
    await insertSegments(database.sql, [{ callId: `call-${n}`, messages }])
  }
  const first = await search({ limit: 2, fromUs: TEST_US + SECOND_US })
  // By the next request -15m would be later; what was in the range must not fall out of it.
  const moved = { limit: 9, fromUs: TEST_US + 4 * SECOND_US, cursor: first.nextCursor! }
  const second = await search(moved)
  expect([...first.calls, ...second.calls].map(({ callId }) => callId)).toEqual([
    ...['call-4', 'call-3', 'call-2', 'call-1'],
  ])
  expect(second.nextCursor).toBeNull()
  await expect(search({ ...moved, q: 'from:bob' })).rejects.toMatchObject({ code: 'bad_cursor' })
  await expect(search({ cursor: 'made up' })).rejects.toMatchObject({ code: 'bad_cursor', at: 0 })
})

test('searchCalls finds IPv6, bytes that are not UTF-8, and what looks like SQL, as it was sent', async () => {
  await database.sql`truncate call_segments`
  const odd = [
    traced({ callId: 'six', src: '2001:db8::1', dst: 'fe80::1' }),
    traced({ callId: 'latin', from: 'Jos\xe9@a', headers: ['Subject: caf\xe9'] }),
    traced({ callId: 'utf8', from: Buffer.from('Jos\u00e9@a').toString('latin1') }),
    traced({ callId: "'; drop table call_segments; --", from: "o'brien@a" }),
    traced({ callId: 'like%', from: 'a_b@a' }),
  ]
  for (const message of odd)
    await insertSegments(database.sql, [{ callId: message.sip!.callId, messages: [message] }])
  const found = async (q: string) => (await search({ q })).calls.map(({ callId }) => callId).sort()
  expect(await found('ip:2001:db8::/64')).toEqual(['six'])
  expect(await found('from:Jos\u00e9')).toEqual(['latin', 'utf8'])
  expect(await found(`callid:"'; drop table call_segments; --"`)).toEqual([odd[3]!.sip!.callId])
  expect(await found("o'brien")).toEqual([odd[3]!.sip!.callId])
  expect(await found('callid:like%')).toEqual(['like%'])
  expect(await found('callid:lik_')).toEqual([])
  expect(await found('from:a_b|axb')).toEqual(['like%'])
  expect(await found('text:caf')).toEqual(['latin'])
})

test('searchCalls with limits out of range gives a page all the same', async () => {
  for (const limit of [0, -1, 1e9])
    expect((await search({ limit })).calls.length).toBeGreaterThan(0)
})

// Few values, so that queries hit and calls share them; times far apart, near, and equal.
const users = ['alice', 'bob', '+4989123', '+4989777', 'o%_\\', 'ä']
const domains = ['a.example', 'B.example', '10.9.9.9']
const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.9', '2001:db8::1', '::ffff:10.0.0.1']
const starts = ['INVITE', 'REGISTER', 'BYE', 'ACK', 'CANCEL', '100', '180', '183', '200', '202']
const failures = ['401', '407', '404', '408', '486', '487', '503', '600']
const party = fc
  .tuple(fc.constantFrom(...users), fc.constantFrom(...domains))
  .map(([user, domain]) => `${user}@${domain}`)

const timeUs = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: 0, max: 20 }).map((n) => n * SECOND_US),
  fc.integer({ min: -40, max: 40 }).map((n) => n * 5_000 * SECOND_US),
)

const message: fc.Arbitrary<TestMessage> = fc.record({
  atUs: timeUs,
  start: fc.constantFrom(...starts, ...failures, 'no SIP'),
  from: party,
  to: party,
  ruri: party,
  cseq: fc.constantFrom('INVITE', 'INVITE', 'REGISTER', 'BYE'),
  userAgent: fc.constantFrom('', 'Phone 1.0', 'Trunk'),
  src: fc.constantFrom(...addresses),
  dst: fc.constantFrom(...addresses),
  headers: fc.constantFrom(
    ...[[], ['X-Foo: bar'], ['x-foo: Baz', 'X-Foo: bar']],
    ...[['X-RTP-Stat: MOS=3.21'], ['P-RTP-Stat: PR=90,PL=10,JI=0']],
  ),
  captureId: fc.constantFrom(1, 2001, 4_000_000_000),
  captureNode: fc.constantFrom('', 'edge-1', 'edge-2'),
  protocolType: fc.constantFrom(1, 1, 1, 1, 5, 100),
})

interface Dealt {
  readonly callId: string
  readonly segments: readonly TestSegment[]
}

const call = (callId: string): fc.Arbitrary<Dealt> =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), message), { minLength: 1, maxLength: 7 })
    .map((dealt) => ({
      callId,
      segments: [...Map.groupBy(dealt, ([segment]) => segment).values()].map((part) => ({
        callId,
        messages: part.map(([, fields]) => traced({ ...fields, callId })),
        ...(part.length % 2 ? { headers: { 'x-stored': part.length % 3 ? 'One' : 'two' } } : {}),
      })),
    }))

const calls = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, i) => call(i === 3 ? '' : `id-${i % 7}é${i}`))),
  )

const query = arbitraryQuery({
  piece: fc.constantFrom('', 'alice', 'bob', '+4989', '123', 'a', 'example', 'B', '@', '%', 'id-1'),
  header: fc.constantFrom('x-foo', 'x-stored', 'x-none'),
  address: fc.oneof(
    fc.constantFrom(...addresses),
    fc.constantFrom('10.0.0.0/8', '10.0.0.0/23', '::/0'),
  ),
  range: (field) => ranges(field === 'duration' || field === 'setup' ? 30 * SECOND_US : 610),
})

function ranges(max: number): fc.Arbitrary<NumberRange> {
  const end = fc.oneof(fc.integer({ min: 0, max }), fc.integer({ min: 0, max: 8 }))
  return fc
    .tuple(end, end, fc.boolean())
    .map(([a, b, open]) => ({ min: Math.min(a, b), max: open ? Infinity : Math.max(a, b) }))
}

const limits = fc.record({
  callsMax: fc.constantFrom(1, 3, 1_000),
  msMax: fc.constant(60_000),
  pendingMax: fc.constantFrom(0, 2, 1_000),
  rowsFirst: fc.constantFrom(1, 3, 100),
})

/** Terms that hold for a call, so that several together still find something. */
const truths: ((call: MergedCall) => Term | undefined)[] = [
  ({ state }) => text('from', state.fromUser),
  ({ state }) => text('to', state.toUser),
  ({ state }) => text('ruri', state.ruriUser),
  ({ state }) => text('method', state.method),
  ({ sentCallId }) => text('callid', sentCallId),
  ({ state }) => text('user', `${state.toUser}@${state.toDomain}`),
  ({ capturedBy }) => [...capturedBy].map((node) => text('node', node))[0],
  ({ statuses }) => [...statuses].map((status) => number('reply', status))[0],
  (call) => (statusOf(call) === undefined ? undefined : number('status', statusOf(call)!)),
  ({ mos }) => (mos === undefined ? undefined : number('mos', mos)),
  ({ captureIds }) => number('capture', Math.max(...captureIds)),
  ({ state }) => ({ kind: 'outcome', not: false, outcomes: [outcomeOf(state)] }),
  ({ hosts }) => ({
    kind: 'address',
    not: false,
    field: 'ip',
    blocks: [parseCidr([...hosts][0]!)!],
  }),
]

function text(field: TextField, value: string): Term {
  return { kind: 'text', not: false, field, header: '', globs: [[value]] }
}

function number(field: NumberField, value: number): Term {
  return { kind: 'number', not: false, field, ranges: [{ min: value, max: value }] }
}

const asked = fc.record({
  query,
  /** Instead of the random query: these truths of that call. */
  about: fc.option(fc.tuple(fc.nat(), fc.subarray(truths, { maxLength: 3 })), { nil: undefined }),
  limits,
  limit: fc.integer({ min: 1, max: 5 }),
  fromUs: fc.option(timeUs, { nil: undefined }),
  toUs: fc.option(timeUs, { nil: undefined }),
  nowUs: timeUs,
})

test('searchCalls pages together are every matching call, newest first, each exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.array(asked, { minLength: 6, maxLength: 6 }), async (dealt, all) => {
      await database.sql`truncate call_segments`
      await insertSegments(
        database.sql,
        dealt.flatMap(({ segments }) => segments),
      )
      for (const asked of all) {
        const one = { ...asked, query: await queryOf(asked) }
        const range = { fromUs: shifted(one.fromUs), toUs: shifted(one.toUs) }
        const wanted = await bruteForce(one.query, range)
        expect(await pagesOf(one, range)).toEqual(wanted)
      }
    }),
    { numRuns: 50 },
  )
}, 60_000)

async function queryOf({ query, about }: Asked): Promise<Query> {
  if (about === undefined) return query
  const all = (await storedCalls({})).map(({ call }) => call)
  return about[1].flatMap((truth) => truth(all[about[0] % all.length]!) ?? [])
}

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never
const shifted = (us: number | undefined) => (us === undefined ? undefined : TEST_US + us)
type Range = Pick<CallSearch, 'fromUs' | 'toUs'>

async function pagesOf(one: Asked, range: Range): Promise<CallRow[]> {
  const rows: CallRow[] = []
  const options = { ...OPTIONS, limits: one.limits, nowUs: TEST_US + one.nowUs }
  const first = { q: printQuery(one.query), limit: one.limit, ...range }
  let page = await search(first, options)
  rows.push(...page.calls)
  for (let pages = 1; page.nextCursor !== null; pages += 1) {
    expect(pages).toBeLessThan(500)
    // The range of the first page is in the cursor: relative times move on.
    page = await search({ ...first, fromUs: undefined, cursor: page.nextCursor }, options)
    rows.push(...page.calls)
  }
  return rows
}

/** The same without SQL conditions, pages, windows and order: what is stored, grouped and filtered. */
async function bruteForce(query: Query, { fromUs, toUs = Infinity }: Range): Promise<CallRow[]> {
  const keyOf = ({ callId, state }: MergedCall) => ({ us: state.firstUs, callId })
  const found = (await storedCalls({ fromUs })).filter(
    ({ call }) => call.state.firstUs < toUs && matchesQuery(query, call, OPTIONS.storedHeaders),
  )
  return found
    .map(({ call, isWhole }) => ({ ...call, isWhole }))
    .sort((a, b) => compareKeys(keyOf(a), keyOf(b)))
    .map(callRowOf)
}

async function storedCalls({ fromUs = 0 }: { fromUs?: number | undefined }) {
  const rows = await database.sql.unsafe<(SegmentRow & { format: number; messages: Buffer })[]>(
    `select ${SUMMARY_COLUMNS}, s.format, s.messages from call_segments s`,
  )
  const groups = Map.groupBy(rows, ({ call_id, id, first_us }) =>
    listedId(call_id, { firstUs: Number(first_us), id: String(id) }),
  )
  return [...groups.values()].flatMap((group) => {
    const [seen, before] = [fromUs, fromUs - 86_400e6].map((us) =>
      group.filter((row) => Number(row.first_us) >= us),
    ) as [typeof group, typeof group]
    if (seen.length === 0) return []
    const payloads = () =>
      seen.flatMap((row) => decodeMessages(row.format, row.messages).map((m) => m.payload))
    const call = mergeSegments(seen, { payloads })
    return [{ call, isWhole: before.length === seen.length }]
  })
}
