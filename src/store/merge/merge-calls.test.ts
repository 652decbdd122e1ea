// Merging against a real database: what a call is before, it is after; whatever happens on the way.
import { expect, setDefaultTimeout, test } from 'bun:test'
import { encodeHep } from '#hep'
import { openCallStore } from '../read/call-store.ts'
import { segmentsIn, type WriterRig, writerRig } from '../write/test-rig.ts'
import { CALL_STEPS, callFrames } from '../write/test-spool.ts'
import { mergeCalls } from './merge-calls.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server

const { signal: never } = new AbortController()
/** Every partition there is has long been over. */
const LATER_MS = Date.now() + 2 * 86_400_000
const BASE_US = Date.now() * 1000

const options = (signal = never) => ({
  ...{ share: 1, memoryBytes: 32 * 1024 * 1024, afterMs: 0, nowMs: LATER_MS, signal },
})

async function mergeAll(rig: WriterRig, signal = never, isHeld = () => false) {
  const merged = []
  for (;;) {
    const one = await mergeCalls(rig.database.url, { ...options(signal), isHeld })
    if (one === undefined) return merged
    merged.push(one)
  }
}

/** Calls of which each batch holds one message, and then some that have no Call-ID. */
async function storeSlowly(rig: WriterRig, names: readonly string[]): Promise<void> {
  for (const i of CALL_STEPS.keys()) {
    rig.spool.append(names.map((name) => framesOf(name)[i]!))
    await rig.store({ customHeaders: ['x-account'] })
  }
}

const framesOf = (name: string): Buffer[] =>
  callFrames(name, { from: `user-${name}`, atUs: BASE_US, headers: [`X-Account: of ${name}`] })

const textFrame = (payload: string, more = {}) =>
  encodeHep({
    ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 1, dstPort: 2, atUs: BASE_US },
    ...{ captureId: 7, payload: Buffer.from(payload), ...more },
  })

const rtcpOf = (fraction_lost: number) =>
  JSON.stringify({ ssrc: 1, report_blocks: [{ source_ssrc: 2, fraction_lost, ia_jitter: 9 }] })

async function view(rig: WriterRig, callIds: readonly string[]): Promise<unknown> {
  const calls = openCallStore({ sql: rig.database.sql, storedHeaders: ['x-account'] })
  const everything = { q: '', fromUs: undefined, toUs: undefined, limit: 500, cursor: undefined }
  const details = []
  for (const callId of callIds)
    details.push(await calls.readCall(callId, { correlate: false, messagesMax: 100 }, never))
  return { page: await calls.searchCalls(everything, never), details }
}

test('mergeCalls makes one row of a call and changes nothing that anybody reads', async () => {
  await using rig = await writerRig()
  const names = Array.from({ length: 60 }, (_, i) => `call-${i}`)
  await storeSlowly(rig, names)
  rig.spool.append([
    textFrame('not SIP'),
    textFrame('{"rtcp":1}', { protocolType: 5, correlationId: 'call-3' }),
    textFrame(rtcpOf(40), { protocolType: 5, correlationId: 'call-5' }),
  ])
  await rig.store()
  rig.spool.append([textFrame(rtcpOf(0), { protocolType: 5, correlationId: 'call-5' })])
  await rig.store()
  const before = await view(rig, names)
  const merged = await mergeAll(rig)
  expect(merged.map(({ rowsBefore }) => rowsBefore).filter(Boolean)).toEqual([60 * 7 + 4])
  expect(merged[0]).toMatchObject({ rowsAfter: 63, messages: 60 * 7 + 4 })
  expect(await view(rig, names)).toEqual(before)
  const rows = await segmentsIn(rig.database.sql)
  expect(rows.map(({ call_id }) => call_id).sort()).toEqual(
    [...names, 'call-3', 'call-5', ''].sort(),
  )
  expect(rows.flatMap(({ mos }) => mos ?? [])).toEqual([293])
  const plans = await rig.database.sql`select indexdef from pg_indexes
    where tablename like 'call\\_segments\\_%' and indexdef like '%call_id%'`
  expect(plans.length).toBeGreaterThan(0)
  expect(await mergeAll(rig)).toEqual([])
})

test('mergeCalls takes over what it cannot read, and what came late is stored beside it', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one', 'two'])
  await rig.database.sql`update call_segments set messages = 'damaged'
    where id = (select min(id) from call_segments)`
  const [merged] = await mergeAll(rig)
  // The first batch had a row of each call in the damaged block.
  expect(merged).toMatchObject({ rowsBefore: 14, rowsAfter: 4, messages: 14 })
  const damaged = await rig.database
    .sql`select call_id from call_segments where messages = 'damaged'`
  expect(damaged).toHaveLength(1)
  await rig.database
    .sql`delete from call_segments where id < (select min(id) + 2 from call_segments)`
  rig.spool.append(callFrames('three', { atUs: BASE_US }))
  await rig.store()
  expect((await segmentsIn(rig.database.sql)).map(({ call_id }) => call_id)).toContain('three')
})

test('mergeCalls leaves the work to the node that is at it, and partitions that are not over', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one'])
  expect(await mergeCalls(rig.database.url, { ...options(), nowMs: Date.now() })).toBeUndefined()
  using other = await rig.database.sql.reserve()
  await other`select pg_advisory_lock(${0x0ca1_1004})`
  expect(await mergeCalls(rig.database.url, options())).toBeUndefined()
})

test('mergeCalls waits while it is held, and can be stopped then', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one', 'two'])
  const stop = new AbortController()
  let [isHeld, asked] = [true, 0]
  const hold = () => {
    asked += 1
    return isHeld
  }
  const stopped = mergeAll(rig, stop.signal, hold).catch((error) => error)
  while (asked < 2) await Bun.sleep(5)
  stop.abort(new Error('stopped'))
  expect(await stopped).toEqual(new Error('stopped'))
  const merging = mergeAll(rig, never, hold)
  while (asked < 5) await Bun.sleep(5)
  expect(await segmentsIn(rig.database.sql)).toHaveLength(14)
  isHeld = false
  await merging
  expect(await segmentsIn(rig.database.sql)).toHaveLength(2)
})

test('mergeCalls that is cut off or killed anywhere, while rows are stored and read, loses and doubles nothing', async () => {
  await using rig = await writerRig()
  const names = Array.from({ length: 40 }, (_, i) => `call-${i}`)
  await storeSlowly(rig, names)
  const before = await view(rig, ['call-7'])
  let extra = 0
  for (let round = 0; round < 25; round++) {
    const stop = new AbortController()
    const merging = mergeAll(rig, stop.signal).catch(() => undefined)
    await Bun.sleep(round * 4)
    if (round % 2 === 0) stop.abort(new Error('stopped'))
    else
      await rig.database.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'calliope merge' and datname = current_database()`
    rig.spool.append(callFrames(`extra-${extra++}`, { atUs: BASE_US - 60_000_000 }))
    await rig.store()
    const { details } = (await view(rig, ['call-7'])) as { details: unknown }
    expect(details).toEqual((before as { details: unknown }).details)
    await merging
    // Partitions that a round got done are to be merged again by the next.
    await forgetMerged(rig)
  }
  await mergeAll(rig)
  const stored = await rig.storedPayloads()
  expect([...stored.values()].filter((count) => count !== 1)).toEqual([])
  expect(stored.size).toBe((names.length + extra) * CALL_STEPS.length)
  const [left] = await rig.database.sql`select count(*)::int as count from pg_class
    where relname like '%merging' and relkind = 'r'`
  expect(left.count).toBe(0)
})

async function forgetMerged({ database: { sql } }: WriterRig): Promise<void> {
  const rows = (await sql`select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'call_segments'::regclass`) as { name: string }[]
  for (const { name } of rows) await sql.unsafe(`comment on table ${name} is null`)
}

test('mergeCalls marks what moves to another minute: a search finds a call by what came late', async () => {
  await using rig = await writerRig()
  const minuteUs = 60_000_000
  // In the middle of a partition, which are six hours each: a call across two of them stays two rows.
  const atUs = (Math.floor(BASE_US / minuteUs / 360) * 360 - 180) * minuteUs
  // Nothing but the first message is in the call's first minute; the 200 comes in the third.
  const frames = callFrames('slow', { from: 'alice', atUs })
  const moved = callFrames('slow', { from: 'alice', atUs: atUs + 2 * minuteUs })
  rig.spool.append([frames[0]!])
  await rig.store()
  rig.spool.append(moved.slice(1))
  await rig.store()
  const calls = openCallStore({ sql: rig.database.sql })
  const found = async () => {
    const q = 'reply:200 method:INVITE'
    const page = await calls.searchCalls(
      { q, fromUs: undefined, toUs: undefined, limit: 10, cursor: undefined },
      never,
    )
    return page.calls.map(({ callId }) => callId)
  }
  expect(await found()).toEqual(['slow'])
  await mergeAll(rig)
  expect((await segmentsIn(rig.database.sql)).length).toBe(1)
  expect(await found()).toEqual(['slow'])
})
