import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { LaneLedger } from '#ledger'
import { SETUP_MS_BOUNDS } from '../kpi-buckets.ts'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { openCallStore } from './call-store.ts'
import { setupPercentile } from './read-kpi.ts'
import { timeText } from './time-text.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
})
afterAll(() => database[Symbol.asyncDispose]())

test('ledger and nodes add up cursors, heartbeats and the live lanes of this process', async () => {
  const { sql } = database
  const counts = { received: 110, appended: 105, rejected: { not_hep: 5 }, dropped: {} }
  const intake = { received: 90, appended: 90, rejected: {}, dropped: {} }
  await sql`insert into spools values ('s1', 'n1'), ('s2', 'n2'), ('s3', 'n3')`
  await sql`insert into spool_cursors
    (spool_id, lane, file, byte_offset, records, stored, rejected, intake) values
    ('s1', 'udp-1', 1, 0, 80, 79, '{"discarded":1}', ${intake}),
    ('s2', 'udp-1', 1, 0, 10, 10, '{}', '{}'),
    ('s3', 'udp-1', 1, 0, 7, 7, '{}', ${{ ...intake, received: 7, appended: 7 }})`
  const beat = (node: string, spool: string, state: string, ageSeconds: number) =>
    sql`insert into nodes values (${node}, ${spool}, '0.1.0', ${state}, now(),
      now() - make_interval(secs => ${ageSeconds}), ${counts}, ${{ packetsPerSecond: 2.5 }})`
  await beat('n1', 's1', 'ready', 1)
  await beat('n2', 's2', 'draining', 60)
  await beat('n3', 's3', 'stopped', 60)
  const lane = new LaneLedger()
  for (let i = 0; i < 12; i += 1) lane.append()
  lane.reject('not_hep', 3)
  const own = { spoolId: 's2', lane: 'udp-1', counts: lane.counts() }
  const store = openCallStore({ sql, liveLanes: () => [own] })
  const [n1, n2, n3] = await store.nodes()
  expect(n1).toMatchObject({ node: 'n1', state: 'ready', signals: { packetsPerSecond: 2.5 } })
  expect(n1?.ledger).toEqual({
    received: 110,
    stored: 79,
    pending: 25,
    rejected: { total: 6, byReason: { not_hep: 5, discarded: 1 } },
    dropped: { total: 0, byReason: {} },
    balanced: true,
  })
  // A heartbeat that is a minute old died with its process; what is in memory here is exact.
  expect(n2).toMatchObject({ state: 'lost', ledger: { received: 15, stored: 10, pending: 2 } })
  expect(n3).toMatchObject({ state: 'stopped', ledger: { received: 7, pending: 0 } })
  const ledger = await store.ledger()
  expect(ledger).toMatchObject({ received: 132, stored: 96, pending: 27, balanced: true })
  expect(ledger.rejected).toEqual({ total: 9, byReason: { not_hep: 8, discarded: 1 } })
})

test('ledger waits for a moment between two counts of a lane that is being written', async () => {
  const store = openCallStore({ sql: database.sql, liveLanes })
  let reads = 0
  function liveLanes() {
    reads += 1
    const appended = reads < 3 ? 999 : 1_000
    return [
      {
        spoolId: 'own',
        lane: 'x',
        counts: { received: 1_000, appended, rejected: {}, dropped: {} },
      },
    ]
  }
  expect((await store.ledger()).balanced).toBeTrue()
  expect(reads).toBe(3)
})

test('kpi adds the nodes of a minute and computes ratios and percentiles from the sums', async () => {
  const { sql } = database
  const histogram = (bucket: number, count: number) =>
    SETUP_MS_BOUNDS.map((_, i) => (i === bucket ? count : 0))
  const insert = (node: string, buckets: number[]) => sql`
    insert into kpi_minutes (minute, node, attempts, answered, failed, cancelled, registrations,
      registered, messages, setup_ms_sum, setup_count, setup_ms_histogram, failures)
    values ('2026-11-20T08:00:00Z', ${node}, 100, 40, 50, 10, 5, 4, 700, 5000, 50, ${buckets},
      ${{ '486': 20, '503': 30 }})`
  await insert('a', histogram(1, 50))
  await insert('b', histogram(4, 50))
  await sql`insert into kpi_minutes (minute, node) values ('2026-11-20T08:01:00Z', 'a')`
  const store = openCallStore({ sql })
  const us = Date.UTC(2026, 10, 20, 8) * 1_000
  const minutes = await store.kpi(us, us + 120_000_000)
  expect(minutes).toEqual([
    {
      minute: '2026-11-20T08:00:00.000000Z',
      ...{ attempts: 200, answered: 80, failed: 100, cancelled: 20 },
      ...{ registrations: 10, registered: 8, registrationsFailed: 0, messages: 1_400 },
      asr: 40,
      ner: 70, // answered, cancelled while ringing, and busy
      seer: 60, // answered and busy
      setupMsMean: 100,
      setupMsP50: 100,
      setupMsP95: 480, // nine tenths of the way from 300 to 500
      failures: { '486': 40, '503': 60 },
    },
    expect.objectContaining({ minute: '2026-11-20T08:01:00.000000Z', asr: null, setupMsP95: null }),
  ])
  expect(await store.kpi(us, us + 1)).toHaveLength(1)
  expect(await store.kpi(us + 1, us + 60_000_000)).toEqual([])
})

test('setupPercentile knows of times above the last bound only that they are above it', () => {
  const histogram = SETUP_MS_BOUNDS.map(() => 0)
  histogram[histogram.length - 1] = 3
  expect(setupPercentile(histogram, 0.5)).toBe(30_000)
  expect(setupPercentile([], 0.5)).toBeNull()
})

test('sources tells how fast each sends since the last look, and 0 of those that fell silent', async () => {
  const { sql } = database
  const store = openCallStore({ sql })
  await sql`insert into sources values
    ('n1', '10.0.0.7', 'udp', 4000000000, 'edge', 3, 600, 60000, 2, -15, 1400,
      now() - interval '60 seconds', now()),
    ('n1', '2001:db8::7', 'tcp', 1, '', 2, 1000, 100000, 0, 0, 800,
      now() - interval '1 day', now() - interval '1 hour')`
  const [fast, silent] = await store.sources()
  expect(fast).toMatchObject({
    ...{ node: 'n1', peer: '10.0.0.7', transport: 'udp', captureId: 4_000_000_000, rejected: 2 },
    ...{ capturedBy: 'edge', hepVersion: 3, packets: 600, clockSkewMs: -15, largestBytes: 1400 },
    packetsPerSecond: 10,
  })
  expect(silent).toMatchObject({ peer: '2001:db8::7', packetsPerSecond: 0 })
  await sql`update sources set packets = packets + 500, last_seen_at = last_seen_at + interval '5 seconds'
    where peer_ip = '10.0.0.7'`
  expect((await store.sources())[0]?.packetsPerSecond).toBe(100)
  // Nothing new was written in between: still the same speed.
  expect((await store.sources())[0]?.packetsPerSecond).toBe(100)
})

test('quarantine gives the newest frames first, as base64, at most as many as asked for', async () => {
  const { sql } = database
  await sql`insert into quarantine (received_at, node, transport, peer, reason, detail, byte_offset, frame)
    select '2026-11-20T08:00:00.000001Z'::timestamptz, 'n1', 'udp', '10.0.0.7:5060', 'bad_chunk',
      'chunk ' || n, 6, '\\x48455033ff' from generate_series(1, 5) n`
  const frames = await openCallStore({ sql }).quarantine(2)
  expect(frames.map(({ detail }) => detail)).toEqual(['chunk 5', 'chunk 4'])
  expect(frames[0]).toEqual({
    ...{ id: '5', receivedAt: timeText(1_795_161_600_000_001), node: 'n1', transport: 'udp' },
    ...{ peer: '10.0.0.7:5060', reason: 'bad_chunk', detail: 'chunk 5', byteOffset: 6 },
    frame: Buffer.from('48455033ff', 'hex').toString('base64'),
    retryAt: null,
  })
})

test('quarantineKeeper lets one at a time try a frame again, and keeps what today says of it', async () => {
  const { quarantineKeeper: keeper } = openCallStore({ sql: database.sql })
  expect(await keeper.find('1')).toMatchObject({ id: '1', detail: 'chunk 1', retryAt: null })
  expect(await keeper.claim('1', { force: false })).toBeTrue()
  expect(await keeper.claim('1', { force: false })).toBeFalse()
  expect(await keeper.claim('1', { force: true })).toBeTrue()
  expect((await keeper.find('1'))?.retryAt).toMatch(/^20/)
  await keeper.release('1', { reason: 'not_hep', detail: 'other words', byteOffset: 0 })
  expect(await keeper.find('1')).toMatchObject({ reason: 'not_hep', byteOffset: 0, retryAt: null })
  expect(await keeper.remove('1')).toBeTrue()
  expect([await keeper.remove('1'), await keeper.find('1')]).toEqual([false, undefined])
  expect(await keeper.claim('1', { force: true })).toBeFalse()
})
