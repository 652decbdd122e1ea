// KPI steps and tables, the quarantine's retry and the demo, as the API answers them.
import { afterAll, expect, test } from 'bun:test'
import type { Kpi, Quarantined } from '#contract'
import { MemoryStore } from '../../../test/memory-store.ts'
import type { ApiOptions, RetriedFrame, RetryOutcome } from '../options.ts'
import { type Api, startApi } from '../start-api.ts'

const running: Api[] = []
afterAll(() => Promise.all(running.map((api) => api.close())))

async function start(options: Partial<ApiOptions> = {}): Promise<Api> {
  const api = await startApi({
    ...{ store: new MemoryStore(), hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
    ...options,
  })
  running.push(api)
  return api
}

async function ask(api: Api, path: string, method = 'GET') {
  const response = await fetch(`${api.url}/api/v1/${path}`, { method })
  // biome-ignore lint/suspicious/noExplicitAny: many shapes, looked at by each test
  return { status: response.status, body: (await response.json()) as any }
}

test('kpi chooses a step so that no chart has more than 400 rows, and takes those it knows', async () => {
  const asked: (readonly [number, number | undefined])[] = []
  class Store extends MemoryStore {
    override async kpi(fromUs: number, toUs?: number, stepSeconds?: number) {
      asked.push([Math.round(((toUs ?? 0) - fromUs) / 60e6), stepSeconds])
      return super.kpi(fromUs)
    }
  }
  const api = await start({ store: new Store() })
  for (const [range, step] of [
    ['-15m', 60],
    ['-6h', 60],
    ['-24h', 300],
    ['-7d', 3_600],
    ['-30d', 21_600],
  ] as const) {
    const { body } = await ask(api, `kpi?from=${range}&step=auto`)
    expect((body as Kpi).stepSeconds).toBe(step)
  }
  expect((await ask(api, 'kpi?step=900')).body.stepSeconds).toBe(900)
  expect((await ask(api, 'kpi')).body.stepSeconds).toBe(60)
  expect(asked.at(-1)).toEqual([60, 60])
  const refused = await ask(api, 'kpi?step=61')
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'bad_parameter' } } })
  expect(refused.body.error.hint).toContain('86400; or auto')
})

test('kpi adds the tables that are asked for, and no others', async () => {
  const api = await start()
  const { body } = await ask(api, 'kpi?by=code,host')
  expect(Object.keys(body)).toEqual(['from', 'to', 'minutes', 'stepSeconds', 'codes', 'hosts'])
  expect(body.codes).toEqual([{ code: 486, count: 1 }])
  expect((await ask(api, 'kpi?by=total,talker')).body).toMatchObject({
    ...{ total: { messages: 7 }, talkers: [{ kind: 'from', name: 'alice' }] },
  })
  expect((await ask(api, 'kpi?by=cod')).status).toBe(400)
})

test('kpi says which whole minutes it counted', async () => {
  const api = await start()
  const range = async (from: string, to: string) => {
    const { body } = await ask(api, `kpi?from=2026-11-20T${from}Z&to=2026-11-20T${to}Z`)
    return [body.from, body.to]
  }
  const minute = (text: string) => `2026-11-20T${text}:00.000000Z`
  expect(await range('10:00:00', '11:00:00')).toEqual([minute('10:00'), minute('11:00')])
  expect(await range('10:00:00.000001', '11:00:59')).toEqual([minute('10:01'), minute('11:01')])
})

class Quarantine extends MemoryStore {
  readonly did: string[] = []
  frame: Quarantined | undefined = {
    ...{ id: '1', receivedAt: '2026-11-21T08:00:00.123456Z', node: 'n1', transport: 'tcp' },
    ...{ peer: '[2001:db8::7]:5060', reason: 'address_denied', detail: 'no', byteOffset: 0 },
    ...{ frame: Buffer.from('HEP3').toString('base64'), retryAt: null },
  }
  override readonly quarantineKeeper = {
    find: async () => this.frame,
    claim: async (_: string, { force }: { force: boolean }) => {
      this.did.push(force ? 'forced' : 'claimed')
      return force || this.frame?.retryAt === null
    },
    release: async (_: string, refused?: object) => {
      this.did.push(refused ? `released ${JSON.stringify(refused)}` : 'released')
    },
    remove: async () => {
      this.did.push('removed')
      return true
    },
  }
}

async function retry(outcome: RetryOutcome, change: Partial<Quarantined> = {}, query = '') {
  const store = new Quarantine()
  store.frame = { ...store.frame!, ...change }
  const frames: RetriedFrame[] = []
  const retryFrame = async (frame: RetriedFrame) => {
    frames.push(frame)
    return outcome
  }
  const api = await start({ store, retryFrame })
  const answer = await ask(api, `quarantine/1/retry${query}`, 'POST')
  return { ...answer, did: store.did, frames }
}

test('a retried frame keeps its time and sender, and leaves the quarantine when it is taken', async () => {
  const { body, did, frames } = await retry({ kind: 'accepted' })
  expect(body).toEqual({ outcome: 'accepted' })
  expect(did).toEqual(['claimed', 'removed'])
  expect(frames).toEqual([
    {
      ...{ receivedUs: 1_795_248_000_123_456, transport: 'tcp', bytes: Buffer.from('HEP3') },
      ...{ peerIp: '2001:db8::7', peerPort: 5060 },
    },
  ])
})

test('a retried frame that today refuses stays, with what today says of it', async () => {
  const fault = { reason: 'bad_chunk', offset: 24, detail: 'wrong' } as const
  const { status, body, did } = await retry({ kind: 'refused', fault })
  expect([status, body]).toEqual([
    200,
    { outcome: 'refused', reason: 'bad_chunk', byteOffset: 24, detail: 'wrong' },
  ])
  expect(did[1]).toBe('released {"reason":"bad_chunk","detail":"wrong","byteOffset":24}')
})

test('a retried frame is given back when the spool is full', async () => {
  const { status, body, did } = await retry({ kind: 'unavailable', why: 'The spool is full.' })
  expect([status, body.error.code, did]).toEqual([
    ...[503, 'spool_unavailable', ['claimed', 'released']],
  ])
})

test('a frame that an earlier try did not report back on is tried again only by force', async () => {
  const claimed = { retryAt: '2026-11-21T09:00:00.000000Z' }
  const refused = await retry({ kind: 'accepted' }, claimed)
  expect([refused.status, refused.body.error.code]).toEqual([409, 'frame_claimed'])
  expect(refused.frames).toEqual([])
  const forced = await retry({ kind: 'accepted' }, claimed, '?force=1')
  expect([forced.body.outcome, forced.did]).toEqual(['accepted', ['forced', 'removed']])
})

test('a server without sockets tries nothing again, has no sockets to tell of and makes no demo', async () => {
  const api = await start()
  for (const [path, method] of [
    ['quarantine/1/retry', 'POST'],
    ['ingest', 'GET'],
    ['demo', 'GET'],
  ] as const)
    expect(await ask(api, path, method)).toMatchObject({
      ...{ status: 404, body: { error: { code: 'no_intake' } } },
    })
  expect((await ask(api, 'quarantine/9', 'DELETE')).body.error.code).toBe('frame_not_found')
  expect((await ask(api, 'quarantine/x', 'DELETE')).body.error.code).toBe('bad_parameter')
})

test('the demo is refused where calls are, until that is confirmed', async () => {
  let started = 0
  const idle = { state: 'idle', sent: 0, progress: 0, error: '' } as const
  const begin = () => {
    started += 1
  }
  const demo = { state: () => idle, start: begin }
  const api = await start({ demo })
  expect((await ask(api, 'demo', 'POST')).body.error.code).toBe('demo_refused')
  expect([started, (await ask(api, 'demo?confirm=1', 'POST')).status, started]).toEqual([0, 200, 1])
})
