// The merging thread as the store runs it, against a real database.
import { expect, setDefaultTimeout, test } from 'bun:test'
import { segmentsIn, type WriterRig, writerRig } from '../write/test-rig.ts'
import { CALL_STEPS, callFrames } from '../write/test-spool.ts'
import { MergeKeeper } from './merge-keeper.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server

/** Every partition there is has long been over. */
const settings = { afterMs: -2 * 86_400_000, share: 1, everyMs: 10 }

async function storeSlowly(rig: WriterRig, names: readonly string[]): Promise<void> {
  for (const i of CALL_STEPS.keys()) {
    rig.spool.append(names.map((name) => callFrames(name)[i]!))
    await rig.store()
  }
}

const mergersOf = async ({ database: { sql } }: WriterRig): Promise<number> => {
  const [row] = await sql`select count(*)::int as count from pg_stat_activity
    where application_name = 'calliope merge' and datname = current_database()`
  return row.count
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(5)
}

test('MergeKeeper merges what is due in a thread that ends with its connection', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one', 'two'])
  const stopping = new AbortController()
  const keeper = new MergeKeeper(rig.database.url, undefined, settings)
  const surroundings = { sql: rig.database.sql, isReady: () => true, behindMs: () => 0 }
  const running = keeper.run({ ...surroundings, signal: stopping.signal })
  await until(async () => (await segmentsIn(rig.database.sql)).length === 2)
  await until(() => keeper.counts.mergedRowsAfter === 2)
  await until(async () => (await mergersOf(rig)) === 0)
  expect(keeper.counts).toMatchObject({ mergedRowsBefore: 14, mergeFailures: 0 })
  stopping.abort()
  await running
})

test('MergeKeeper begins nothing while the writer is behind', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one', 'two'])
  const stopping = new AbortController()
  const keeper = new MergeKeeper(rig.database.url, undefined, settings)
  let [behindMs, asked] = [60_000, 0]
  const surroundings = {
    sql: rig.database.sql,
    isReady: () => true,
    behindMs: () => {
      asked += 1
      return behindMs
    },
  }
  const running = keeper.run({ ...surroundings, signal: stopping.signal })
  await until(() => asked > 20)
  expect(await segmentsIn(rig.database.sql)).toHaveLength(14)
  behindMs = 0
  await until(() => keeper.counts.mergedRowsAfter === 2)
  stopping.abort()
  await running
})

test('MergeKeeper that is stopped while it merges leaves the partition and no lock', async () => {
  await using rig = await writerRig()
  await storeSlowly(rig, ['one', 'two'])
  const stopping = new AbortController()
  const keeper = new MergeKeeper(rig.database.url, undefined, settings)
  const surroundings = { sql: rig.database.sql, isReady: () => true, behindMs: () => 0 }
  // The swap cannot be made while a reader holds the partition, so it is caught before it.
  using reader = await rig.database.sql.reserve()
  await reader.unsafe('begin; select count(*) from call_segments')
  const running = keeper.run({ ...surroundings, signal: stopping.signal })
  await until(async () => (await mergersOf(rig)) > 0)
  stopping.abort()
  await running
  await until(async () => (await mergersOf(rig)) === 0)
  await reader.unsafe('commit')
  expect(await segmentsIn(rig.database.sql)).toHaveLength(14)
  expect(keeper.counts.mergeFailures).toBe(0)
})
