// What a call is held against: the last good one, those that failed alike, and others in one ladder.
import { beforeAll, beforeEach, expect, test } from 'bun:test'
import { type OpenedCallStore, openCallStore } from './call-store.ts'
import { answeredCall, insertSegments, SECOND_US, type TestMessage, traced } from './test-calls.ts'
import { callsDatabase } from './test-rig.ts'

const database = callsDatabase([-2, -1, 0, 1])
let store: OpenedCallStore
beforeAll(() => {
  store = openCallStore({ sql: database.sql })
})
beforeEach(async () => {
  await database.sql`truncate call_segments, correlation_keys`
})

const { signal } = new AbortController()
const HOUR_US = 3600 * SECOND_US

/** Each message a row of its own: a call is seldom in one batch. */
async function answered(callId: string, atUs: number, more: TestMessage = {}): Promise<void> {
  for (const message of answeredCall({ callId, atUs, ...more }))
    await insertSegments(database.sql, [{ callId, messages: [message] }])
}

async function failed(callId: string, atUs: number, more: TestMessage = {}): Promise<void> {
  const { src = '10.0.0.1', dst = '10.0.0.2' } = more
  const refusal = { ...more, callId, start: '503', toTag: 't', src: dst, dst: src }
  for (const message of [
    traced({ ...more, callId, atUs }),
    traced({ ...refusal, atUs: atUs + SECOND_US }),
  ])
    await insertSegments(database.sql, [{ callId, messages: [message] }])
}

test('goodCall is the newest good one before the call, between the same two', async () => {
  await answered('older', -5 * HOUR_US)
  await answered('newer', -2 * HOUR_US)
  await answered('someone-else', -HOUR_US, { from: 'carol@a.example', to: 'dave@b.example' })
  await failed('failed-too', -HOUR_US / 2)
  await failed('bad', 0)
  await answered('later', HOUR_US)
  const good = await store.goodCall('bad', signal)
  expect([good?.call?.callId, good?.shared]).toEqual(['newer', 'parties'])
})

test('goodCall falls back to the same callee, then to the same hosts', async () => {
  await failed('bad', 0)
  await answered('hosts', -HOUR_US / 2, { from: 'x@a', to: 'y@b' })
  expect(await store.goodCall('bad', signal)).toMatchObject({
    call: { callId: 'hosts' },
    shared: 'hosts',
  })
  await answered('callee', -HOUR_US, { from: 'x@a', src: '10.0.0.9' })
  expect(await store.goodCall('bad', signal)).toMatchObject({
    call: { callId: 'callee' },
    shared: 'callee',
  })
})

test('goodCall finds none beyond a week, and none for a call that is not stored', async () => {
  await failed('bad', 0)
  expect(await store.goodCall('bad', signal)).toMatchObject({ call: null, shared: null })
  expect(await store.goodCall('unknown', signal)).toBeUndefined()
})

test('similarCalls counts those of an hour around with the same status, by host and reason', async () => {
  const reason = { headers: ['Reason: Q.850;cause=38;text="Network out of order"'] }
  await failed('bad', 0, reason)
  await failed('same', -HOUR_US / 2, reason)
  await failed('other-host', HOUR_US / 2, { dst: '10.0.0.7' })
  await failed('long-ago', -3 * HOUR_US, reason)
  await answered('good', 60 * SECOND_US)
  const similar = await store.similarCalls('bad', signal)
  expect(similar).toMatchObject({ total: 2, before: 1, after: 1, sameHost: 1, host: '10.0.0.2' })
  expect(similar?.calls).toMatchObject([
    { call: { callId: 'same' }, sameHost: true, sameReason: true },
    { call: { callId: 'other-host' }, sameHost: false, sameReason: false },
  ])
  expect(similar?.calls[0]?.verdict).toStartWith('failed: 503 Because from 10.0.0.2 1.0 s after')
})

test('similarCalls of a call nobody answered are those the same host left unanswered', async () => {
  const invite = (callId: string, atUs: number, dst: string) =>
    insertSegments(database.sql, [{ callId, messages: [traced({ callId, atUs, dst })] }])
  await invite('bad', 0, '10.0.0.2')
  await invite('same', SECOND_US, '10.0.0.2')
  await invite('elsewhere', SECOND_US, '10.0.0.3')
  const similar = await store.similarCalls('bad', signal)
  expect(similar).toMatchObject({ total: 1, host: null, calls: [{ call: { callId: 'same' } }] })
  expect(similar?.calls[0]?.sameHost).toBeTrue()
})

test('similarCalls of a call that went well are none', async () => {
  await answered('good', 0)
  await answered('also-good', SECOND_US)
  expect(await store.similarCalls('good', signal)).toMatchObject({ total: 0, calls: [] })
})

test('similarCalls says when there are more than it looked at', async () => {
  const segments = Array.from({ length: 520 }, (_, i) => {
    const callId = `many-${i}`
    const from = { callId, atUs: i * 1000, from: `u${i}@a`, to: `v${i}@b` }
    return {
      callId,
      messages: [traced(from), traced({ ...from, start: '503', toTag: 't' })],
    }
  })
  await insertSegments(database.sql, segments)
  const similar = await store.similarCalls('many-0', signal)
  expect(similar).toMatchObject({ capped: true, total: 500 })
  expect(similar?.calls).toHaveLength(20)
})

test('readCall puts other calls into the same ladder and says which are not stored', async () => {
  await answered('one', 0)
  await answered('two', 10 * SECOND_US, { from: 'carol@c', to: 'dave@d', src: '10.0.0.3' })
  const options = { correlate: true, messagesMax: 5000, with: ['two', 'gone', 'one', 'two'] }
  const call = await store.readCall('one', options, signal)
  expect(call?.legs.map(({ callId, merged }) => [callId, merged])).toEqual([
    ['one', undefined],
    ['two', true],
  ])
  expect(call?.missing).toEqual(['gone'])
  expect(call?.messages).toHaveLength(12)
  expect(new Set(call?.messages.map(({ callId }) => callId)).size).toBe(2)
})

test('readCall points its evidence at the messages of the merged ladder', async () => {
  await failed('bad', 5 * SECOND_US)
  await answered('first', 0, { from: 'carol@c', to: 'dave@d' })
  const options = { correlate: true, messagesMax: 5000, with: ['first'] }
  const call = (await store.readCall('bad', options, signal))!
  expect(call.evidence.map(({ text }) => text)).toContain('503 Because from 10.0.0.2')
  for (const { at, text, message } of call.evidence) {
    expect(call.verdict.slice(at, at + text.length)).toBe(text)
    expect(call.messages[message]?.callId).toBe('bad')
  }
  const refusal = call.evidence.find(({ text }) => text.startsWith('503'))!
  expect(call.messages[refusal.message]?.label).toBe('503 Because')
})

test('readCall follows a refusal back through the legs to whoever gave it first', async () => {
  const leg = (callId: string, path: TestMessage, names: string, at: number, status: string) => {
    const headers = names === '' ? [] : [`X-CID: ${names}`]
    const back = { src: path.dst!, dst: path.src!, start: status, toTag: 't' }
    return insertSegments(database.sql, [
      {
        callId,
        messages: [
          traced({ ...path, callId, headers, atUs: at }),
          traced({ ...back, callId, atUs: SECOND_US - at }),
        ],
      },
    ])
  }
  await leg('outer', { src: '10.0.0.1', dst: '10.0.0.2' }, '', 0, '503')
  await leg('middle', { src: '10.0.0.2', dst: '10.0.0.3' }, 'outer', 1_000, '503')
  await leg('inner', { src: '10.0.0.3', dst: '10.0.0.4' }, 'middle', 2_000, '486')
  const call = (await store.readCall('outer', { correlate: true, messagesMax: 5000 }, signal))!
  expect(call.verdict).toBe(
    'failed: 503 Because from 10.0.0.2 1.0 s after INVITE, no ACK, passed on from 10.0.0.4 (486 Because)',
  )
  const last = call.evidence.at(-1)!
  expect(call.verdict.slice(last.at)).toBe(last.text)
  expect(call.messages[last.message]?.callId).toBe('inner')
})

const share = (id: number, more: object = {}) => ({
  id: `00000000-0000-4000-8000-00000000000${id}`,
  tokenHash: Buffer.alloc(32, id),
  ...{ callId: 'one', createdBy: 'eve', expiresAt: '2199-01-01T00:00:00Z' },
  ...{ redact: { numbers: true, bodies: false }, snapshot: '{"a":"ü"}', ...more },
})

test('ShareStore opens a link by the hash of its token, counts it, and no more once revoked', async () => {
  const made = await store.shares.create(share(1))
  expect(made).toMatchObject({ redact: { numbers: true, bodies: false }, openedCount: 0 })
  const opened = await store.shares.open(Buffer.alloc(32, 1))
  expect(opened).toMatchObject({ snapshot: '{"a":"ü"}', share: { openedCount: 1 } })
  expect(await store.shares.open(Buffer.alloc(32, 9))).toBeUndefined()
  expect(await store.shares.revoke(made.id, 'mallory')).toBeUndefined()
  expect((await store.shares.revoke(made.id, 'eve'))?.revokedAt).not.toBeNull()
  expect(await store.shares.open(Buffer.alloc(32, 1))).toMatchObject({ snapshot: undefined })
  const [row] = await database.sql`select snapshot from shares where id = ${made.id}::uuid`
  expect(row.snapshot).toBeNull()
})

test('ShareStore shows nothing of a link that expired, and forgets what it showed', async () => {
  await store.shares.create(share(3, { expiresAt: '2020-01-01T00:00:00Z' }))
  expect(await store.shares.open(Buffer.alloc(32, 3))).toMatchObject({ snapshot: undefined })
  await store.shares.create(share(4, { createdBy: 'adam' }))
  const kept = await database.sql`select 1 from shares where token_hash = ${Buffer.alloc(32, 3)}`
  expect(kept).toHaveLength(0)
  expect((await store.shares.list('adam')).map(({ createdBy }) => createdBy)).toEqual(['adam'])
})
