// The screen by role, in a real Chromium over the real program: whoever may not do a thing is told so
// before they try; share links are listed and ended in the settings; axe looks at what only some see.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes pictures
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { encodeHep } from '#hep'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { failedCall, sendScenes } from './call-traffic.ts'
import { type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

const PASSWORD = 'nine blue elephants'
const CALL = '/call/bad-a%40sbc'
const axe = await Bun.file(require.resolve('axe-core/axe.min.js')).text()

describe.skipIf(withoutBrowser)('the screen by role', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  const refused: string[] = []
  const errors: string[] = []

  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      startProgram(['--data-dir', directory.path]),
      launchBrowser(),
    ])
    const startUs = (Date.now() - 60_000) * 1000
    const sent = await sendScenes(program.udp, [{ startUs, lines: failedCall('bad') }])
    const broken = encodeHep({
      ...{ srcIp: '10.1.1.1', dstIp: '10.1.1.2', srcPort: 5060, dstPort: 5060, captureId: 7 },
      ...{ atUs: startUs, payload: Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n\r\n') },
    })
    broken.writeUInt16BE(3, 6 + 7 + 7 + 4)
    await SEND.udp(program, [broken])
    await settledLedger(program, sent + 1)
    await addUser('anna', 'admin')
    const admin = await logIn('anna')
    for (const [name, role] of [
      ['eva', 'engineer'],
      ['vera', 'viewer'],
    ] as const)
      await addUser(name, role, admin)
    await admin.close()
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
    expect([refused, errors]).toEqual([[], []])
  })

  // Nobody has to log in for the first; the others are added by that one.
  async function addUser(name: string, role: string, as?: BrowserContext): Promise<void> {
    const cookies = (await as?.cookies())?.map(({ name, value }) => `${name}=${value}`).join('; ')
    const answer = await fetch(`${program.url}/api/v1/users`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', origin: program.url, 'x-calliope': '1' },
        ...(cookies ? { cookie: cookies } : {}),
      },
      body: JSON.stringify({ name, role, password: PASSWORD }),
    })
    expect([name, answer.status]).toEqual([name, 200])
  }

  async function logIn(name: string): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const answer = await context.request.post(`${program.url}/api/v1/session`, {
      data: { name, password: PASSWORD },
    })
    expect([name, answer.status()]).toEqual([name, 200])
    return context
  }

  async function open(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('response', (response) => {
      if (response.status() === 403) refused.push(`${path}: ${response.url()}`)
    })
    await page.goto(program.url + path)
    return page
  }
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  const whyNot = async (page: Page, name: string) => {
    await page.waitForFunction(
      (text) =>
        [...document.querySelectorAll('button')].some(
          ({ textContent, title }) => textContent === text && title.startsWith('Takes'),
        ),
      name,
    )
    return [await button(page, name).isDisabled(), await button(page, name).getAttribute('title')]
  }
  const picture = async (page: Page, name: string) => {
    const pictures = process.env.CALLIOPE_TEST_PICTURES
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) })
  }
  const ENGINEER = [true, 'Takes the role engineer; you are vera, viewer']

  test('a viewer sees what takes an engineer, and why, and exports what viewers may', async () => {
    const context = await logIn('vera')
    const call = await open(context, CALL)
    expect(await whyNot(call, 'Share')).toEqual(ENGINEER)
    await call.click('.menu summary')
    await call.waitForSelector('.menu-list >> text=PCAP')
    const quarantine = await open(context, '/ingest/quarantine')
    for (const name of ['Try again', 'Delete'])
      expect(await whyNot(quarantine, name)).toEqual(ENGINEER)
    const connect = await open(context, '/ingest/connect')
    await connect.waitForSelector('.agents')
    const settings = await open(context, '/settings/users')
    await settings.waitForSelector('text=Settings take an administrator')
    await context.close()
  }, 30_000)

  test('an engineer shares, and ends the link in the settings', async () => {
    const context = await logIn('eva')
    const page = await open(context, CALL)
    await button(page, 'Share').click()
    await page.click('text=Make link')
    const link = await page.locator('.made input').inputValue()
    await page.goto(`${program.url}/settings/shares`)
    const row = page.locator('.rows tbody tr')
    await row.waitFor()
    expect(await page.getByRole('tab').allTextContents()).toEqual(['Aliases', 'Share links'])
    expect((await row.allTextContents()).join()).toMatch(/bad-a@sbc.*eva.*numbers/)
    await row.getByRole('button', { name: 'Revoke' }).click()
    await row.getByRole('button', { name: 'Revoke: sure?' }).click()
    await row.getByText('revoked').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    const shared = `${program.url}/api/v1/shared/${link.split('/').at(-1)}`
    expect((await fetch(shared)).status).toBe(410)
    await context.close()
  }, 30_000)

  test('an administrator sees the links of everybody', async () => {
    const context = await logIn('anna')
    const page = await open(context, '/settings/shares')
    await page.locator('.rows tbody tr', { hasText: 'eva' }).waitFor()
    await picture(page, 'settings-shares')
    await context.close()
  }, 30_000)

  const SECTIONS = [
    ...['users', 'tokens', 'aliases', 'shares', 'masking', 'retention', 'agent-keys', 'audit'],
  ]
  const PLACES = [
    ['/ingest/quarantine', '.frame .hex'],
    ...SECTIONS.map((name) => [`/settings/${name}`, '.settings section > *']),
    ['/login', '.login form'],
  ] as [string, string][]

  test.each([1280, 390])(
    'axe finds nothing in the quarantine, the settings and the login at %d px, dark and light',
    async (width) => {
      const [admin, nobody] = [await logIn('anna'), await browser.newContext()]
      for (const [path, shown] of PLACES) {
        const page = await open(path === '/login' ? nobody : admin, path)
        await page.setViewportSize({ width, height: 900 })
        await page.waitForSelector(shown)
        await page.waitForSelector('.page-wait', { state: 'detached' })
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          // As an expression from outside: the page's own policy lets no script in.
          const found = await page.evaluate(`${axe};axe.run().then(({ violations }) =>
            violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 200)))`)
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - innerWidth,
          )
          expect([path, width, colorScheme, found, overflow <= 0]).toEqual([
            ...[path, width, colorScheme, [], true],
          ])
        }
        await page.close()
      }
      for (const context of [admin, nobody]) await context.close()
    },
    120_000,
  )
})
