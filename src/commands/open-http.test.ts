import { expect, test } from 'bun:test'
import { type Config, loadConfig } from '#config'
import { startOpenHttp } from './open-http.ts'

const configOf = async (...argv: string[]): Promise<Config> => (await loadConfig(argv, {})).config

test('startOpenHttp answers GET / with 503 and the reasons until HEP may be sent here', async () => {
  const missing = ['the node is starting']
  await using open = await startOpenHttp(
    await configOf('--http-health', '127.0.0.1:0'),
    async () => missing,
  )
  const url = `http://127.0.0.1:${open.addresses.health!.port}/`
  const before = await fetch(url)
  expect([before.status, await before.json()]).toEqual([
    503,
    { ready: false, missing: [...missing] },
  ])
  expect((await fetch(`${url}healthz`)).status).toBe(200)
  missing.length = 0
  expect((await fetch(url)).status).toBe(200)
  expect((await fetch(`${url}?from=balancer`, { method: 'HEAD' })).status).toBe(200)
})

test('startOpenHttp makes one listener of one address, and says whose address is taken', async () => {
  const holder = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const taken = `127.0.0.1:${holder.port}`
  const both = await configOf('--http-health', taken, '--http-metrics', taken)
  const start = () => startOpenHttp(both, async () => [])
  expect(start()).rejects.toThrow(`http.metrics: ${taken} cannot be had`)
  await holder.stop(true)
  await using open = await start()
  expect(Object.keys(open.addresses)).toEqual(['metrics'])
  expect((await fetch(`http://${taken}/metrics`)).status).toBe(200)
})
