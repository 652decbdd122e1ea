import { expect, test } from 'bun:test'
import { openFilter } from '#filter'
import { connect } from '../postgres/connect.ts'
import { SignalBoard } from '../write/signals.ts'
import { callFrames } from '../write/test-spool.ts'
import { Homer7Batch } from './homer7-batch.ts'
import { LaneChunks } from './lane-chunks.ts'
import { RowWriter } from './row-writer.ts'
import { type Ahead, LetGo, storeRows } from './store-rows.ts'
import { type Homer7Rig, homer7Rig } from './test-homer7.ts'

async function batchOf(rig: Homer7Rig, callId: string): Promise<Homer7Batch> {
  rig.spool.append(callFrames(callId), callId)
  const rules = { writer: new RowWriter({}), filter: await openFilter({}) }
  const batch = new Homer7Batch({ ...rules, behindMsMax: 1e9, aheadMsMax: 1e9 })
  const chunks = new LaneChunks(rig.spool.directory, 'homer7')
  chunks.open(callId, { file: 0, offset: 0, records: 0 })
  chunks.readInto(batch, 1e9)
  chunks.close()
  return batch
}

test('storeRows gives up on a table that somebody waits to have for himself, so that nobody waits for ever', async () => {
  await using rig = await homer7Rig()
  rig.spool.append(callFrames('first'))
  await rig.store() // makes the partition
  const [ahead, behind] = [await batchOf(rig, 'ahead'), await batchOf(rig, 'behind')]
  const { sql, url } = rig.database
  const reached = Promise.withResolvers<void>()
  const next = Promise.withResolvers<Ahead>()
  const waiting = storeRows(sql, behind, {
    ...{ spoolId: rig.options.spoolId, careful: false },
    ahead: () => {
      reached.resolve()
      return next.promise
    },
  }).catch((error: unknown) => error)
  await reached.promise
  const locker = connect({ url, max: 1 })
  const locked = locker.unsafe('begin; lock table hep_proto_1_call; commit').execute()
  const isWaiting = async () =>
    (await sql`select from pg_locks where not granted and mode = 'AccessExclusiveLock'`).length > 0
  while (!(await isWaiting())) await Bun.sleep(5)
  const options = { spoolId: rig.options.spoolId, careful: false }
  const refused = storeRows(sql, ahead, { ...options, ahead: async () => 'committed' })
  expect(await refused.catch((error: { errno: string }) => error.errno)).toBe('55P03')
  next.resolve('stumbled')
  expect(await waiting).toBeInstanceOf(LetGo)
  await locked
  await locker.close()
  expect(await rig.rows('1_call')).toHaveLength(7)
})

test('Homer7Writer commits in order what it writes side by side: no batch finds the cursor elsewhere', async () => {
  await using rig = await homer7Rig()
  for (let call = 0; call < 200; call++) rig.spool.append(callFrames(`call-${call}`))
  const signals = new SignalBoard()
  await rig.store({ batchBytes: 4096, connections: 4, signals: signals.memory })
  const { batches, messages, reopened, retries } = signals.all()
  expect({ messages, reopened, retries }).toEqual({ messages: 1400, reopened: 0, retries: 0 })
  expect(batches).toBeGreaterThan(20)
})
