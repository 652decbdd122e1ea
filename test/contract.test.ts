// DESIGN §5 against the running program with its real store: paths, shapes, promises, metrics, its end.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallDetail, CallPage, CallRow } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { MINUTE_US, nowUs, request, traffic } from './agent-frames.ts'
import { misfits } from './json-schema.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

let program: Program
let directory: ReturnType<typeof temporaryDirectory>
let database: Awaited<ReturnType<typeof testDatabase>>
let sent = 0 // frames so far
beforeAll(async () => {
  database = await testDatabase()
  directory = temporaryDirectory()
  program = await startProgram([
    ...['--database', database.url, '--data-dir', directory.path],
    // With a place to hand packets over to, /metrics speaks of that too.
    ...['--drain-wait', '1s', '--drain-handover', `file://${directory.path}/handed-over`],
  ])
  await send(traffic(300))
  await send([Buffer.from('this is no HEP'), Buffer.from('HEP3\0\x20short')])
})
afterAll(async () => {
  await program.stop()
  await database[Symbol.asyncDispose]()
  directory[Symbol.dispose]()
})

async function send(frames: readonly Buffer[]): Promise<void> {
  await SEND.udp(program, frames)
  sent += frames.length
  await settledLedger(program, sent)
}

const callPath = (callId: string, rest = '') => `/api/v1/calls/${encodeURIComponent(callId)}${rest}`
const search = (query: Record<string, string>) =>
  ask<CallPage>(program, `/api/v1/calls?${new URLSearchParams(query)}`)
const idsOf = ({ calls }: CallPage) => calls.map(({ callId }) => callId)

async function refusal(path: string): Promise<{ status: number; code: string; message: string }> {
  const response = await fetch(program.url + path)
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return { status: response.status, ...error }
}

// Endless, or about something that must be made first; their own tests hold them to their shapes.
const NOT_TO_BE_TRIED = new Set([
  '/api/v1/live',
  '/api/v1/shared/{token}',
  '/api/v1/session/oidc',
  '/api/v1/session/oidc/callback',
])

describe('the API', () => {
  test('has every path of the design, and answers in the shapes of its openapi.json', async () => {
    const api = await ask<OpenApi>(program, '/api/v1/openapi.json')
    const { calls } = await search({ limit: '1000' })
    expect(calls.length).toBeGreaterThan(250)
    const paths = Object.keys(api.paths)
    for (const path of PATHS_OF_THE_DESIGN) expect(paths).toContain(path)

    for (const [path, { get }] of Object.entries(api.paths)) {
      if (get === undefined || NOT_TO_BE_TRIED.has(path)) continue
      const [[type, { schema }]] = Object.entries(get.responses['200'].content) as [
        [string, Content],
      ]
      for (const { callId } of path.includes('{') ? calls.slice(0, 100) : [calls[0]!]) {
        const response = await fetch(
          program.url + path.replace('{callId}', encodeURIComponent(callId)),
        )
        expect([path, response.status]).toEqual([path, 200])
        expect(response.headers.get('content-type')).toStartWith(type)
        const body = type === 'application/json' ? await response.json() : await response.text()
        expect([path, ...misfits(body, schema, api)]).toEqual([path])
      }
    }
  }, 30_000)

  test('shows a page of calls that validates in every row, with and without a range', async () => {
    const api = await ask<OpenApi>(program, '/api/v1/openapi.json')
    const schema = { $ref: '#/components/schemas/CallPage' }
    for (const query of [{}, { from: '-10m' }, { from: '-12m', to: '-5m' }, { q: 'user:*' }]) {
      const page = await search({ limit: '1000', ...(query as Record<string, string>) })
      expect(page.calls.length).toBeGreaterThan(20)
      expect(misfits(page, schema, api)).toEqual([])
    }
  })

  test('says what is wrong with a request, with a stable code', async () => {
    for (const [path, status, code] of [
      ['/api/v1/calls?from=yesterday', 400, 'bad_parameter'],
      ['/api/v1/calls?from=-5m&to=-10m', 400, 'bad_parameter'],
      ['/api/v1/calls?form=-5m', 400, 'unknown_parameter'],
      ['/api/v1/calls?limit=1001', 400, 'bad_parameter'],
      ['/api/v1/calls?q=frm:x', 400, 'bad_query'],
      ['/api/v1/calls?cursor=nonsense', 400, 'bad_query'],
      [callPath('nobody has this'), 404, 'call_not_found'],
      ['/api/v2/calls', 404, 'unknown_route'],
    ] as const)
      expect({ path, ...(await refusal(path)) }).toMatchObject({ path, status, code })
  })

  test('finds and exports calls whatever stands in their Call-ID', async () => {
    const odd = [
      ...[
        'a/b?c#d&e=f+g',
        '100%25 %2F%zz',
        `quotes"'<script>`,
        'back\\slash\\',
        'semi;colon,comma',
      ],
      ...['ünïcödé-€-電話@例え', 'with inner  spaces', '*wild*|card-', '-minus', 'AND:or:callid:'],
      ...['..', `long-${'x'.repeat(600)}`, '{"json":true}', "'; drop table call_segments; --"],
    ]
    await send(odd.map((callId) => request(callId, { user: 'odd-one' })))
    const { calls } = await search({ q: 'from:odd-one' })
    expect(calls).toHaveLength(odd.length)
    const long = calls.find(({ callId }) => callId.startsWith('long-'))!.callId
    const ids = odd.map((callId) => (callId.startsWith('long-') ? long : callId))
    expect(idsOf({ calls, nextCursor: null }).sort()).toEqual([...ids].sort())
    for (const callId of ids) {
      const quoted = `callid:"${callId.replaceAll(/["\\]/g, '\\$&')}"`
      expect([callId, ...idsOf(await search({ q: quoted }))]).toEqual([callId, callId])
      if (callId === '..') continue // no path can hold it, see docs/api.md
      const detail = await ask<CallDetail>(program, callPath(callId))
      expect([detail.callId, detail.messages.length]).toEqual([callId, 1])
      for (const kind of ['/pcap', '/text'])
        expect((await fetch(program.url + callPath(callId, kind))).status).toBe(200)
    }
  })

  test('takes ages and times for from and to', async () => {
    const agesMin = [2, 8, 20, 200, 3000]
    await send(
      agesMin.map((min) =>
        request(`age-${min}`, { user: 'aged', atUs: nowUs() - min * MINUTE_US }),
      ),
    )
    const found = async (range: Record<string, string>) =>
      idsOf(await search({ q: 'from:aged', ...range })).map((id) => Number(id.slice(4)))
    expect(await found({})).toEqual(agesMin)
    expect(await found({ from: '-5m' })).toEqual([2])
    expect(await found({ from: '-15m' })).toEqual([2, 8])
    expect(await found({ from: '-4h', to: '-5m' })).toEqual([8, 20, 200])
    expect(await found({ from: '-7d', to: '-1h' })).toEqual([200, 3000])
    const at = new Date(Date.now() - 10 * 60_000)
    expect(await found({ to: at.toISOString() })).toEqual([20, 200, 3000])
    const inZone = new Date(at.getTime() + 3_600_000).toISOString().replace('Z', '+01:00')
    expect(await found({ from: inZone })).toEqual([2, 8])
  })

  test('pages through every call exactly once while new ones arrive', async () => {
    const before = new Set(idsOf(await search({ limit: '1000' })))
    const seen: CallRow[] = []
    let cursor: string | null = null
    let n = 0
    do {
      const page: CallPage = await search({ limit: '23', ...(cursor ? { cursor } : {}) })
      seen.push(...page.calls)
      cursor = page.nextCursor
      const arriving = [request(`new-${++n}`, { user: 'newcomer' }), request('age-8')]
      await SEND.udp(program, arriving)
      sent += arriving.length
      if (n % 5 === 0) await settledLedger(program, sent) // some are stored between two pages
    } while (cursor)
    const ids = seen.map(({ callId }) => callId)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...before].filter((callId) => !ids.includes(callId))).toEqual([])
    const times = seen.map(({ startedAt }) => startedAt)
    expect(times).toEqual([...times].sort().reverse())
  }, 60_000)

  test('shows a call live, and in search, within 2 s of its packet', async () => {
    const response = await fetch(`${program.url}/api/v1/live?q=from:live-one`)
    const events = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const delaysMs: number[] = []
    for (let n = 0; n < 4; n++) {
      const sentAt = performance.now()
      await SEND.udp(program, [request(`live-${n}`, { user: 'live-one' })])
      sent++
      let said = ''
      while (!said.includes(`"live-${n}"`)) said += (await events.read()).value ?? ''
      delaysMs.push(Math.round(performance.now() - sentAt))
      expect(said).toMatch(/^event: call$/m)
      expect(idsOf(await search({ q: `callid:live-${n}` }))).toEqual([`live-${n}`])
    }
    await events.cancel()
    console.log(`live: a call is shown ${delaysMs.join(', ')} ms after its packet`)
    expect(Math.max(...delaysMs)).toBeLessThan(2000)
  })

  test('counts everything once: the ledger, by reason, and the quarantine', async () => {
    const ledger = await settledLedger(program, sent)
    expect(ledger).toMatchObject({ received: sent, stored: sent - 2, pending: 0, balanced: true })
    expect(ledger.rejected).toEqual({ total: 2, byReason: { not_hep: 1, truncated: 1 } })
    const { quarantine } = await ask<{ quarantine: { reason: string; frame: string }[] }>(
      program,
      '/api/v1/quarantine',
    )
    expect(quarantine.map(({ reason }) => reason).sort()).toEqual(['not_hep', 'truncated'])
    expect(quarantine.map(({ frame }) => atob(frame))).toContain('this is no HEP')
  })
})

const PATHS_OF_THE_DESIGN = [
  ...['/healthz', '/readyz', '/metrics', '/api/v1/calls', '/api/v1/calls/{callId}'],
  ...['/api/v1/calls/{callId}/pcap', '/api/v1/calls/{callId}/text', '/api/v1/ledger'],
  ...['/api/v1/live', '/api/v1/sources', '/api/v1/quarantine', '/api/v1/kpi', '/api/v1/nodes'],
  '/api/v1/openapi.json',
]
type Content = { schema: Record<string, unknown> }
type OpenApi = Record<string, unknown> & {
  paths: Record<string, { get?: { responses: { '200': { content: Record<string, Content> } } } }>
}

test('/metrics has the names docs/operating.md promises, and their values are the ledger’s', async () => {
  const text = await (await fetch(`${program.url}/metrics`)).text()
  const guide = readFileSync(join(import.meta.dir, '../docs/operating.md'), 'utf8')
  const row = guide.split('\n').find((line) => line.startsWith('| `/metrics`'))!
  const names = [...guide.matchAll(/`(calliope_\w+)`/g)].map(([, name]) => name!)
  const cut = [...row.matchAll(/`…_(\w+)(?:\{\w+\})?`/g)].map(([, end]) => `calliope_frames_${end}`)
  expect(cut.length).toBeGreaterThan(2)
  for (const name of [...names, ...cut]) expect(text).toMatch(new RegExp(`^# TYPE ${name} `, 'm'))
  const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
  const ledger = await settledLedger(program, sent)
  expect(value('calliope_frames_received_total')).toBe(ledger.received)
  expect(value('calliope_frames_stored_total')).toBe(ledger.stored)
  expect(value('calliope_frames_rejected_total\\{reason="not_hep"\\}')).toBe(1)
  expect(value('calliope_frames_pending')).toBe(0)
})

// The last one: it ends the program.
test('SIGTERM: /readyz is 503 at once, packets still count, and the spool is emptied: exit 0', async () => {
  expect((await fetch(`${program.url}/readyz`)).status).toBe(200)
  program.process.kill('SIGTERM')
  await program.waitForLine(({ msg }) => msg.startsWith('draining: still receiving'))
  const ready = await fetch(`${program.url}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.text()).toContain('draining')
  expect((await fetch(`${program.url}/healthz`)).status).toBe(200)
  await SEND.udp(program, [request('while draining')])
  expect(await program.process.exited).toBe(0)
  const [row] = await database.sql`select count(*)::int as n from call_segments
    where call_id = 'while draining'`
  expect(row.n).toBe(1)
})
