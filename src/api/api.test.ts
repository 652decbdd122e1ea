// Every route over a real socket: what it answers, what it refuses, and the headers on all of it.
import { describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import * as v from 'valibot'
import { callId, expectError, pathOf, sharedApi, start } from '../../test/api-rig.ts'
import { errorsOf } from './openapi.ts'
import { ROUTES } from './routes/routes.ts'
import { SCHEMAS } from './schemas/schemas.ts'

const { get, raw } = sharedApi()

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
})
