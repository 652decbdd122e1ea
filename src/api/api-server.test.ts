// The server itself, over a real socket: readiness, what is away or slow, what is no HTTP, and where it
// may listen.
import { describe, expect, test } from 'bun:test'
import { expectError, sharedApi, start } from '../../test/api-rig.ts'
import { MemoryStore } from '../../test/memory-store.ts'
import { ApiStartError } from './start-api.ts'

const { get, port, raw } = sharedApi()

describe('startApi', () => {
  test('readyz answers 503 with the list of what is missing', async () => {
    await using other = await start({
      readiness: () => ({ ready: false, missing: ['database', 'UDP socket'] }),
    })
    const response = await get('/readyz', {}, other)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      ready: false,
      missing: ['database', 'UDP socket'],
      error: { code: 'not_ready' },
    })
    expect((await get('/healthz', {}, other)).status).toBe(200)
  })

  test('readyz says what HEP is told apart from what is told everybody', async () => {
    await using other = await start({
      readiness: (work) => ({ ready: work === 'hep', missing: work === 'hep' ? [] : ['database'] }),
    })
    expect((await get('/readyz', {}, other)).status).toBe(503)
    expect((await get('/readyz?for=hep', {}, other)).status).toBe(200)
    expect((await get('/readyz?for=mail', {}, other)).status).toBe(400)
  })

  test('a fault of ours is 500 with an id and nothing else of it', async () => {
    await using other = await start({
      store: Object.assign(new MemoryStore(), {
        trouble: () => Promise.reject(new Error('password=hunter2')),
      }),
    })
    const error = await expectError(await get('/api/v1/calls', {}, other), 'internal')
    expect(error.message).toMatch(/[0-9a-f-]{36}/)
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  test('a database that is away is 503, because trying again helps', async () => {
    const away = Object.assign(new Error('connection refused'), { retryable: true })
    await using other = await start({
      store: Object.assign(new MemoryStore(), { trouble: () => Promise.reject(away) }),
    })
    const response = await get('/api/v1/calls', {}, other)
    expect(response.headers.get('retry-after')).toBe('5')
    await expectError(response, 'store_unavailable')
  })

  test('a store that never answers is not waited for, and told to stop', async () => {
    const slow = Object.assign(new MemoryStore(), { trouble: () => new Promise<never>(() => {}) })
    await using other = await start({ store: slow, requestMsMax: 50 })
    await expectError(await get('/api/v1/calls', {}, other), 'timed_out')
    expect(slow.signals[0]!.aborted).toBe(true)
  })

  test('a client that goes away stops the work of the store', async () => {
    const asked = Promise.withResolvers<void>()
    const slow = Object.assign(new MemoryStore(), {
      trouble: () => {
        asked.resolve()
        return new Promise<never>(() => {})
      },
    })
    await using other = await start({ store: slow })
    const gone = new AbortController()
    const request = get('/api/v1/calls', { signal: gone.signal }, other).catch(() => 'gone')
    await asked.promise
    const stopped = new Promise((resolve) => slow.signals[0]!.addEventListener('abort', resolve))
    gone.abort()
    await stopped
    expect(await request).toBe('gone')
  })

  test('hands POST /hep to its door with the peer, and bounds the body', async () => {
    await using other = await start({
      bodyBytesMax: 1000,
      hep: {
        access: 'token',
        handle: async (request, peer) =>
          Response.json({ bytes: (await request.bytes()).length, ip: peer.ip }),
      },
    })
    const taken = await get('/hep', { method: 'POST', body: new Uint8Array(500) }, other)
    expect(await taken.json()).toEqual({ bytes: 500, ip: '127.0.0.1' })
    expect(taken.headers.get('x-content-type-options')).toBe('nosniff')
    const header = `POST /hep HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`
    const large = await raw(`${header}Content-Length: 1001\r\n\r\n${'x'.repeat(1001)}`, other)
    expect(large).toContain('413')
    const chunked = await raw(
      `${header}Transfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`,
      other,
    )
    expect(chunked).toContain('413')
    await expectError(await get('/hep', { method: 'POST' }), 'unknown_route')
  })

  test('answers odd but legal requests, and cuts those that are none', async () => {
    expect(await raw('GET /healthz HTTP/1.0\r\n\r\n')).toContain('"foreign_host"')
    expect(await raw('GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n')).toContain('"alive":true')
    expect(
      await raw('GET /a/../healthz?#x HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n'),
    ).toContain('"alive":true')
    expect(await raw('nonsense\r\n\r\n')).toContain('400')
    expect(await raw(`GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toContain(
      '431',
    )
  })

  test('closing twice is closing once, and leaves the port free', async () => {
    const other = await start()
    await Promise.all([other.close(), other.close()])
    await using again = await start({ port: other.port })
    expect(again.port).toBe(other.port)
  })

  test('refuses to listen for other machines without a token, and says what to set', async () => {
    for (const hostname of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
      const error = await start({ hostname, token: '' }).catch((error) => error)
      expect(error).toBeInstanceOf(ApiStartError)
      expect(error.code).toBe('API_NEEDS_TOKEN')
      expect(error.message).toContain('CALLIOPE_HTTP_TOKEN')
    }
  })

  test('says which address is taken or not ours', async () => {
    const taken = await start({ port: port() }).catch((error) => error)
    expect([taken.code, taken.message]).toEqual([
      'API_ADDRESS_IN_USE',
      expect.stringContaining(`127.0.0.1:${port()}`),
    ])
    const foreign = await start({ hostname: '192.0.2.1', token: 'a token' }).catch((error) => error)
    expect(foreign.code).toBe('API_ADDRESS_REFUSED')
  })
})
