import { expect, setDefaultTimeout, test } from 'bun:test'
import { SignalBoard } from './signals.ts'
import { type WriterRig, writerRig } from './test-rig.ts'
import { CALL_STEPS, callFrames } from './test-spool.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server

const ROWS = 6

/** Some calls in one batch; those at `poisoned` places carry what the database refuses. */
function appendCalls(rig: WriterRig, round: string, poisoned: readonly number[]): void {
  const frames = Array.from({ length: ROWS }, (_, i) =>
    callFrames(`${round}-${i}`, { from: poisoned.includes(i) ? 'evil' : 'alice' }),
  )
  rig.spool.append(frames.flat())
}

test('storeBatch stores a row PostgreSQL refuses without its searched columns, wherever it stands', async () => {
  await using rig = await writerRig()
  await rig.database
    .sql`alter table call_segments add constraint no_evil check (from_user <> 'evil')`
  const places = Array.from({ length: ROWS }, (_, i) => [i])
  for (const poisoned of [...places, [0, ROWS - 1], [1, 2, 3], places.flat()]) {
    const round = poisoned.join('.')
    const signals = new SignalBoard()
    appendCalls(rig, round, poisoned)
    await rig.store({ signals: signals.memory })
    expect(signals.get('bareRows')).toBe(poisoned.length)
    const rows = await rig.database.sql`
      select call_id, from_user, hosts, message_count from call_segments where call_id like ${`${round}-%`} or call_id = ''`
    expect(rows).toHaveLength(ROWS)
    for (const row of rows) {
      expect(row.message_count).toBe(CALL_STEPS.length)
      if (row.call_id === '') expect(row).toMatchObject({ from_user: null, hosts: null })
    }
    const stored = await rig.storedPayloads()
    expect(stored.size).toBe(ROWS * CALL_STEPS.length)
    await rig.database.sql`truncate call_segments`
  }
})

test('storeBatch leaves out a side table that refuses its rows, and stores the rest', async () => {
  await using rig = await writerRig()
  await rig.database.sql`alter table kpi_minutes add constraint none check (attempts = 0)`
  const signals = new SignalBoard()
  appendCalls(rig, 'call', [])
  await rig.store({ signals: signals.memory })
  expect(signals.get('skippedStatements')).toBe(1)
  expect((await rig.storedPayloads()).size).toBe(ROWS * CALL_STEPS.length)
  const [row] = await rig.database.sql`select count(*)::int as sources from sources`
  expect(row.sources).toBe(1)
})

test('storeBatch waits when even the bare row is refused, and stores all of it when that is mended', async () => {
  await using rig = await writerRig()
  await rig.database.sql`alter table call_segments add constraint none check (message_count = 0)`
  appendCalls(rig, 'call', [])
  const signals = new SignalBoard()
  const stored = rig.store({ signals: signals.memory })
  while (signals.get('retries') < 2) await Bun.sleep(10)
  expect(signals.get('retryingSinceUs')).toBeGreaterThan(0)
  await rig.database.sql`alter table call_segments drop constraint none`
  await stored
  expect(signals.get('retryingSinceUs')).toBe(0)
  expect((await rig.storedPayloads()).size).toBe(ROWS * CALL_STEPS.length)
})

test('storeBatch finds its rows a partition again when one was dropped under it', async () => {
  await using rig = await writerRig()
  appendCalls(rig, 'before', [])
  await rig.store()
  const stop = new AbortController()
  const { Writer } = await import('./writer.ts')
  const signals = new SignalBoard()
  const writer = new Writer({ ...rig.options, signals: signals.memory })
  const running = writer.run(stop.signal)
  appendCalls(rig, 'known', [])
  while (signals.get('messages') === 0) await Bun.sleep(10)
  for (const { name } of await rig.database.sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'call_segments'::regclass`) {
    await rig.database.sql.unsafe(`drop table ${name}`)
  }
  appendCalls(rig, 'after', [])
  await writer.drain()
  stop.abort()
  await running
  const rows = await rig.database.sql`select call_id from call_segments`
  expect(rows).toHaveLength(ROWS)
})
