// The overview and the ingest doctor in a real Chromium over the real program: an empty system, the
// demo, an agent configured with what the page says, a broken frame, a frame that is tried again.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes the pictures that the docs show
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type {
  AuditEntry,
  CallPage,
  DemoState,
  Kpi,
  Ledger,
  QuarantineRetry,
  Source,
} from '#contract'
import { encodeHep } from '#hep'
import { AGENTS } from '../src/web/page/doctor/agent-configs.ts'
import { axeFinds } from './axe.ts'
import { withoutBrowser } from './browser.ts'
import { network, startKamailioWith } from './peers/kamailio.ts'
import { runSipp } from './peers/sipp.ts'
import { ask, settledLedger, startProgram, temporaryDirectory, until } from './program.ts'
import { ProgramScreen } from './program-screen.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES
const withoutPeers = ['kamailio', 'sipp'].some((name) => Bun.which(name) === null)

describe.skipIf(withoutBrowser)('overview and ingest', () => {
  const screen = new ProgramScreen(['--store-batch-wait', '100ms'], { width: 1280, height: 900 })
  const { open } = screen
  afterAll(() =>
    expect(screen.complaints.filter((line) => !/status of 409/.test(line))).toEqual([]),
  )

  const picture = async (page: Page, name: string) => {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) })
  }
  const send = async (...frames: readonly (Buffer | string)[]) => {
    const { host: hostname, port } = screen.program.udp
    const socket = await Bun.udpSocket({ connect: { hostname, port } })
    for (const frame of frames) socket.send(frame)
    socket.close()
  }
  const post = async <Answer>(path: string, method = 'POST') => {
    const response = await fetch(screen.program.url + path, { method })
    return { status: response.status, body: (await response.json()) as Answer }
  }

  test('a button fills an empty system with an hour of calls, once', async () => {
    const page = await open('/ingest')
    await page.waitForSelector('text=Nothing has arrived yet')
    await page.click('.demo button')
    await page.waitForSelector('.demo a[href="/overview"]')
    const demo = await ask<DemoState>(screen.program, '/api/v1/demo')
    expect(demo).toMatchObject({ state: 'done', progress: 1, error: '' })
    expect(demo.sent).toBeGreaterThan(10_000)
    const ledger = await settledLedger(screen.program, demo.sent)
    expect(ledger).toMatchObject({ received: demo.sent, stored: demo.sent, balanced: true })
    // The demo is not the agent that is waited for.
    expect(await page.textContent('.first-packet')).toContain('Waiting for the first packet')
    const second = await post<{ error: { code: string } }>('/api/v1/demo')
    expect([second.status, second.body.error.code]).toEqual([409, 'demo_refused'])
    const { calls } = await ask<CallPage>(
      screen.program,
      '/api/v1/calls?q=node:calliope-demo&limit=1000',
    )
    expect(calls).toHaveLength(1000)
    await page.close()
  }, 60_000)

  test.skipIf(withoutPeers).each(['udp', 'tcp'])(
    "the configuration that the page makes lets a real Kamailio be 'seen' over %s",
    async (transport) => {
      const page = await open(`/ingest/connect?by=${transport}`)
      await page.click('[aria-pressed="true"]:has-text("Kamailio")')
      await page.locator('input[type=number]').fill('4711')
      const config = await page.textContent('pre.config')
      await page.waitForSelector('text=Waiting for the first packet')
      const net = network()
      await using _kamailio = await startKamailioWith({
        ...{ sip: `${net}.10:5060`, directory: screen.directory, withTcp: transport === 'tcp' },
        snippet: config!.replace('# modparam', 'modparam').replace('OWN_ADDRESS', `${net}.10`),
      })
      await runSipp({
        ...{ scenario: 'uac-not-found', directory: screen.directory },
        ...{ local: `${net}.11:5060`, remote: `${net}.10:5060` },
      })
      await page.waitForSelector('.first-packet.seen')
      const seen = await page.textContent('.first-packet')
      // Over TCP the system chooses the address that the connection comes from.
      expect(seen).toContain(
        transport === 'udp' ? `Seen: ${net}.10 over UDP, HEP v3` : 'over TCP, HEP v3',
      )
      expect(seen).toContain('capture id 4711')
      await page.close()
    },
    30_000,
  )

  test('hep-js, called as the page writes it, is seen', async () => {
    const { text } = AGENTS.find(({ id }) => id === 'hep-js')!
    const code = text({ ...screen.program.udp, transport: 'udp', captureId: 4712, key: '' })
    const callId = 'by-hep-js@example.test'
    const sip = `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKh\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
    const names = ['require', 'sipMessage', 'srcIp', 'srcPort', 'dstIp', 'dstPort']
    const run = new Function(...names, `${code}\nreturn socket`)
    const socket = run(require, sip, '10.1.1.1', 5060, '10.1.1.2', 5061)
    const { calls } = await until(
      () => ask<CallPage>(screen.program, `/api/v1/calls?q=callid:${callId}`),
      (page) => page.calls.length === 1,
    )
    socket.close()
    expect(calls[0]).toMatchObject({ srcIp: '10.1.1.1', dstIp: '10.1.1.2', method: 'OPTIONS' })
    const { sources } = await ask<{ sources: Source[] }>(screen.program, '/api/v1/sources')
    expect(sources.find(({ captureId }) => captureId === 4712)).toMatchObject({ packets: 1 })
  })

  test('the overview shows what the calls say, and a click on 503 finds exactly those', async () => {
    const page = await open('/overview')
    await page.waitForSelector('[data-code="503"]')
    await page.waitForSelector('.charts canvas')
    const legend = await page.locator('.charts .u-legend').first().textContent()
    expect(legend).toMatch(/^Time.*\d\d:\d\dCalls[\d.]+ \/sAnswered[\d.]+ \/s/)
    await picture(page, 'overview')
    expect(await page.locator('.tile').count()).toBe(8)
    const kpi = await ask<Kpi>(screen.program, '/api/v1/kpi?by=code,host,talker,total')
    const byHost = kpi.hosts!.reduce((sum, { failures }) => sum + (failures[503] ?? 0), 0)
    expect(byHost).toBe(kpi.codes!.find(({ code }) => code === 503)!.count)
    expect(kpi.total!.attempts).toBe(kpi.minutes.reduce((sum, { attempts }) => sum + attempts, 0))
    // Read and clicked at once: the numbers are asked for again every few seconds.
    const counted = await page.evaluate(() => {
      const link = document.querySelector<HTMLElement>('[data-code="503"]')!
      const shown = Number(link.querySelector('.value')!.textContent)
      link.click()
      return shown
    })
    await page.waitForFunction(() => location.pathname === '/')
    const query = new URL(page.url()).searchParams
    expect(query.get('q')).toBe('method:INVITE status:503')
    const path = `/api/v1/calls?${new URLSearchParams({ ...Object.fromEntries(query), limit: '1000' })}`
    const { calls } = await ask<CallPage>(screen.program, path)
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.length).toBe(counted)
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([503]))
    await page.waitForFunction(() => document.body.textContent!.includes('503'))
    await page.close()
  }, 30_000)

  test('a broken frame is shown with its failing byte; trying it again says that it still fails', async () => {
    const broken = encodeHep({
      ...{ srcIp: '10.1.1.1', dstIp: '10.1.1.2', srcPort: 5060, dstPort: 5060, captureId: 7 },
      ...{ atUs: Date.now() * 1000, payload: Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n\r\n') },
    })
    broken.writeUInt16BE(3, 6 + 7 + 7 + 4)
    const before = await ask<Ledger>(screen.program, '/api/v1/ledger')
    await send(broken)
    await settledLedger(screen.program, before.received + 1)
    const page = await open('/ingest/quarantine')
    await page.waitForSelector('.hex mark')
    expect(await page.textContent('.frame .detail')).toContain('Byte 24 of')
    expect(await page.textContent('.hex mark')).toBe('00')
    expect(await page.textContent('.parts .failing')).toContain('3 source IPv4')
    await picture(page, 'quarantine')
    await page.click('.actions .primary')
    await page.waitForSelector('.toast.failed')
    expect(await page.textContent('.toast')).toContain('Still refused: Chunk 3 says it has 3 bytes')
    const after = await ask<Ledger>(screen.program, '/api/v1/ledger')
    expect(after).toMatchObject({ received: before.received + 1, balanced: true })
    expect(after.rejected.byReason).toEqual({ bad_chunk: 1 })
    const sources = await open('/ingest/sources')
    await sources.waitForSelector('tr.advice')
    expect(await sources.textContent('tr.advice')).toContain('1 frame refused (bad chunk)')
    await picture(sources, 'ingest')
    await sources.close()
    await page.click('.actions .danger')
    await page.waitForSelector('text=The quarantine is empty')
    await page.close()
  }, 30_000)

  test.each([
    ['/overview', 1280],
    ['/overview', 390],
    ['/ingest/sources', 1280],
    ['/ingest/sources', 390],
    ['/ingest/nodes', 390],
    ['/ingest/connect', 390],
  ])(
    'axe finds nothing on %s at %d px, light and dark, and nothing is wider than it',
    async (path, width) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open(path, { viewport: { width, height: 900 }, colorScheme })
        await page.waitForSelector(path === '/overview' ? '.tile' : '.view > *')
        expect(await axeFinds(page)).toEqual([])
        const overflow = () => document.documentElement.scrollWidth - innerWidth
        expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0)
        await page.close()
      }
    },
    30_000,
  )
})

test('a frame refused by yesterday’s rules is received once more under today’s, exactly once', async () => {
  using directory = temporaryDirectory()
  const place = ['--data-dir', directory.path, '--store-batch-wait', '100ms']
  const strict = await startProgram([...place, '--intake-allow', '10.0.0.0/8'])
  const callId = 'late@example.test'
  const text = `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKl\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  const socket = await Bun.udpSocket({
    connect: { hostname: strict.udp.host, port: strict.udp.port },
  })
  const fields = { srcIp: '10.1.1.1', dstIp: '10.1.1.2', srcPort: 5060, dstPort: 5060 }
  socket.send(encodeHep({ ...fields, atUs: Date.now() * 1000, payload: Buffer.from(text) }))
  socket.close()
  type Frames = { quarantine: { id: string; reason: string; receivedAt: string }[] }
  const { quarantine } = await until(
    () => ask<Frames>(strict, '/api/v1/quarantine'),
    ({ quarantine }) => quarantine.length === 1,
  )
  expect(quarantine[0]!.reason).toBe('address_denied')
  expect(await strict.stop()).toBe(0)

  const open = await startProgram(place)
  const retry = () =>
    fetch(`${open.url}/api/v1/quarantine/${quarantine[0]!.id}/retry`, { method: 'POST' })
  // Both at once: one takes it, the other finds it claimed or gone.
  const answers = await Promise.all([retry(), retry()])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, expect.any(Number) as never])
  const won = answers.find(({ status }) => status === 200)!
  expect((await won.json()) as QuarantineRetry).toEqual({ outcome: 'accepted' })
  expect([404, 409]).toContain(answers.find((answer) => answer !== won)!.status)
  const ledger = await until(
    () => ask<Ledger>(open, '/api/v1/ledger'),
    ({ stored, pending }) => stored === 1 && pending === 0,
  )
  expect(ledger).toMatchObject({ received: 2, balanced: true })
  expect(ledger.rejected.byReason).toEqual({ address_denied: 1 })
  const { calls } = await ask<CallPage>(open, `/api/v1/calls?q=callid:${callId}`)
  expect(calls).toMatchObject([{ callId, messageCount: 1 }])
  expect((await ask<Frames>(open, '/api/v1/quarantine')).quarantine).toEqual([])
  const { entries } = await ask<{ entries: AuditEntry[] }>(open, '/api/v1/audit')
  expect(entries[0]).toMatchObject({ who: 'local', action: 'quarantine-retry', object: '1' })
  expect((await fetch(`${open.url}/api/v1/quarantine/999`, { method: 'DELETE' })).status).toBe(404)
  expect(await open.stop()).toBe(0)
}, 60_000)
