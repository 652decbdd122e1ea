// Share links over a real socket: made, opened by somebody without a login, over.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { CallDetail, Share, SharedCall } from '#contract'
import { MemoryStore } from '../../../test/memory-store.ts'
import { type Api, startApi } from '../start-api.ts'
import { withoutLegs } from './without-legs.ts'

const store = new MemoryStore()
const { callId } = store
  .rows()
  .find(({ method, messageCount }) => method === 'INVITE' && messageCount > 10)!
let api: Api
let guarded: Api

beforeAll(async () => {
  const options = { store, hostname: '127.0.0.1', port: 0 }
  const readiness = () => ({ ready: true, missing: [] })
  api = await startApi({ ...options, readiness })
  guarded = await startApi({ ...options, readiness, token: 'secret-of-the-server' })
})
afterAll(() => Promise.all([api.close(), guarded.close()]))

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const post = (body: unknown, at = api, headers = {}) =>
  fetch(`${at.url}/api/v1/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const redact = { numbers: false, bodies: false }
const make = async (more = {}) => {
  const response = await post({ callId, expiresAt: inDays(1), redact, ...more })
  expect(response.status).toBe(200)
  return (await response.json()) as { share: Share; token: string; path: string }
}
const open = (token: string, at = api) => fetch(`${at.url}/api/v1/shared/${token}`)
const codeOf = async (response: Response) =>
  [response.status, ((await response.json()) as { error: { code: string } }).error.code] as const

test('a share link opens without a login, shows its call, and its token is not what is stored', async () => {
  const headers = { authorization: 'Bearer secret-of-the-server' }
  const body = { callId, expiresAt: inDays(1), redact }
  expect((await post(body, guarded)).status).toBe(401)
  const made = await post(body, guarded, headers)
  const { token, path } = (await made.json()) as { token: string; path: string }
  expect(path).toBe(`/share/${token}`)
  expect(token).toMatch(/^[\w-]{43}$/)
  const response = await open(token, guarded)
  const shared = (await response.json()) as SharedCall
  expect(shared.call.callId).toBe(callId)
  expect(shared.call.messages.length).toBeGreaterThan(0)
  expect((await fetch(`${guarded.url}/api/v1/calls/${encodeURIComponent(callId)}`)).status).toBe(
    401,
  )
  expect((await fetch(`${guarded.url}/api/v1/shares`)).status).toBe(401)
  expect(await store.shares.open(Buffer.from(token))).toBeUndefined()
})

test('a share link with bodies taken out has none, the summaries in the ladder included', async () => {
  const { token } = await make({ redact: { numbers: true, bodies: true } })
  const text = await (await open(token)).text()
  expect(text).not.toContain('m=audio')
  const shared = JSON.parse(text) as SharedCall
  expect(shared.redact).toEqual({ numbers: true, bodies: true })
})

test('a share link is listed, can be revoked, and says so when opened', async () => {
  const { share, token } = await make()
  const listed = await (await fetch(`${api.url}/api/v1/shares`)).json()
  expect((listed as { shares: Share[] }).shares.map(({ id }) => id)).toContain(share.id)
  const revoke = () => fetch(`${api.url}/api/v1/shares/${share.id}`, { method: 'DELETE' })
  expect((await revoke()).status).toBe(200)
  expect(await codeOf(await open(token))).toEqual([410, 'share_over'])
  const strange = await fetch(`${api.url}/api/v1/shares/nobody`, { method: 'DELETE' })
  expect(await codeOf(strange)).toEqual([404, 'share_not_found'])
})

test('a share link that expired opens nothing', async () => {
  const token = 'of-last-week'
  await store.shares.create({
    ...{ id: crypto.randomUUID(), callId, createdBy: 'eve', redact, snapshot: '{}' },
    ...{ expiresAt: inDays(-1), tokenHash: createHash('sha256').update(token).digest() },
  })
  expect(await codeOf(await open(token))).toEqual([410, 'share_over'])
})

test('a share link leaves out legs that were taken out, even where numbers are hidden in Call-IDs', async () => {
  const own = store.first(callId)
  const leg = `${callId}_b2b`
  const payload = Buffer.from(own.payload.toString().replaceAll(callId, leg))
  store.add({ ...own, payload, sip: { ...own.sip!, callId: leg } })
  const shown = async (without: string[]) => {
    const { token } = await make({ redact: { numbers: true, bodies: false }, without })
    return ((await (await open(token)).json()) as SharedCall).call
  }
  const whole = await shown([])
  expect(whole.legs).toHaveLength(2)
  const alone = await shown([leg])
  expect(alone.legs).toHaveLength(1)
  expect(alone.messages).toHaveLength(whole.messages.length - 1)
  expect(JSON.stringify(alone)).not.toContain('_b2b')
})

test('POST shares refuses what it cannot promise, and says which field', async () => {
  for (const [body, field] of [
    [{ callId, expiresAt: inDays(-1), redact }, 'expiresAt'],
    [{ callId, expiresAt: inDays(91), redact }, 'expiresAt'],
    [{ callId, expiresAt: 'tomorrow', redact }, 'expiresAt'],
    [{ callId: '', expiresAt: inDays(1), redact }, 'callId'],
    [{ callId, expiresAt: inDays(1), redact: { numbers: 1, bodies: false } }, 'redact.numbers'],
  ] as const) {
    const response = await post(body)
    const { error } = (await response.json()) as { error: { code: string; fields: object } }
    expect([response.status, error.code, Object.keys(error.fields)]).toEqual([
      ...[400, 'bad_body'],
      [field],
    ])
  }
  const unknown = await post({ callId: 'nobody', expiresAt: inDays(1), redact })
  expect(await codeOf(unknown)).toEqual([404, 'call_not_found'])
})

test('ten wrong tokens a minute are answered, then none, right or wrong', async () => {
  const own = await startApi({
    ...{ store, hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
  })
  try {
    const { token } = await make()
    for (let i = 0; i < 10; i += 1)
      expect(await codeOf(await open(`wrong-${i}`, own))).toEqual([404, 'share_not_found'])
    expect(await codeOf(await open(token, own))).toEqual([429, 'too_many_attempts'])
    expect((await open(token, api)).status).toBe(200)
  } finally {
    await own.close()
  }
})

const detail = (): CallDetail => ({
  ...{ callId: 'a', verdict: 'busy', messagesOmitted: 0, summary: store.rows()[0]! },
  evidence: [
    { at: 0, text: 'busy', message: 2 },
    { at: 0, text: 'b', message: 0 },
  ],
  legs: ['a', 'b'].map((id) => ({
    ...{ callId: id, startedAt: '', from: '', to: '', reasons: [], score: 1 },
  })),
  messages: ['b', 'a', 'a', 'b'].map((id, i) => ({
    ...{ at: '', src: { ip: `${i}`, port: 1 }, dst: { ip: 'x', port: 1 }, transport: 'UDP' },
    ...{ label: `${id}${i}`, cseq: '', raw: '', taps: [], callId: id, protocol: 1 },
  })),
  ladder: {
    columns: ['only b', 'both', 'only a'].map((label) => ({ label, ip: label })),
    arrows: [0, 1, 2, 3].map((message) => ({
      ...{ message, from: message % 3 === 0 ? 0 : 2, to: 1, label: '', atMs: message * 10 },
      ...{ repeatOf: message === 2 ? 1 : null, kind: 'other' as const, sdp: null },
    })),
  },
})

test('withoutLegs takes a leg out whole and numbers the rest anew', () => {
  const call = withoutLegs(detail(), ['b'])
  expect(call.messages.map(({ label }) => label)).toEqual(['a1', 'a2'])
  expect(call.legs.map((leg) => leg.callId)).toEqual(['a'])
  expect(call.ladder.columns.map(({ label }) => label)).toEqual(['both', 'only a'])
  expect(call.ladder.arrows).toMatchObject([
    { message: 0, from: 1, to: 0, atMs: 0, repeatOf: null },
    { message: 1, from: 1, to: 0, atMs: 10, repeatOf: 0 },
  ])
  expect(call.evidence).toEqual([{ at: 0, text: 'busy', message: 1 }])
  expect(withoutLegs(detail(), ['a'])).toEqual(detail())
})
