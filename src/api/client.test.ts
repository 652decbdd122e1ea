// The client against a real server, and against what is not one.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { MemoryStore } from '../../test/memory-store.ts'
import { ClientError, openClient } from './client.ts'
import { type Api, startApi } from './start-api.ts'

const store = new MemoryStore()
const rows = store.rows()
let api: Api

beforeAll(async () => {
  api = await startApi({
    ...{ store, hostname: '127.0.0.1', port: 0, token: 'let-me-in' },
    readiness: () => ({ ready: true, missing: [] }),
    about: () => ({ version: '9', hep: [] }),
  })
})
afterAll(() => api.close())

const client = () => openClient({ url: `${api.url}/`, token: 'let-me-in' })
const failure = (work: Promise<unknown>): Promise<ClientError> =>
  work.then(
    () => Promise.reject(new Error('it worked')),
    (error) => error,
  )

test('openClient searches, pages and reads calls', async () => {
  const first = await client().calls({ limit: 3, to: 'now' })
  const second = await client().calls({ limit: 3, cursor: first.nextCursor! })
  expect([...first.calls, ...second.calls].map(({ callId }) => callId)).toEqual(
    rows.slice(0, 6).map(({ callId }) => callId),
  )
  const { callId } = rows[0]!
  expect((await client().call(callId))?.summary).toEqual(rows[0]!)
  expect(await client().call('nobody/here?')).toBeUndefined()
  expect(await client().text(callId, { correlate: false })).toContain(callId)
  expect((await client().pcap(callId)).subarray(0, 4)).toEqual(Uint8Array.of(10, 13, 13, 10))
})

test('openClient reads the state of the capture', async () => {
  expect((await client().ledger()).balanced).toBe(true)
  expect(await client().sources()).toHaveLength(1)
  expect(await client().quarantine(1)).toHaveLength(1)
  expect(await client().kpi({ from: '-5m' })).toHaveLength(1)
  expect((await client().nodes())[0]?.node).toBe('n1')
  expect(await client().about()).toEqual({ version: '9', hep: [] })
})

test('tail yields calls and gaps until it is told to stop', async () => {
  const stop = new AbortController()
  const tail = client().tail('', stop.signal)
  const first = tail.next()
  while (store.watching === 0) await new Promise((resolve) => setImmediate(resolve))
  store.emit({ kind: 'call', call: rows[0]! })
  store.emit({ kind: 'skipped', count: 3 })
  expect((await first).value).toEqual({ kind: 'call', call: rows[0]! })
  expect((await tail.next()).value).toEqual({ kind: 'skipped', count: 3 })
  const end = tail.next()
  stop.abort()
  expect((await end).done).toBe(true)
})

test('tail says so when the server goes', async () => {
  const store = new MemoryStore()
  const other = await startApi({
    ...{ store, hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
  })
  const end = failure(openClient({ url: other.url }).tail('').next())
  while (store.watching === 0) await new Promise((resolve) => setImmediate(resolve))
  await other.close()
  expect((await end).code).toBe('connection_lost')
})

test('errors keep the code, message, hint and place the server gave', async () => {
  const error = await failure(client().calls({ q: 'frm:x' }))
  expect(error).toBeInstanceOf(ClientError)
  expect(error).toMatchObject({
    code: 'bad_query',
    status: 400,
    at: 0,
    length: 3,
    hint: 'Known fields: callid.',
  })
  expect(await failure(client().tail('frm:x').next())).toMatchObject({ code: 'bad_query', at: 0 })
  const stranger = openClient({ url: api.url })
  expect(await failure(stranger.ledger())).toMatchObject({ code: 'token_missing', status: 401 })
})

test('a server that is not there is named, with what to start', async () => {
  const error = await failure(openClient({ url: 'http://127.0.0.1:1' }).ledger())
  expect(error.code).toBe('server_unreachable')
  expect(error.message).toContain('http://127.0.0.1:1')
  expect(error.hint).toContain('calliope up')
})

test('a server that is not ours is called that', async () => {
  await using other = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response('<h1>hm</h1>', { status: 502 }),
  })
  expect(await failure(openClient({ url: other.url.origin }).ledger())).toMatchObject({
    code: 'not_calliope',
    status: 502,
  })
})
