// The page of a call in a real Chromium over the real program: from the verdict to its evidence, from a
// message to what differs, to a file, to a good call, to somebody else.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes the picture that the docs show
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Download, Page } from 'playwright-core'
import type { Share } from '#contract'
import { launchBrowser, withoutBrowser } from './browser.ts'
import {
  CALLEE,
  CALLER,
  failedCall,
  goodCall,
  type Line,
  packetOf,
  sendScenes,
} from './call-traffic.ts'
import { readFixture } from './fixtures/pcap.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

const SECOND_US = 1_000_000
const pictures = process.env.CALLIOPE_TEST_PICTURES
const ALIASES = [
  { address: '10.9.0.1', name: 'Border' },
  { address: '10.9.0.3', name: 'PBX Munich' },
  { address: '10.20.0.0/16', name: 'Office' },
]
const KAMAILIO = '1-25361@127.0.0.101'

describe.skipIf(withoutBrowser)('the page of a call', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      startProgram(['--data-dir', directory.path, '--store-retention', '36500d']),
      launchBrowser(),
    ])
    const nowUs = Date.now() * 1000
    const sent = await sendScenes(program.udp, [
      { startUs: nowUs - 1800 * SECOND_US, lines: goodCall('good') },
      { startUs: nowUs - 600 * SECOND_US, lines: failedCall('bad') },
      { startUs: nowUs - 300 * SECOND_US, lines: failedCall('bad-too') },
    ])
    const fixture = readFixture().map(({ hep }) => hep)
    await SEND.udp(program, fixture)
    await settledLedger(program, sent + fixture.length)
    await fetch(`${program.url}/api/v1/settings/aliases`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ aliases: ALIASES }),
    })
    page = await newPage({ width: 1280, height: 800 })
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
    expect(complaints).toEqual([])
  })

  async function newPage(viewport: { width: number; height: number }): Promise<Page> {
    const context = await browser.newContext({ viewport, acceptDownloads: true })
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    return page
  }

  const open = async (callId: string, query = '', at = page) => {
    await at.goto(`${program.url}/call/${encodeURIComponent(callId)}${query}`)
    await at.waitForSelector('.verdict')
  }
  const arrows = (at = page) => at.locator('.arrow .label').allTextContents()
  const addressHas = (text: string) =>
    page.waitForFunction((part) => location.search.includes(part), text)
  const chosen = () => page.locator('.arrow.chosen .label').textContent()

  async function downloaded(name: string): Promise<{ name: string; bytes: Buffer }> {
    await page.click('.menu summary')
    const [file] = await Promise.all([
      page.waitForEvent('download') as Promise<Download>,
      page.click(`.menu-list >> text=${name}`),
    ])
    const bytes = Buffer.from(await Bun.file(await file.path()).arrayBuffer())
    return { name: file.suggestedFilename(), bytes }
  }

  test('leads from the words of the verdict to the messages they rest on', async () => {
    await open('bad-b@sbc')
    expect(await page.textContent('.verdict')).toContain(
      '503 Service Unavailable from 10.9.0.3 4.1 s after INVITE, retransmitted 2 times, no ACK',
    )
    await page.click('.evidence-link >> text=retransmitted 2 times')
    await addressHas('message=')
    expect(await chosen()).toBe('503 Service Unavailable ↻')
    expect(await page.textContent('.pane h2')).toContain('503 Service Unavailable')
    await page.click('.evidence-link >> text=4.1 s after INVITE')
    await page.waitForSelector('.pane h2 >> text=INVITE')
    expect(await page.textContent('.session')).toContain('SDP offer')
  })

  test('draws both legs, breaks, taps, repeats, log lines and SDP', async () => {
    await open('bad-a@sbc')
    expect(await arrows()).toEqual([
      ...['INVITE', '100 Trying', 'INVITE', '100 Trying', 'log', '503 Service Unavailable'],
      ...['503 Service Unavailable', 'ACK', '503 Service Unavailable ↻'],
      '503 Service Unavailable ↻',
    ])
    const details = (await page.locator('.arrow .detail').allTextContents()).join('\n')
    expect(details).toContain('audio 10.20.0.5:40000 PCMA,PCMU,G729')
    expect(details).toContain('2 taps, +600 µs')
    expect(details).toContain('route=17')
    expect(await page.locator('.break text').allTextContents()).toEqual(['⋮ 4.1 s'])
    await page.waitForSelector('.columns b >> text=PBX Munich')
    expect(await page.locator('.columns b').allTextContents()).toEqual([
      ...['Office', 'Border', 'PBX Munich'],
    ])
  })

  test('says in the verdict of the outer leg who refused on the inner one', async () => {
    await open('bad-a@sbc')
    await page.click('.evidence-link >> text=passed on from 10.9.0.3')
    await addressHas('message=')
    expect(await page.textContent('.pane .path')).toContain('10.9.0.3:5060 → 10.9.0.1:5060')
  })

  test('takes a leg out and puts it back, and the address says so', async () => {
    await open('bad-a@sbc')
    expect(await page.textContent('.legs li:nth-child(2)')).toContain('X-CID names this Call-ID')
    await page.click('.legs >> text=unjoin')
    await addressHas('without=bad-b')
    expect(await arrows()).toEqual(['INVITE', '100 Trying', '503 Service Unavailable', 'ACK'])
    await page.reload()
    await page.waitForSelector('.legs li[data-out="true"]')
    await page.locator('.legs').getByText('join', { exact: true }).click()
    await page.waitForSelector('.legs li[data-out="false"]:nth-child(2)')
    expect(await page.locator('.arrow').count()).toBe(10)
  })

  test('goes through the messages by j and k, compares two by d, and steps back by Escape', async () => {
    await open('bad-a@sbc')
    await page.keyboard.press('j')
    await page.waitForSelector('.pane h2 >> text=100 Trying')
    await page.keyboard.press('k')
    await page.waitForSelector('.pane h2 >> text=INVITE')
    await page.keyboard.press('d')
    await addressHas('diff=0')
    for (const key of ['j', 'j']) await page.keyboard.press(key)
    await page.waitForSelector('.diff')
    const changed = await page.locator('.diff-line.changed').allTextContents()
    expect(changed.some((line) => line.includes('User-Agent: Phone 3.1Edge/2.4'))).toBeTrue()
    expect(await page.locator('.diff del').allTextContents()).toContain('10.20.0.5')
    for (const key of ['Escape', 'Escape']) await page.keyboard.press(key)
    await page.waitForFunction(() => location.search === '')
  })

  test('filters repeats, logs and methods, and counts what is left', async () => {
    await open('bad-a@sbc')
    await page.keyboard.press('r')
    await page.click('.filter-chip >> text=RTCP, logs')
    await page.waitForSelector('.filtered >> text=7 of 10')
    await page.selectOption('.tools select', 'clock')
    expect(await page.locator('.arrow .at').first().textContent()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3}$/,
    )
    await page.click('text=show all')
    await page.waitForFunction(() => document.querySelectorAll('.arrow').length === 10)
  })

  test('saves SVG, PNG, PCAP, text and JSON of what is shown', async () => {
    await open('bad-a@sbc')
    const svg = await downloaded('SVG')
    expect(svg.name).toBe('bad-a@sbc.svg')
    expect(svg.bytes.toString()).toContain('503 Service Unavailable')
    const png = await downloaded('PNG')
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    const [wide, high] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]
    expect(wide).toBeGreaterThan(1_000)
    expect(high).toBeGreaterThan(800)
    expect((await downloaded('PCAP')).bytes.readUInt32LE(0)).toBe(0x0a0d0d0a)
    expect((await downloaded('Text')).bytes.toString()).toContain('# leg 2: bad-b@sbc')
    expect(JSON.parse((await downloaded('JSON')).bytes.toString()).callId).toBe('bad-a@sbc')
    await page.click('.legs >> text=unjoin')
    await addressHas('without=')
    expect((await downloaded('Text')).bytes.toString()).not.toContain('bad-b@sbc')
  })

  test('offers the last good call and marks what differs', async () => {
    await open('bad-a@sbc')
    await page.click('text=Compare with a good call')
    await page.waitForSelector('.compared')
    expect(await page.textContent('.compare-with')).toContain('last good call between the same two')
    expect(await page.textContent('.compared tbody tr:first-child')).toContain(
      'User-Agent: Edge/2.3 → Phone 3.1',
    )
    expect(await page.locator('.compared .extra').count()).toBe(3)
    expect(await page.locator('.compared .missing').count()).toBeGreaterThan(5)
    await page.click('.compared .link >> nth=0')
    await page.waitForSelector('.opened .diff')
    if (pictures) await page.screenshot({ path: join(pictures, 'compare.png') })
  })

  test('counts those that failed alike', async () => {
    await open('bad-a@sbc', '?view=similar')
    await page.waitForSelector('.similar li')
    expect(await page.textContent('.similar-sum')).toContain('2 other calls failed alike')
    expect(await page.locator('.similar .same').first().textContent()).toBe('same host')
  })

  test('shows the course of a call and the quality its ends reported', async () => {
    await open('good@sbc')
    const phases = await page.locator('.timeline b').allTextContents()
    expect(phases).toEqual([...['setup', 'ringing', 'early media', 'talk', 'hold', 'talk']])
    await page.click('[role=tab] >> text=Media')
    await page.waitForSelector('.chart canvas')
    expect(await page.textContent('.streams')).toContain('9.4 %')
    expect(await page.textContent('.end-report')).toContain('packets lost')
  })

  test('puts several calls into one ladder and says which are not stored', async () => {
    await open('bad-a@sbc', '?with=good%40sbc,gone')
    await page.waitForSelector('.legs >> text=added by you')
    expect(await page.textContent('.call > .error')).toContain('Not stored: gone')
    await page.click('.legs >> text=remove')
    await page.waitForFunction(() => !location.search.includes('good'))
  })

  test('shows what Kamailio sent, with every tap and its delay', async () => {
    await open(KAMAILIO, '?message=2')
    expect(await page.locator('.columns span').count()).toBe(4)
    expect(await page.textContent('.pane .taps')).toMatch(
      /captured by 1 *.*captured by 102 \+\d+ µs/,
    )
  })

  test('grows while it is looked at: what is chosen and the place in the ladder stay', async () => {
    const startUs = (Date.now() - 60_000) * 1000
    const send = async (lines: readonly Line[]) => {
      const { received } = await ask<{ received: number }>(program, '/api/v1/ledger')
      const sent = await sendScenes(program.udp, [{ startUs, lines }])
      await settledLedger(program, received + sent)
    }
    const lines = failedCall('late')
    await send(lines.filter(({ callId }) => callId === 'late-a@sbc'))
    await open('late-a@sbc', '?message=2&diff=0')
    expect(await chosen()).toBe('503 Service Unavailable')
    await send(lines.filter(({ callId }) => callId === 'late-b@sbc'))
    await page.waitForFunction(() => document.querySelectorAll('.arrow').length === 10)
    expect(await chosen()).toBe('503 Service Unavailable')
    expect(await page.textContent('.pane .path')).toContain('10.9.0.1:5060 → 10.20.0.5:5060')
    expect(new URL(page.url()).search).toBe('?message=6&diff=0')

    const info = (i: number): Line => ({
      ...{ ms: i * 10, from: 'alice', to: 'sbc', what: 'INFO', callId: 'long@sbc' },
      cseq: `${i + 1} INFO`,
    })
    await send(Array.from({ length: 60 }, (_, i) => info(i)))
    await open('long@sbc')
    const scrolled = () => page.locator('.ladder').evaluate((ladder) => ladder.scrollTop)
    await page.locator('.ladder').evaluate((ladder) => {
      ladder.scrollTop = 700
    })
    await send(Array.from({ length: 20 }, (_, i) => info(60 + i)))
    await page.waitForSelector('.facts dd >> text=80')
    expect(await scrolled()).toBe(700)
  }, 30_000)

  test('says what to check when a Call-ID is not known', async () => {
    await page.goto(`${program.url}/call/never-seen`)
    await page.waitForSelector('text=This Call-ID is not known')
    // The browser itself says in its console that the server answered 404.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404') as never])
  })

  test('shares a call: opened elsewhere without numbers, revoked, and then over', async () => {
    await open('bad-a@sbc')
    await page.click('.acts >> text=Share')
    await page.check('[name=bodies]')
    await page.click('text=Make link')
    const link = await page.locator('.made input').inputValue()
    expect(link).toMatch(/\/share\/[\w-]{43}$/)
    const other = await newPage({ width: 1280, height: 800 })
    await other.goto(link)
    await other.waitForSelector('.verdict')
    expect(await arrows(other)).toHaveLength(10)
    const text = await other.textContent('body')
    for (const number of [CALLER, CALLEE]) expect(text).not.toContain(number.slice(1))
    expect(text).not.toContain('m=audio')
    expect(await other.locator('a[href^="/call/"], .acts >> text=Share').count()).toBe(0)
    const { shares } = await ask<{ shares: Share[] }>(program, '/api/v1/shares')
    expect(shares[0]?.openedCount).toBe(1)
    await page.click('.links >> text=Revoke')
    await page.waitForFunction(() => !document.querySelector('.links'))
    await other.reload()
    await other.waitForSelector('text=This link is over')
    await other.context().close()
    await page.keyboard.press('Escape')
    expect(complaints.splice(0)).toEqual([expect.stringContaining('410') as never])
  })

  test('has nothing that axe complains of, dark and light, wide and narrow', async () => {
    const source = await Bun.file(require.resolve('axe-core/axe.min.js')).text()
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      const at = await newPage(viewport)
      for (const colorScheme of ['light', 'dark'] as const) {
        await at.emulateMedia({ colorScheme })
        for (const [callId, query] of [
          ...[
            ['bad-a@sbc', '?message=2&diff=0'],
            ['good@sbc', '?message=5'],
          ],
          ...[
            ['good@sbc', '?view=media'],
            ['bad-a@sbc', '?view=compare'],
          ],
          ['bad-a@sbc', '?view=similar'],
        ] as [string, string][]) {
          await open(callId, query, at)
          await at.waitForLoadState('networkidle')
          // As an expression from outside: the page's own policy lets no script in.
          const found = await at.evaluate(`${source};axe.run().then(({ violations }) =>
            violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 160)))`)
          expect([viewport.width, colorScheme, callId, query, found]).toEqual([
            ...[viewport.width, colorScheme, callId, query],
            [],
          ])
        }
      }
      await at.context().close()
    }
  }, 120_000)

  test('fits a phone: nothing is wider than the screen, a message is a sheet that closes', async () => {
    const phone = await newPage({ width: 390, height: 844 })
    await open('bad-a@sbc', '', phone)
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      390,
    )
    expect(await phone.locator('.pane').isVisible()).toBeFalse()
    await phone.locator('.arrow .label').nth(5).click()
    await phone.waitForSelector('.pane', { state: 'visible' })
    await phone.click('.pane .close')
    await phone.waitForSelector('.pane', { state: 'hidden' })
    await phone.context().close()
  })

  test('draws a call of thousands of messages at once and scrolls through it', async () => {
    const callId = 'many@sbc'
    const startUs = (Date.now() - 3_600_000) * 1000
    const lines = Array.from({ length: 4_000 }, (_, i) => ({
      ...{ ms: i * 10, from: 'alice' as const, to: 'sbc' as const, what: 'INFO', callId },
      cseq: `${i + 1} INFO`,
    }))
    const { received } = await ask<{ received: number }>(program, '/api/v1/ledger')
    // Over a connection: nothing is lost however slow the machine is.
    await SEND.tcp(
      program,
      lines.map((line) => packetOf(line, startUs)),
    )
    await settledLedger(program, received + lines.length)
    const begin = performance.now()
    await open(callId)
    await page.waitForSelector('.arrow')
    expect(performance.now() - begin).toBeLessThan(5_000)
    expect(await page.locator('.arrow').count()).toBeLessThan(200)
    await page.locator('.ladder').evaluate((ladder) => {
      ladder.scrollTop = ladder.scrollHeight
    })
    await page.waitForSelector('#arrow-3999')
    expect(await page.locator('.arrow').count()).toBeLessThan(200)
  }, 60_000)

  test('stands as a picture in the docs', async () => {
    if (!pictures) return
    await open('bad-a@sbc', '?message=5')
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(pictures, 'call.png') })
  })
})
