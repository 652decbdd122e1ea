import { expect, test } from 'bun:test'
import type { CallSearch } from '#contract'
import { answeredCall, insertSegments, SECOND_US, TEST_US, traced } from './test-calls.ts'
import { callsDatabase, searchPage } from './test-rig.ts'

const database = callsDatabase()
const search = (more?: Partial<CallSearch>) => searchPage(database.sql, more)

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
