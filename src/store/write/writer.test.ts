import { expect, test } from 'bun:test'
import { encodeHep } from '#hep'
import { SignalBoard } from './signals.ts'
import { optionsFor, segmentsIn, storeAll, writerRig } from './test-rig.ts'
import { CALL_STEPS, callFrames, incoming, testSpool } from './test-spool.ts'
import { Writer } from './writer.ts'

const US_PER_DAY = 86_400_000_000
const never = (): never => {
  throw new Error('nothing is stored')
}
const nowUs = () => Date.now() * 1000
const hep = (payload: string, fields = {}) =>
  encodeHep({
    ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 1, dstPort: 2, atUs: nowUs() },
    payload: Buffer.from(payload, 'latin1'),
    ...fields,
  })

test('Writer stores the messages of a call as one row that gives them all back', async () => {
  await using rig = await writerRig()
  const frames = callFrames('call-1')
  rig.spool.append(frames)
  await rig.store()
  const rows = await rig.database.sql`select * from call_segments`
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    ...{ call_id: 'call-1', method: 'INVITE', from_user: 'alice', to_user: 'bob', protocol: 1 },
    ...{ message_count: CALL_STEPS.length, answer_status: 200, hosts: null },
    ...{ capture_ids: '2001', correlation: null, headers: null },
  })
  const [{ decoded } = never()] = await segmentsIn(rig.database.sql)
  expect(decoded).toHaveLength(frames.length)
  for (const [i, { payload }] of decoded.entries()) expect(frames[i]!.includes(payload)).toBeTrue()
  const [cursor] = await rig.database.sql`select * from spool_cursors`
  expect(cursor).toMatchObject({
    ...{ lane: 'udp-0', records: '7', stored: '7', rejected: {}, dropped: {} },
    intake: { received: 7, appended: 7 },
  })
})

test('Writer goes on where the last one stopped and stores nothing twice', async () => {
  await using rig = await writerRig()
  for (const part of [1, 2, 3]) {
    rig.spool.append(callFrames(`call-${part}`))
    await rig.store()
  }
  await rig.store()
  const stored = await rig.storedPayloads()
  expect(stored.size).toBe(3 * CALL_STEPS.length)
  expect(new Set(stored.values())).toEqual(new Set([1]))
})

test('Writer groups a call over lanes and keeps a cursor for each', async () => {
  await using rig = await writerRig()
  const frames = callFrames('call-1')
  rig.spool.append(frames.slice(0, 3), 'udp-0')
  rig.spool.append(frames.slice(3), 'streams')
  await rig.store()
  const [row] = await rig.database
    .sql`select count(*)::int as rows, sum(message_count)::int as messages from call_segments`
  expect(row).toEqual({ rows: 1, messages: 7 })
  const cursors = await rig.database.sql`select lane, stored from spool_cursors order by lane`
  expect([...cursors]).toEqual([
    { lane: 'streams', stored: '4' },
    { lane: 'udp-0', stored: '3' },
  ])
})

test('Writer releases what it stored, so that the spool may delete it', async () => {
  await using rig = await writerRig()
  rig.spool.append(callFrames('call-1'))
  await rig.store()
  expect(rig.spool.spool.usage().backlogBytes).toBe(0)
})

test('Writer believes its own clock where an agent is absurdly early or late', async () => {
  await using rig = await writerRig()
  const before = nowUs()
  rig.spool.append([
    ...callFrames('past', { atUs: before - 15 * US_PER_DAY, steps: ['INVITE'] }),
    ...callFrames('future', { atUs: before + 2 * US_PER_DAY, steps: ['INVITE'] }),
    ...callFrames('none', { atUs: 0, steps: ['INVITE'] }),
    ...callFrames('late', { atUs: before - 13 * US_PER_DAY, steps: ['INVITE'] }),
  ])
  await rig.store()
  const clamped: Record<string, boolean> = {}
  for (const { call_id, decoded } of await segmentsIn(rig.database.sql)) {
    const [message = never()] = decoded
    const [row] = await rig.database.sql`
      select (extract(epoch from first_at) * 1e6)::float8 as us from call_segments where call_id = ${call_id}`
    expect(row.us).toBe(message.atUs)
    if (message.clockClamped) expect(message.atUs).toBe(message.receivedUs)
    clamped[call_id] = message.clockClamped
  }
  expect(clamped).toEqual({ past: true, future: true, none: true, late: false })
  const [source] = await rig.database.sql`select max(abs(clock_skew_ms))::float8 as ms from sources`
  expect(source.ms).toBeGreaterThan(12 * 86_400_000)
})

test('Writer stores what is not SIP under its correlation id, and text that is not SIP under none', async () => {
  await using rig = await writerRig()
  rig.spool.append([
    hep('{"rtcp":1}', { protocolType: 5, correlationId: 'call-1' }),
    hep('a log line', { protocolType: 100 }),
    hep('not SIP at all'),
    hep('\0\xff\xfe broken', { correlationId: 'with\0nul', captureNode: 'node\0\xe9' }),
  ])
  await rig.store()
  const rows = await rig.database
    .sql`select call_id, protocol, captured_by from call_segments order by protocol, call_id`
  expect([...rows]).toMatchObject([
    { call_id: '', protocol: 1 },
    { call_id: 'with\ufffdnul', protocol: 1 },
    { call_id: 'call-1', protocol: 5 },
    { call_id: '', protocol: 100 },
  ])
  expect((await rig.storedPayloads()).get('\0\xff\xfe broken')).toBe(1)
})

test('Writer discards and censors methods as configured, and counts what it did not store', async () => {
  await using rig = await writerRig()
  const ping = callFrames('ping', { steps: ['OPTIONS', '200 OPTIONS'] })
  const text = callFrames('text', { steps: ['MESSAGE', '200 MESSAGE'] })
  rig.spool.append([...ping, ...text])
  await rig.store({ filter: { discardMethods: ['OPTIONS'], censorMethods: ['MESSAGE'] } })
  const stored = [...(await rig.storedPayloads()).keys()]
  expect(stored).toHaveLength(2)
  for (const payload of stored) expect(payload).toEndWith('Content-Length: 4\r\n\r\nxxxx')
  const [cursor] = await rig.database.sql`select records, stored, rejected from spool_cursors`
  expect(cursor).toEqual({ records: '4', stored: '2', rejected: { discarded: 2 } })
})

test('Writer keeps custom headers to search by and the keys that join calls', async () => {
  await using rig = await writerRig()
  const headers = ['X-Account: 4711\0', 'X-CID: other-leg']
  rig.spool.append(callFrames('call-1', { headers, steps: ['INVITE', '200'] }))
  await rig.store({ customHeaders: ['X-Account'] })
  const [row] = await rig.database.sql`select headers, correlation from call_segments`
  expect(row).toEqual({
    headers: { 'x-account': '4711\ufffd' },
    correlation: ['callid:other-leg'],
  })
  const keys = await rig.database.sql`select key, call_id from correlation_keys`
  expect([...keys]).toEqual([{ key: 'callid:other-leg', call_id: 'call-1' }])
})

test('Writer keeps extra chunks, and no agent key anywhere in the database', async () => {
  await using rig = await writerRig()
  const key = 'very-secret-agent-key'
  const body = Buffer.from('vendor data')
  const sound = hep('a log line', {
    ...{ protocolType: 100, authKey: key, vlan: 42 },
    extras: [{ vendor: 3, type: 7, body }],
  })
  rig.spool.append([sound])
  const lane = rig.spool.lane()
  lane.quarantine(incoming(sound), { reason: 'auth_wrong', offset: 9, detail: 'no such key' })
  lane.flush()
  await rig.store()
  const [{ decoded } = never()] = await segmentsIn(rig.database.sql)
  const [message] = decoded
  expect(message?.extras).toEqual([
    { vendor: 3, type: 7, body },
    { vendor: 0, type: 18, body: Buffer.from([0, 42]) },
  ])
  const [kept] = await rig.database.sql`select reason, detail, peer, frame from quarantine`
  expect(kept).toMatchObject({
    reason: 'auth_wrong',
    detail: 'no such key',
    peer: '127.0.0.1:40000',
  })
  expect(Buffer.from(kept.frame).includes(key)).toBeFalse()
  expect(JSON.stringify(message)).not.toContain(key)
})

test('Writer counts every frame once: stored, rejected or lost', async () => {
  await using rig = await writerRig()
  const lane = rig.spool.lane()
  const frames = [...callFrames('call-1'), Buffer.from('no HEP'), ...callFrames('call-2')]
  for (const bytes of frames) lane.append(incoming(bytes))
  lane.flush()
  await rig.store()
  const [cursor] = await rig.database
    .sql`select records, stored, rejected, dropped from spool_cursors`
  expect(cursor).toEqual({ records: '15', stored: '14', rejected: { not_hep: 1 }, dropped: {} })
  const [kept] = await rig.database
    .sql`select reason, encode(frame, 'escape') as frame from quarantine`
  expect(kept).toEqual({ reason: 'not_hep', frame: 'no HEP' })
})

test('Writer shows a message to searches within two seconds of its arrival', async () => {
  await using rig = await writerRig()
  const stop = new AbortController()
  const signals = new SignalBoard()
  const writer = new Writer({ ...rig.options, batchWaitMs: 1000, signals: signals.memory })
  const running = writer.run(stop.signal)
  rig.spool.append(callFrames('call-1'))
  const startedAt = performance.now()
  while (signals.get('messages') === 0) await Bun.sleep(10)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  stop.abort()
  await running
})

test('Writer drains a lane that began while it was still waiting for the database', async () => {
  await using rig = await writerRig()
  const stop = new AbortController()
  const writer = new Writer(rig.options)
  const locked = Promise.withResolvers<void>()
  const unlock = Promise.withResolvers<void>()
  const locking = rig.database.sql.begin(async (tx) => {
    await tx`lock table spool_cursors`
    locked.resolve()
    await unlock.promise
  })
  await locked.promise
  const running = writer.run(stop.signal)
  await Bun.sleep(50) // it has looked for lanes and found none
  rig.spool.append(callFrames('call-1'))
  const drained = writer.drain()
  unlock.resolve()
  await locking
  await drained
  stop.abort()
  await running
  expect((await rig.storedPayloads()).size).toBe(CALL_STEPS.length)
})

test('Writers of one spool do not store anything twice, though each thinks it is alone', async () => {
  await using rig = await writerRig()
  const stop = new AbortController()
  const boards = [new SignalBoard(), new SignalBoard()]
  const writers = boards.map(
    (board) => new Writer({ ...rig.options, batchWaitMs: 10, signals: board.memory }),
  )
  const running = writers.map((writer) => writer.run(stop.signal))
  const calls = 60
  for (let i = 0; i < calls; i++) {
    rig.spool.append(callFrames(`call-${i}`))
    await Bun.sleep(5)
  }
  for (const writer of writers) await writer.drain()
  stop.abort()
  await Promise.all(running)
  const stored = await rig.storedPayloads()
  expect(stored.size).toBe(calls * CALL_STEPS.length)
  expect(new Set(stored.values())).toEqual(new Set([1]))
  const [cursor] = await rig.database.sql`select records, stored from spool_cursors`
  expect(cursor).toEqual({ records: '420', stored: '420' })
  expect(boards[0]!.get('reopened') + boards[1]!.get('reopened')).toBeGreaterThan(0)
})

test('Writers of two spools share one database', async () => {
  await using rig = await writerRig()
  await using other = await testSpool()
  for (let i = 0; i < 5; i++) {
    rig.spool.append(callFrames(`a-${i}`, { headers: ['X-CID: shared'] }))
    other.append(callFrames(`b-${i}`, { headers: ['X-CID: shared'] }))
    await Promise.all([
      rig.store(),
      storeAll({ ...optionsFor(rig.database.url, other), node: 'other' }),
    ])
  }
  const [row] = await rig.database.sql`
    select (select count(*)::int from call_segments) as segments,
      (select count(*)::int from correlation_keys) as keys,
      (select sum(attempts)::int from kpi_minutes) as attempts,
      (select sum(stored)::int from spool_cursors) as stored`
  expect(row).toEqual({ segments: 10, keys: 10, attempts: 10, stored: 70 })
})
