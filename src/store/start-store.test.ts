import { expect, test } from 'bun:test'
import { connect } from './postgres/connect.ts'
import { freePort } from './postgres/server.ts'
import { testDatabase, testServer } from './postgres/test-server.ts'
import { type StoreOptions, startStore } from './start-store.ts'
import { callFrames, type TestSpool, testSpool } from './write/test-spool.ts'

const optionsFor = (url: string, { spool }: TestSpool): StoreOptions => ({
  database: { url },
  spool: { id: spool.id, directory: spool.directory },
  ...{ node: 'node-1', version: '1.2.3', batchWaitMs: 30 },
})

test('startStore prepares an empty database and stores what the spool holds', async () => {
  await using database = await testDatabase()
  await using spool = await testSpool()
  await using store = await startStore(optionsFor(database.url, spool))
  expect(store.isReady).toBeTrue()
  spool.append(callFrames('call-1'))
  expect(await store.drain({ deadlineMs: 10_000 })).toEqual({ frames: 0 })
  expect(store.signals()).toMatchObject({ messages: 7, segments: 1, oldestUs: 0, starts: 1 })
  // It goes on afterwards, and empties the spool again when asked again.
  spool.append(callFrames('call-2'))
  expect(await store.drain({ deadlineMs: 10_000 })).toEqual({ frames: 0 })
  const [row] = await database.sql`select count(*)::int as calls from call_segments`
  expect(row.calls).toBe(2)
  await store.close()
  await store.close()
})

test('startStore throws at once what only a person can mend, without the password', async () => {
  await using spool = await testSpool()
  const { url } = await testServer()
  const { password } = new URL(url)
  const missing = startStore(optionsFor(url.replace(/\/calliope\?/, '/nope?'), spool))
  expect(missing).rejects.toMatchObject({ code: 'DATABASE_MISSING' })
  const message = await missing.catch((error: Error) => error.message)
  expect(message).not.toContain(password)
})

test('startStore starts without its database, says how much waits, and catches up', async () => {
  await using database = await testDatabase()
  await using spool = await testSpool()
  const port = await freePort()
  const url = Object.assign(new URL(database.url), { port: String(port) }).href
  await using store = await startStore(optionsFor(url, spool))
  expect(store.isReady).toBeFalse()
  spool.append(callFrames('call-1'))
  expect(await store.drain({ deadlineMs: 50 })).toEqual({ frames: 7 })
  // The database comes back: a way to it opens at that port.
  const target = Number(new URL(database.url).port)
  const proxy = openWay(port, target)
  await store.ready
  expect(await store.drain({ deadlineMs: 20_000 })).toEqual({ frames: 0 })
  const [row] = await database.sql`select sum(message_count)::int as messages from call_segments`
  expect(row.messages).toBe(7)
  await store.close()
  proxy.stop(true)
})

/** Passes bytes between a port and another. */
function openWay(port: number, target: number) {
  interface Way {
    readonly out: Promise<Bun.Socket<undefined>>
  }
  return Bun.listen<Way>({
    ...{ hostname: '127.0.0.1', port },
    socket: {
      open(near) {
        const out = Bun.connect({
          ...{ hostname: '127.0.0.1', port: target },
          socket: {
            data: (_far, bytes) => void near.write(bytes),
            close: () => void near.end(),
          },
        })
        near.data = { out }
      },
      async data(near, bytes) {
        const copy = Buffer.from(bytes)
        ;(await near.data.out).write(copy)
      },
      async close(near) {
        ;(await near.data.out).end()
      },
    },
  })
}

test('heartbeat writes the row of the node and never throws', async () => {
  await using database = await testDatabase()
  await using spool = await testSpool()
  await using store = await startStore(optionsFor(database.url, spool))
  const ledger = { received: 5, appended: 5, rejected: {}, dropped: {} }
  const beat = { startedAt: new Date(1000), ledger, signals: { packetsPerSecond: 12 } }
  await store.heartbeat({ state: 'ready', ...beat })
  await store.heartbeat({ state: 'draining', ...beat })
  const [row] =
    await database.sql`select node, version, state, spool_id, ledger, signals from nodes`
  expect(row).toEqual({
    ...{ node: 'node-1', version: '1.2.3', state: 'draining', spool_id: spool.spool.id },
    ...{ ledger, signals: beat.signals },
  })
  await database.sql`drop table nodes`
  await store.heartbeat({ state: 'ready', ...beat })
})

test('startStore drops old partitions by itself', async () => {
  await using database = await testDatabase()
  await using spool = await testSpool()
  await using store = await startStore({
    ...optionsFor(database.url, spool),
    ...{ retentionMs: 30 * 86_400_000, bytesMax: 1, retentionEveryMs: 50 },
  })
  spool.append(callFrames('old', { atUs: (Date.now() - 10 * 86_400_000) * 1000 }))
  await store.drain({ deadlineMs: 10_000 })
  const sql = connect({ url: database.url, max: 1 })
  const count = async () => (await sql`select count(*)::int as calls from call_segments`)[0].calls
  while ((await count()) > 0) await Bun.sleep(20)
  await sql.close()
})
