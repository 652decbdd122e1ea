// Who may ask, over real sockets.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { MemoryStore } from '../../../test/memory-store.ts'
import type { ApiError } from '../errors.ts'
import { ROUTES } from '../routes/routes.ts'
import { type Api, startApi } from '../start-api.ts'
import { isLoopback } from './access.ts'
import { WrongGuesses } from './wrong-guesses.ts'

const TOKEN = 'correct horse battery staple'
const store = new MemoryStore()
const base = { store, port: 0, readiness: () => ({ ready: true, missing: [] }) }
const hep = { handle: async () => Response.json({ taken: true }) }
let open: Api
let closed: Api

beforeAll(async () => {
  open = await startApi({ ...base, hostname: '127.0.0.1', hosts: ['trace.example'] })
  closed = await startApi({
    ...base,
    hostname: '0.0.0.0',
    token: TOKEN,
    hep: { access: 'token', ...hep },
  })
})
afterAll(() => Promise.all([open.close(), closed.close()]))

/** fetch sets Host and Origin itself, so these go by hand. */
async function ask(
  { port }: Api,
  headers: Record<string, string>,
  { method = 'GET', path = '/api/v1/ledger', from = '127.0.0.1' } = {},
): Promise<{ status: number; code: string | undefined; text: string }> {
  const all = { host: `127.0.0.1:${port}`, connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const text = await new Promise<string>((resolve, reject) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () =>
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    )
    socket.on('data', (bytes) => {
      answer += bytes
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  })
  const code = /"code":"(\w+)"/.exec(text)?.[1]
  return { status: Number(text.slice(9, 12)), code, text }
}

test.each([
  '127.0.0.1:9080',
  'localhost',
  'LOCALHOST:80',
  '[::1]:9080',
  '10.1.2.3',
  'trace.example:9080',
])('an open API answers when asked as %s', async (host) =>
  expect((await ask(open, { host })).status).toBe(200),
)

test.each([
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '',
  'trace.example.evil',
])('an open API does not answer a rebound name: Host %p', async (host) => {
  for (const path of ['/api/v1/ledger', '/', '/healthz'])
    expect((await ask(open, { host }, { path })).code).toBe('foreign_host')
})

test.each(['https://evil.example', 'http://localhost:3000', 'null', 'http://127.0.0.1:1'])(
  'no API answers a page of %s',
  async (origin) => {
    expect((await ask(open, { origin })).code).toBe('foreign_origin')
    expect((await ask(open, { origin }, { method: 'POST', path: '/hep' })).code).toBe(
      'foreign_origin',
    )
    const authorization = `Bearer ${TOKEN.replaceAll(' ', '%20')}`
    expect((await ask(closed, { origin, authorization })).code).toBe('foreign_origin')
  },
)

test('its own pages may ask, and links from elsewhere may be followed, but nothing else', async () => {
  expect((await ask(open, { origin: `http://127.0.0.1:${open.port}` })).status).toBe(200)
  expect((await ask(open, { origin: 'https://trace.example' })).status).toBe(200)
  const cross = { 'sec-fetch-site': 'cross-site' }
  expect((await ask(open, { ...cross, 'sec-fetch-mode': 'navigate' })).status).toBe(200)
  expect((await ask(open, { ...cross, 'sec-fetch-mode': 'no-cors' })).code).toBe('foreign_origin')
  const sameSite = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }
  expect((await ask(open, sameSite)).code).toBe('foreign_origin')
  expect(
    (await ask(open, { ...cross, 'sec-fetch-mode': 'navigate' }, { method: 'POST', path: '/hep' }))
      .code,
  ).toBe('foreign_origin')
})

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

test('with a token, everything but health and readiness asks for it', async () => {
  for (const { path, method, access } of ROUTES) {
    const answer = await ask(closed, {}, { path: path.replace('{callId}', 'x'), method })
    expect([path, answer.code === 'token_missing']).toEqual([path, access !== 'open'])
    if (access !== 'open')
      expect(answer.text.toLowerCase()).toContain('www-authenticate: basic realm')
  }
  for (const path of ['/', '/nothing'])
    expect((await ask(closed, {}, { path })).code).toBe('token_missing')
})

test('takes the token as Bearer, or as the password of any user', async () => {
  const spaceless = await startApi({ ...base, hostname: '127.0.0.1', token: 'a:b' })
  for (const authorization of ['Bearer a:b', 'bearer a:b', basic('anna', 'a:b'), basic('', 'a:b')])
    expect((await ask(spaceless, { authorization })).status).toBe(200)
  await spaceless.close()
  expect((await ask(closed, { authorization: basic('x', TOKEN) })).status).toBe(200)
  expect(
    (await ask(closed, { authorization: basic('x', TOKEN), host: 'any.example' })).status,
  ).toBe(200)
})

test.each(['Bearer wrong', basic('x', 'wrong'), basic('x', `${TOKEN}x`), basic(TOKEN, '')])(
  'refuses %s',
  async (authorization) =>
    expect((await ask(closed, { authorization }, { from: '127.0.0.3' })).code).toBe('token_wrong'),
)

test('anything else in the Authorization header is no token', async () => {
  for (const authorization of ['Digest username="x"', 'Bearer', TOKEN, ''])
    expect((await ask(closed, { authorization })).code).toBe('token_missing')
})

test('after ten wrong tokens an address is refused, right token or not, and others are not', async () => {
  const guess = (authorization: string, from = '127.0.0.2') =>
    ask(closed, { authorization }, { from })
  for (let i = 0; i < 10; i++) expect((await guess('Bearer no')).code).toBe('token_wrong')
  const refused = await guess(basic('x', TOKEN))
  expect(refused.code).toBe('too_many_attempts')
  expect(refused.text.toLowerCase()).toContain('retry-after: ')
  expect((await guess(basic('x', TOKEN), '127.0.0.4')).status).toBe(200)
})

test('POST /hep asks for the token, or leaves it to the door when frames carry keys', async () => {
  const post = { method: 'POST', path: '/hep' }
  expect((await ask(closed, {}, post)).code).toBe('token_missing')
  expect((await ask(closed, { authorization: basic('x', TOKEN) }, post)).text).toContain('taken')
  await using keyed = await startApi({
    ...{ ...base, hostname: '127.0.0.1', token: TOKEN },
    hep: { access: 'agent-keys', ...hep },
  })
  expect((await ask(keyed, {}, post)).text).toContain('taken')
  expect((await ask(keyed, {})).code).toBe('token_missing')
})

test('WrongGuesses forgets after a minute, counts an IPv6 /64 as one, and stays bounded', () => {
  let nowMs = 0
  const guesses = new WrongGuesses(() => nowMs)
  const code = (ip: string) => {
    try {
      guesses.refuseIfTooMany(ip)
      return 'let through'
    } catch (error) {
      return (error as ApiError).code
    }
  }
  for (let i = 0; i < 10; i++) guesses.note(`2001:db8::${i}`)
  expect(code('2001:db8:0:0:ffff::1')).toBe('too_many_attempts')
  expect(code('2001:db8:0:1::1')).toBe('let through')
  nowMs = 60_000
  expect(code('2001:db8::1')).toBe('let through')
  guesses.note('2001:db8::1')
  expect(code('2001:db8::1')).toBe('let through')
  for (let i = 0; i < 10; i++) guesses.note('192.0.2.1')
  for (let i = 0; i < 10_000; i++) guesses.note(`10.${i >> 8}.${i & 255}.1`)
  expect(code('192.0.2.1')).toBe('let through')
})

test('isLoopback knows the addresses only this machine can reach', () => {
  for (const name of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    expect(isLoopback(name)).toBe(true)
  for (const name of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', '', 'mybox'])
    expect(isLoopback(name)).toBe(false)
})
