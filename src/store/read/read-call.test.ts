import { beforeAll, beforeEach, expect, test } from 'bun:test'
import type { CallDetail, ReadCallOptions } from '#contract'
import type { TracedMessage } from '#sip'
import { type OpenedCallStore, openCallStore } from './call-store.ts'
import { SEGMENTS_MAX } from './load-trace.ts'
import { answeredCall, insertSegments, SECOND_US, traced } from './test-calls.ts'
import { callsDatabase } from './test-rig.ts'

const database = callsDatabase([-2, -1, 0, 1, 2])
let store: OpenedCallStore
beforeAll(() => {
  store = openCallStore({ sql: database.sql })
})
beforeEach(async () => {
  await database.sql`truncate call_segments, correlation_keys`
})

const { signal } = new AbortController()
const ALL: ReadCallOptions = { correlate: true, messagesMax: 5_000 }
const open = (callId: string, options = ALL): Promise<CallDetail | undefined> =>
  store.readCall(callId, options, signal)
const insert = (callId: string, messages: readonly TracedMessage[]) =>
  insertSegments(database.sql, [{ callId, messages }])

test('readCall joins the segments of a call from every partition, however they were dealt', async () => {
  const messages = answeredCall({ callId: 'long', atUs: -90_000 * SECOND_US }, 100_000 * SECOND_US)
  for (const message of messages.toReversed()) await insert('long', [message])
  const call = await open('long')
  expect(call?.messages.map(({ label }) => label)).toEqual([
    ...['INVITE', '180 Because', '200 Because', 'ACK', 'BYE', '200 Because'],
  ])
  expect(call?.summary).toMatchObject({ outcome: 'completed', durationMs: 100_000_000 })
  expect(call?.verdict).toStartWith('completed: answered after')
  expect(call?.ladder.columns.map(({ label }) => label)).toEqual(['10.0.0.1', '10.0.0.2'])
  expect(call?.ladder.arrows).toHaveLength(6)
  expect(call?.legs).toEqual([
    {
      callId: 'long',
      startedAt: '2026-11-19T07:00:00.000000Z',
      from: 'alice',
      to: 'bob',
      reasons: [],
      score: 1,
    },
  ])
  expect(call?.messagesOmitted).toBe(0)
})

test('readCall of a Call-ID that is not stored, or cannot be, is undefined', async () => {
  await insert('', [traced({ start: 'not SIP' })])
  for (const callId of ['none', '', 'nul\0', '%', "'; drop table nodes --", 'x'.repeat(8_000)])
    expect(await open(callId)).toBeUndefined()
})

test('readCall folds what several taps saw into one message with several times', async () => {
  const invite = { callId: 'tapped', start: 'INVITE' }
  await insert('tapped', [traced(invite), traced({ ...invite, atUs: 900, captureId: 2002 })])
  const call = await open('tapped')
  expect(call?.messages).toHaveLength(1)
  expect(call?.messages[0]?.taps).toEqual([
    {
      at: '2026-11-20T08:00:00.000000Z',
      captureId: 2001,
      capturedBy: '',
      receivedAt: '2026-11-20T08:00:00.001500Z',
      clockClamped: false,
    },
    expect.objectContaining({ at: '2026-11-20T08:00:00.000900Z', captureId: 2002 }),
  ])
})

test('readCall joins legs that name each other, both ways and through one another', async () => {
  // a <- b names a in X-CID; b and c share a Session-ID; d names c.
  const session =
    'Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000'
  await insert('a', answeredCall({ callId: 'a' }))
  await insert('b', answeredCall({ callId: 'b', atUs: 10, headers: ['X-CID: a', session] }))
  await insert('c', answeredCall({ callId: 'c', atUs: 20, headers: [session] }))
  await insert('d', answeredCall({ callId: 'd', atUs: 30, headers: ['X-CID: c'] }))
  await insert('stranger', answeredCall({ callId: 'stranger', atUs: 40, from: 'x@x', to: 'y@y' }))
  for (const callId of ['a', 'b', 'c', 'd']) {
    const call = await open(callId)
    expect(call?.legs.map((leg) => leg.callId).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(call?.legs[0]?.callId).toBe(callId)
    expect(
      call?.legs.slice(1).every(({ score, reasons }) => score === 1 && reasons.length > 0),
    ).toBeTrue()
    expect(call?.messages).toHaveLength(24)
    expect(new Set(call?.messages.map((message) => message.callId)).size).toBe(4)
  }
  const alone = await open('a', { ...ALL, correlate: false })
  expect(alone?.legs).toHaveLength(1)
  expect(alone?.messages).toHaveLength(6)
})

test('readCall joins a leg by likeness only when users, time and media agree, with a lower score', async () => {
  const sdp = (port: number) => ({
    headers: ['Content-Type: application/sdp'],
    body: `v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\n`,
  })
  const users = { from: '+4989123456@a', to: '+4930654321@b' }
  const national = { from: '089123456@a', to: '030654321@b' }
  await insert('a', [traced({ callId: 'a', ...users, ...sdp(4000) })])
  await insert('b', [traced({ callId: 'b', ...national, ...sdp(4000), atUs: 1_500_000 })])
  await insert('late', [traced({ callId: 'late', ...users, ...sdp(4000), atUs: 9_000_000 })])
  await insert('other', [traced({ callId: 'other', from: 'x@a', to: 'y@b', ...sdp(4000) })])
  const call = await open('a')
  expect(call?.legs.map((leg) => leg.callId)).toEqual(['a', 'b'])
  expect(call?.legs[1]?.score).toBeLessThan(1)
  expect(call?.legs[1]?.reasons[0]).toContain('same caller and callee')
})

test('readCall of a key that thousands of calls share stays bounded', async () => {
  await insert('a', answeredCall({ callId: 'a', headers: ['X-CID: everybody'] }))
  await database.sql`insert into correlation_keys
    select 'callid:everybody', 'other-' || n, now() from generate_series(1, 5000) n`
  const segments = Array.from({ length: 100 }, (_, n) => ({
    callId: `other-${n}`,
    messages: [traced({ callId: `other-${n}`, headers: ['X-CID: everybody'] })],
  }))
  await insertSegments(database.sql, segments)
  const call = await open('a')
  expect(call?.legs.length).toBeGreaterThan(1)
  expect(call?.legs.length).toBeLessThan(70)
})

test('readCall brings reports and logs that carry the Call-ID as correlation id', async () => {
  await insert('media', answeredCall({ callId: 'media' }))
  const report = { callId: 'media', correlationId: 'media', atUs: 5 * SECOND_US }
  await insert('media', [traced({ ...report, protocolType: 5, start: '{"type":200}' })])
  await insert('media', [
    traced({ ...report, protocolType: 100, start: 'ERROR: no media', atUs: 6 * SECOND_US }),
  ])
  const call = await open('media')
  const others = call?.messages.filter(({ protocol }) => protocol !== 1)
  expect(others?.map(({ label, raw }) => [label, raw])).toEqual([
    ['RTCP', '{"type":200}'],
    ['log', 'ERROR: no media'],
  ])
  expect(call?.summary.protocol).toBe(1)
})

test('readCall shows IPv6 addresses, and bytes that are not UTF-8 as U+FFFD', async () => {
  const odd = { callId: 'v6', src: '2001:db8::1', dst: '2001:db8::2', headers: ['X-Odd: caf\xe9'] }
  await insert('v6', [traced(odd)])
  const call = await open('v6')
  expect(call?.messages[0]).toMatchObject({
    src: { ip: '2001:db8::1', port: 5060 },
    transport: 'UDP',
    cseq: '1 INVITE',
  })
  expect(call?.messages[0]?.raw).toContain('X-Odd: caf\ufffd')
  const [message] = await store.readTrace(['v6'], signal)
  expect(message?.payload.includes(Buffer.from('caf\xe9', 'latin1'))).toBeTrue()
})

test('readCall with messagesMax shows the newest and says how many are missing', async () => {
  await insert('many', answeredCall({ callId: 'many' }))
  const call = await open('many', { correlate: true, messagesMax: 2 })
  expect(call?.messages.map(({ label }) => label)).toEqual(['BYE', '200 Because'])
  expect(call?.messagesOmitted).toBe(4)
  expect(call?.summary.messageCount).toBe(6)
})

test('readCall of a Call-ID used for very many messages is bounded, newest first, and says so', async () => {
  const count = SEGMENTS_MAX + 700
  const pings = Array.from({ length: count }, (_, n) => ({
    callId: 'ping',
    messages: [traced({ callId: 'ping', start: 'OPTIONS', atUs: n * SECOND_US })],
  }))
  await insertSegments(database.sql, pings)
  const call = await open('ping', { correlate: true, messagesMax: 100 })
  expect(call?.messages).toHaveLength(100)
  expect(call?.messages.at(-1)?.at).toBe('2026-11-20T08:44:59.000000Z')
  expect(call?.messagesOmitted).toBe(count - 100)
  expect(call?.summary.partial).toBeTrue()
  const trace = await store.readTrace(['ping'], signal)
  expect(trace.length + trace.omitted).toBe(count)
  const [row] = (await store.searchCalls(search('callid:ping'), signal)).calls
  expect(row).toMatchObject({
    callId: 'ping',
    partial: true,
    startedAt: '2026-11-20T08:00:00.000000Z',
  })
  expect(row?.endedAt).toBe('2026-11-20T08:44:59.000000Z')
})

const search = (q: string) => ({
  q,
  fromUs: undefined,
  toUs: undefined,
  limit: 10,
  cursor: undefined,
})

test('readCall opens a segment without Call-ID under the name it is listed by', async () => {
  await insert('', [traced({ start: 'no SIP at all', atUs: 7 })])
  await insert('', [traced({ start: 'nor this', atUs: 8 })])
  const { calls } = await store.searchCalls(search('text:"SIP AT"'), signal)
  expect(calls).toHaveLength(1)
  const call = await open(calls[0]!.callId)
  expect(call?.messages.map(({ raw, label }) => [raw, label])).toEqual([
    ['no SIP at all', 'unreadable SIP'],
  ])
})

test('readCall finds a call by the whole of a Call-ID that was too long to store', async () => {
  const callId = 'x'.repeat(700)
  const message = traced({ callId })
  await insert(message.sip!.callId, [message])
  expect((await open(callId))?.messages).toHaveLength(1)
  expect((await store.searchCalls(search(`callid:${callId}`), signal)).calls).toHaveLength(1)
})

test('readCall leaves out a damaged segment, counts it as omitted, and shows the rest', async () => {
  await insert('hurt', [traced({ callId: 'hurt' })])
  await database.sql`update call_segments set messages = '\\x00' where call_id = 'hurt'`
  await insert('hurt', [traced({ callId: 'hurt', start: '486', atUs: 5 })])
  const call = await open('hurt')
  expect(call?.messages.map(({ label }) => label)).toEqual(['486 Because'])
  expect(call?.messagesOmitted).toBe(1)
  expect(call?.summary.outcome).toBe('busy')
})

test('readTrace brings every message of the calls in order of time, bytes untouched', async () => {
  const [a, b] = [answeredCall({ callId: 'a' }), answeredCall({ callId: 'b', atUs: 500 })]
  await insert('a', a)
  await insert('b', b)
  const trace = await store.readTrace(['a', 'b', 'a', 'none'], signal)
  expect([...trace]).toEqual([...a, ...b].sort((x, y) => x.atUs - y.atUs))
  expect(trace.omitted).toBe(0)
})
