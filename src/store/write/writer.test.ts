import { expect, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { decodeMessages } from './segment.ts'
import { CALL_STEPS, callFrames, type TestSpool, testSpool } from './test-spool.ts'
import { Writer, type WriterOptions } from './writer.ts'

interface Rig extends AsyncDisposable {
  readonly database: TestDatabase
  readonly spool: TestSpool
  readonly options: WriterOptions
  /** Stores everything there is with a writer of its own, which then stops. */
  store(options?: Partial<WriterOptions>): Promise<void>
}

async function rig(): Promise<Rig> {
  const database = await testDatabase()
  await migrate(database.sql)
  const spool = await testSpool()
  const options = {
    url: database.url,
    spoolId: spool.spool.id,
    spoolDirectory: spool.directory,
    node: 'test',
    batchWaitMs: 50,
  }
  return {
    database,
    spool,
    options,
    store: async (extra = {}) => {
      const stop = new AbortController()
      const writer = new Writer({ ...options, ...extra })
      const running = writer.run(stop.signal)
      await writer.drain()
      stop.abort()
      await running
    },
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}

test('Writer stores the messages of a call as one row that gives them all back', async () => {
  await using test = await rig()
  const frames = callFrames('call-1')
  test.spool.append(frames)
  await test.store()
  const rows = await test.database.sql`select * from call_segments`
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    ...{ call_id: 'call-1', method: 'INVITE', from_user: 'alice', to_user: 'bob', protocol: 1 },
    ...{ message_count: CALL_STEPS.length, answer_status: 200, hosts: ['10.0.0.1', '10.0.0.2'] },
  })
  const messages = decodeMessages(rows[0].format, Buffer.from(rows[0].messages))
  expect(messages.map(({ sip }) => sip?.kind)).toHaveLength(CALL_STEPS.length)
  const [cursor] = await test.database.sql`select * from spool_cursors`
  expect(cursor).toMatchObject({
    lane: 'udp-0',
    records: '7',
    stored: '7',
    rejected: {},
    dropped: {},
  })
})
