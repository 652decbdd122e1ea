// Live streams over real sockets: watching, leaving, falling behind, and the server going away.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { CallRow, TailEvent } from '#contract'
import { MemoryStore } from '../../../test/memory-store.ts'
import { openClient } from '../client.ts'
import { type Api, startApi } from '../start-api.ts'
import { LiveQueue } from './live-queue.ts'
import { readEvents, type ServerSentEvent } from './sse-reader.ts'

let store: MemoryStore
let api: Api
let row: CallRow

beforeEach(async () => {
  store = new MemoryStore()
  row = store.rows()[0]!
  api = await startApi({
    ...{ store, hostname: '127.0.0.1', port: 0, heartbeatMs: 20 },
    readiness: () => ({ ready: true, missing: [] }),
  })
})
afterEach(() => api.close())

/** Resolves when the condition holds; the store's own events drive it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

const watch = async (init: RequestInit = {}) => {
  const response = await fetch(`${api.url}/api/v1/live`, init)
  await until(() => store.watching > 0)
  return { response, events: readEvents(response.body!) }
}

const nextOf = async (events: AsyncGenerator<ServerSentEvent>) => (await events.next()).value

test('live sends calls as they are stored, and what the store skipped', async () => {
  const { response, events } = await watch()
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  store.emit({ kind: 'call', call: row })
  store.emit({ kind: 'skipped', count: 12 })
  expect(await nextOf(events)).toEqual({ event: 'call', data: JSON.stringify(row) })
  expect(await nextOf(events)).toEqual({ event: 'skipped', data: '{"count":12}' })
  await events.return()
})

test('live says it is still here when nothing happens', async () => {
  const { response } = await watch()
  const reader = response.body!.getReader()
  let seen = ''
  while (!seen.includes(': still here\n\n: still here\n\n'))
    seen += new TextDecoder().decode((await reader.read()).value)
  expect(seen).toStartWith('retry: 2000\n\n')
  await reader.cancel()
})

test('live stops watching the store when the client goes away', async () => {
  const gone = new AbortController()
  await watch({ signal: gone.signal })
  gone.abort()
  await until(() => store.watching === 0)
})

test('live stops watching the store when the connection is cut', async () => {
  const socket = connect(api.port, '127.0.0.1')
  socket.write('GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => store.watching === 1)
  socket.destroy()
  await until(() => store.watching === 0)
})

test('closing the server ends live streams with a word, at once', async () => {
  const streams = [await watch(), await watch()]
  const startedMs = performance.now()
  await api.close()
  expect(performance.now() - startedMs).toBeLessThan(1000)
  for (const { events } of streams) {
    expect(await nextOf(events)).toEqual({ event: 'end', data: '{"reason":"shutdown"}' })
    expect((await events.next()).done).toBe(true)
  }
  await until(() => store.watching === 0)
})

test('a watcher who does not read is told how many calls passed by', async () => {
  const socket = connect(api.port, '127.0.0.1')
  socket.pause()
  socket.write('GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => store.watching === 1)
  // Enough to fill the buffers of both kernels, then the queue.
  const call = { ...row, userAgent: 'x'.repeat(10_000) }
  const sent = 4_000
  for (let i = 0; i < sent; i++) {
    store.emit({ kind: 'call', call })
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.resume()
  const count = () => {
    const calls = text.match(/^event: call$/gm)?.length ?? 0
    const skipped = [...text.matchAll(/\{"count":(\d+)\}/g)].map(([, n]) => Number(n))
    return { calls, skipped: skipped.reduce((sum, n) => sum + n, 0) }
  }
  await until(() => count().calls + count().skipped >= sent)
  expect(count().calls + count().skipped).toBe(sent)
  expect(count().skipped).toBeGreaterThan(0)
  socket.destroy()
})

test('a store that fails under way ends the stream with the error', async () => {
  const broken = Object.assign(new MemoryStore(), {
    tail: async function* (): AsyncGenerator<TailEvent> {
      await Bun.sleep(50)
      yield { kind: 'call', call: row }
      throw Object.assign(new Error('secret detail'), { retryable: true })
    },
  })
  await using other = await startApi({
    ...{ store: broken, hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
  })
  const seen: string[] = []
  const tail = async () => {
    for await (const event of openClient({ url: other.url }).tail('')) seen.push(event.kind)
  }
  expect(await tail().catch((error) => error)).toMatchObject({ code: 'store_unavailable' })
  expect(seen).toEqual(['call'])
})

test('the number of live streams is bounded', async () => {
  const streams = await Promise.all(
    Array.from({ length: 200 }, () => fetch(`${api.url}/api/v1/live`)),
  )
  const refused = await fetch(`${api.url}/api/v1/live`)
  expect([refused.status, (await refused.json()).error.code]).toEqual([503, 'too_many_streams'])
  await Promise.all(streams.map(({ body }) => body!.cancel()))
  await until(() => store.watching === 0)
  expect((await watch()).response.status).toBe(200)
})

test('LiveQueue drops the oldest and counts what it and the store skipped', () => {
  const queue = new LiveQueue()
  const call = (n: number): TailEvent => ({ kind: 'call', call: { ...row, callId: String(n) } })
  queue.push({ kind: 'skipped', count: 2 })
  for (let i = 0; i < 1004; i++) queue.push(call(i))
  queue.push({ kind: 'skipped', count: 3 })
  const events = queue.take()
  expect(events[0]).toEqual({ kind: 'skipped', count: 7 })
  expect(events[1]).toEqual(call(5))
  expect(events.at(-1)).toEqual({ kind: 'skipped', count: 3 })
  expect(events).toHaveLength(1001)
  expect(queue.take()).toEqual([])
})

test('readEvents yields the same events however the bytes are cut', async () => {
  const bytes = new TextEncoder().encode(
    'retry: 1\n\n: hm\n\nevent: a\ndata: é\ndata:2\n\ndata: {"x":"漢"}\r\n\r\n',
  )
  for (let cut = 0; cut <= bytes.length; cut++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, cut))
        controller.enqueue(bytes.subarray(cut))
        controller.close()
      },
    })
    const events = await Array.fromAsync(readEvents(body))
    expect(events).toEqual([
      { event: 'a', data: 'é\n2' },
      { event: 'message', data: '{"x":"漢"}' },
    ])
  }
})
