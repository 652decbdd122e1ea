import { expect, test } from 'bun:test'
import { type RelayHttpOptions, startRelayHttp } from './relay-http.ts'

const start = (options: Partial<RelayHttpOptions> = {}) =>
  startRelayHttp({
    listen: { host: '127.0.0.1', port: 0 },
    token: 'right',
    hasKeys: false,
    takeHep: async () => Response.json({ received: 1 }),
    missing: () => [],
    ledger: async () => ({ balanced: true }),
    ...options,
  })

const ask = async (url: string, token?: string) => {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(url, { headers })
  return { status: response.status, text: await response.text() }
}

test('startRelayHttp answers health to everybody, and the rest to who has the token', async () => {
  await using http = start()
  expect((await ask(`${http.url}/healthz`)).status).toBe(200)
  expect((await ask(`${http.url}/readyz?for=hep`)).status).toBe(200)
  for (const path of ['/metrics', '/api/v1/ledger', '/hep', '/else']) {
    expect((await ask(http.url + path)).status).toBe(401)
    expect((await ask(http.url + path, 'wrong')).status).toBe(401)
  }
  expect((await ask(`${http.url}/metrics`, 'right')).status).toBe(200)
  expect(await ask(`${http.url}/api/v1/ledger`, 'right')).toEqual({
    ...{ status: 200, text: '{"balanced":true}' },
  })
  expect((await ask(`${http.url}/else`, 'right')).status).toBe(404)
})

test('startRelayHttp leaves POST /hep open where frames carry keys, and nothing else', async () => {
  await using http = start({ hasKeys: true, missing: () => ['the relay is draining'] })
  expect(await ask(`${http.url}/hep`)).toEqual({ status: 200, text: '{"received":1}' })
  expect((await ask(`${http.url}/metrics`)).status).toBe(401)
  const readiness = await ask(`${http.url}/readyz`)
  expect(readiness.status).toBe(503)
  expect(readiness.text).toContain('draining')
})

test('startRelayHttp says which address cannot be had', async () => {
  await using http = start()
  const listen = { host: '127.0.0.1', port: Number(new URL(http.url).port) }
  expect(() => start({ listen })).toThrow(`127.0.0.1:${listen.port} cannot be had`)
})
