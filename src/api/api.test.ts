// Every route over a real socket, and every way it can refuse.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import * as v from 'valibot'
import { MemoryStore } from '../../test/memory-store.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import { errorsOf } from './openapi.ts'
import type { ApiOptions } from './options.ts'
import { ROUTES } from './routes.ts'
import { SCHEMAS } from './schemas.ts'
import { type Api, ApiStartError, startApi } from './start-api.ts'

const store = new MemoryStore()
const { callId } = store
  .rows()
  .find(({ method, messageCount }) => method === 'INVITE' && messageCount > 10)!
let api: Api

const start = (options: Partial<ApiOptions> = {}): Promise<Api> =>
  startApi({
    store,
    hostname: '127.0.0.1',
    port: 0,
    readiness: () => ({ ready: true, missing: [] }),
    ...options,
  })

beforeAll(async () => {
  api = await start()
})
afterAll(() => api.close())

const get = (path: string, init: RequestInit = {}, at = api) => fetch(at.url + path, init)

/** Sends bytes as they are, for what fetch would never send. */
const raw = (request: string, { port }: Api = api): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (bytes) => {
      answer += bytes
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  })

async function expectError(response: Response, code: ErrorCode) {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const { error } = v.parse(SCHEMAS.Error, await response.json())
  expect([error.code, response.status]).toEqual([code, ERRORS[code].status])
  expect(error.message).not.toBe('')
  expect(error.hint).not.toBe('')
  return error
}

/** The path of every GET route, filled in. */
const pathOf = (template: string) =>
  template.replace('{callId}', encodeURIComponent(callId)).replaceAll(/\{\w+\}/g, '0')

describe('startApi', () => {
  const gets = ROUTES.filter(({ method }) => method === 'GET').map(
    (route) => [route.path, route] as const,
  )

  test.each(gets.filter(([, { answer }]) => answer.kind === 'json'))(
    'answers %s after its schema, or with an error that is its own',
    async (path, route) => {
      const response = await get(pathOf(path))
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
      const body = await response.json()
      if (response.status === 200 && route.answer.kind === 'json')
        return v.parse(SCHEMAS[route.answer.schema], body)
      // What this server was not given: users, sockets, a share link.
      expect(errorsOf(route)).toContain(v.parse(SCHEMAS.Error, body).error.code)
      expect(response.status).toBe(404)
    },
  )

  test.each(gets)('answers HEAD %s as GET, without a body', async (path, { answer }) => {
    const response = await get(pathOf(path), { method: 'HEAD' })
    expect([200, 404]).toContain(response.status)
    expect(await response.text()).toBe('')
    // A stream never ends, so its GET is not waited for.
    if (answer.kind === 'bytes' && answer.type === 'text/event-stream') return
    expect((await get(pathOf(path))).status).toBe(response.status)
  })

  test.each([...new Set(ROUTES.map(({ path }) => path))])(
    'refuses PATCH %s and says what is allowed',
    async (path) => {
      const response = await get(pathOf(path), { method: 'PATCH' })
      await expectError(response, 'method_not_allowed')
      const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method)
      const allowed = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
      expect(response.headers.get('allow')).toBe(allowed.join(', '))
    },
  )

  test('pages through all calls with the cursor, newest first, none twice', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `&cursor=${cursor}` : ''
      const page = v.parse(
        SCHEMAS.CallPage,
        await (await get(`/api/v1/calls?limit=7${query}`)).json(),
      )
      seen.push(...page.calls.map((call) => call.callId))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(store.rows().map((call) => call.callId))
  })

  test('takes from and to as RFC 3339 with microseconds and as ages', async () => {
    const [newest] = store.rows()
    const at = encodeURIComponent(newest!.startedAt)
    const one = v.parse(SCHEMAS.CallPage, await (await get(`/api/v1/calls?from=${at}`)).json())
    expect(one.calls.map((call) => call.callId)).toEqual([newest!.callId])
    expect((await get('/api/v1/calls?from=-7d&to=now')).status).toBe(200)
  })

  test.each([
    ['limit=0', 'limit is "0".', 'from 1 to 1000'],
    ['limit=1001', 'limit is "1001".', 'from 1 to 1000'],
    ['limit=ten', 'limit is "ten".', 'from 1 to 1000'],
    ['from=yesterday', 'from is "yesterday".', '-15m'],
    ['to=2026-02-30T00:00:00Z', 'to is "2026-02-30T00:00:00Z".', 'RFC 3339'],
    ['cursor=', 'cursor is "".', 'what an answer gave'],
    ['from=now&to=-1h', 'from is after to.', 'Swap'],
  ])(
    'names the parameter, the value and what is allowed for calls?%s',
    async (query, message, hint) => {
      const error = await expectError(await get(`/api/v1/calls?${query}`), 'bad_parameter')
      expect(error.message).toStartWith(message)
      expect(error.hint).toContain(hint)
    },
  )

  test('refuses a q that is too long, without repeating all of it', async () => {
    const error = await expectError(
      await get(`/api/v1/calls?q=${'x'.repeat(4097)}`),
      'bad_parameter',
    )
    expect(error.message).toHaveLength(`q is "${'x'.repeat(100)}"….`.length)
    expect(error.hint).toContain('4096 characters')
  })

  test('refuses a misspelt parameter instead of answering something else', async () => {
    const error = await expectError(await get('/api/v1/calls?form=-15m'), 'unknown_parameter')
    expect(error.message).toContain('"form"')
    expect(error.hint).toContain('from')
    await expectError(await get('/api/v1/ledger?x=1'), 'unknown_parameter')
    await expectError(await get('/api/v1/calls?limit=1&limit=2'), 'repeated_parameter')
  })

  test('bounds the range of kpi', async () => {
    expect(
      (await expectError(await get('/api/v1/kpi?from=-40d'), 'bad_parameter')).message,
    ).toContain('31 days')
  })

  test('shows the place of a mistake in q, for calls and for live', async () => {
    for (const route of ['calls', 'live']) {
      const error = await expectError(await get(`/api/v1/${route}?q=ab%20frm:x`), 'bad_query')
      expect(error).toMatchObject({
        at: 3,
        length: 3,
        reason: 'unknown_field',
        hint: 'Known fields: callid.',
      })
    }
  })

  test('finds Call-IDs with any character in them', async () => {
    const odd = [
      'a/b@c',
      '100%',
      'ü 漢 🎵',
      '?q=1#x',
      '..a',
      '\'"<script>',
      'a%2Fb',
      'calls/x/pcap',
      '+',
      '\\',
      '\u0001',
    ]
    const message = fixtureMessage()
    const local = new MemoryStore(
      odd.map((callId) => ({ ...message, sip: { ...message.sip!, callId } })),
    )
    await using other = await start({ store: local })
    for (const callId of odd) {
      const response = await get(`/api/v1/calls/${encodeURIComponent(callId)}`, {}, other)
      expect((await response.json()).callId).toBe(callId)
      expect(
        (await get(`/api/v1/calls/${encodeURIComponent(callId)}/pcap`, {}, other)).status,
      ).toBe(200)
    }
  })

  test('says so when there is no such call, and how to write one with a slash', async () => {
    for (const tail of ['', '/pcap', '/text'])
      expect(
        (await expectError(await get(`/api/v1/calls/nobody${tail}`), 'call_not_found')).message,
      ).toContain('"nobody"')
    expect((await expectError(await get('/api/v1/calls/a/b/c'), 'unknown_route')).hint).toContain(
      '%2F',
    )
    await expectError(await get('/api/v1/calls/'), 'unknown_route')
    await expectError(await get('/api/v2/calls'), 'unknown_route')
    await expectError(await get('/api/v1/calls/a%00b'), 'bad_parameter')
    await expectError(await get('/nothing'), 'unknown_route')
  })

  test('refuses percent-encoding that is not UTF-8', async () => {
    expect(
      await raw('GET /api/v1/calls/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    ).toContain('"bad_path"')
  })

  test('correlate=0 leaves other legs out of the call, its text and its packets', async () => {
    const message = fixtureMessage()
    const legs = ['one', 'one_b2b'].map((callId) => ({
      ...message,
      sip: { ...message.sip!, callId },
    }))
    await using other = await start({ store: new MemoryStore(legs) })
    const bytes = async (query: string) =>
      (await (await get(`/api/v1/calls/one/pcap${query}`, {}, other)).bytes()).length
    const text = async (query: string) =>
      (await get(`/api/v1/calls/one/text${query}`, {}, other)).text()
    const detail = async (query: string) =>
      (await get(`/api/v1/calls/one${query}`, {}, other)).json()
    expect((await detail('')).legs).toHaveLength(2)
    expect((await detail('?correlate=0')).legs).toHaveLength(1)
    expect(await text('')).toContain('one_b2b')
    expect(await text('?correlate=0')).not.toContain('one_b2b')
    expect(await bytes('')).toBeGreaterThan(await bytes('?correlate=0'))
    await expectError(await get('/api/v1/calls/one?correlate=maybe', {}, other), 'bad_parameter')
  })

  test('names downloads after the call without letting the Call-ID out of the quotes', async () => {
    const response = await get(`/api/v1/calls/${encodeURIComponent(callId)}/pcap`)
    expect(response.headers.get('content-type')).toBe('application/x-pcapng')
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w.@-]+\.pcapng"$/,
    )
    const message = fixtureMessage()
    await using other = await start({
      store: new MemoryStore([{ ...message, sip: { ...message.sip!, callId: '../a"\r\nb' } }]),
    })
    const hostile = await get(`/api/v1/calls/${encodeURIComponent('../a"\r\nb')}/text`, {}, other)
    expect(hostile.headers.get('content-disposition')).toBe('attachment; filename="_a_b.txt"')
  })

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

  test('metrics count requests by route, never by path', async () => {
    await get(pathOf('/api/v1/calls/{callId}'))
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toStartWith('text/plain')
    const metrics = await response.text()
    expect(metrics).toContain(
      'calliope_http_requests_total{route="/api/v1/calls/{callId}",method="GET",status="200"}',
    )
    expect(metrics).not.toContain(callId)
  })

  test('compresses JSON for those who take it and not for others', async () => {
    const plain = await raw(
      `GET /api/v1/calls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect(plain.toLowerCase()).not.toContain('content-encoding')
    const refused = await get('/api/v1/calls', { headers: { 'accept-encoding': 'gzip;q=0' } })
    expect(refused.headers.get('content-encoding')).toBeNull()
    const packed = await get('/api/v1/calls', {
      headers: { 'accept-encoding': 'br, gzip' },
      decompress: false,
    } as RequestInit)
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('vary')).toBe('accept-encoding')
    v.parse(SCHEMAS.CallPage, JSON.parse(gunzipSync(await packed.bytes()).toString()))
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

  test('serves files compressed, with strong ETags of their own, and 304 to those who know them', async () => {
    const bytes = new TextEncoder().encode('<p>hello</p>'.repeat(50))
    await using other = await start({
      files: [
        { path: '/', type: 'text/html', bytes, immutable: false },
        { path: '/page-1a2b3c4d.js', type: 'text/javascript', bytes, immutable: true },
      ],
    })
    const tags = new Set<string>()
    for (const coding of ['br', 'gzip', 'identity']) {
      const headers = { 'accept-encoding': coding }
      const response = await get('/?q=anything&call=x', { headers }, other)
      expect(await response.text()).toStartWith('<p>hello</p>')
      const etag = response.headers.get('etag')!
      expect(etag).toMatch(/^"[\w-]+"$/)
      tags.add(etag)
      const again = await get(
        '/',
        { headers: { ...headers, 'if-none-match': `"x", W/${etag}` } },
        other,
      )
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect(tags.size).toBe(3)
    expect((await get('/', {}, other)).headers.get('cache-control')).toBe('no-cache')
    expect((await get('/page-1a2b3c4d.js', {}, other)).headers.get('cache-control')).toContain(
      'immutable',
    )
    expect((await get('/', { method: 'POST' }, other)).headers.get('allow')).toBe('GET, HEAD')
  })

  test('every answer forbids sniffing, framing and scripts that are not ours', async () => {
    for (const path of ['/healthz', '/nothing', pathOf('/api/v1/calls/{callId}/text')]) {
      const { headers } = await get(path)
      expect(headers.get('content-security-policy')).toContain("default-src 'self'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
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
    const taken = await start({ port: api.port }).catch((error) => error)
    expect([taken.code, taken.message]).toEqual([
      'API_ADDRESS_IN_USE',
      expect.stringContaining(`127.0.0.1:${api.port}`),
    ])
    const foreign = await start({ hostname: '192.0.2.1', token: 'a token' }).catch((error) => error)
    expect(foreign.code).toBe('API_ADDRESS_REFUSED')
  })
})

function fixtureMessage() {
  const local = new MemoryStore()
  return local.first(callId)
}
