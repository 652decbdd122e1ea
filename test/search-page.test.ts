// The search in a real Chromium over the real program and real traffic: what Kamailio sent, and calls
// of `calliope load`. The journeys of somebody with a number and a rough time; axe on what they see.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes the picture that the README shows
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { CallCounts, CallPage, CallRow } from '#contract'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { run } from './commands.ts'
import { truePackets } from './fixtures/oracle.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

const axeSource = readFileSync(join(import.meta.dir, '../node_modules/axe-core/axe.min.js'), 'utf8')
const pictures = process.env.CALLIOPE_TEST_PICTURES
const ROW = '.table-sizer .table-row'

describe.skipIf(withoutBrowser)('the search page over the real program', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  const complaints: string[] = []

  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      // The fixture keeps its date, however late this runs.
      startProgram(['--data-dir', directory.path, '--store-retention', '36500d']),
      launchBrowser(),
    ])
    const frames = truePackets().flatMap(({ hep, version }) => (version === 3 ? [hep] : []))
    const past = lastHour()
    await SEND.tcp(program, [...frames, ...past])
    const to = `${program.tcp.host}:${program.tcp.port}`
    await settledLedger(program, frames.length + past.length)
    const { code, out, err } = await run(
      ['load', '--transport', 'tcp', '--rate', '400', '--count', '1000', '--check', '--to', to],
      { env: { CALLIOPE_URL: program.url } },
    )
    expect([code, out, err]).toEqual([0, expect.anything(), expect.anything()])
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    // Chromium itself writes a line for every answer that is an error; nothing else may be there.
    const others = complaints
      .splice(0)
      .filter((text) => !text.startsWith('Failed to load resource'))
    expect(others).toEqual([])
  })

  async function open(
    path: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, ...options })
    // Shorter than the tests' own limit, so that what is missing is named.
    page.setDefaultTimeout(6_000)
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(program.url + path)
    return page
  }
  const shownIds = (page: Page) =>
    page.$$eval(ROW, (rows) => rows.map(({ id }) => decodeURIComponent(id.slice('row-'.length))))
  const calls = async (q: string, more = ''): Promise<readonly CallRow[]> =>
    (await ask<CallPage>(program, `/api/v1/calls?limit=1000&q=${encodeURIComponent(q)}${more}`))
      .calls
  const rowsAre = (page: Page, ids: readonly string[]) =>
    page.waitForFunction(
      ([row, expected]) =>
        [...document.querySelectorAll(row!)].map(({ id }) => id).join(' ') === expected,
      [ROW, ids.map((id) => `row-${encodeURIComponent(id)}`).join(' ')],
    )

  test('leads from a number and a rough time to the call', async () => {
    const [wanted] = (await calls('outcome:failed method:INVITE')).filter(({ from }) =>
      /^\+\d{9,}/.test(from),
    )
    const page = await open('/')
    await page.waitForSelector(ROW)
    expect(await page.textContent('.found')).toContain('last 24 hours')
    // Typed as somebody reads it from a ticket: the end of the number.
    await page.keyboard.press('/')
    await page.keyboard.type('from:')
    await page.keyboard.type(`*${wanted!.from.slice(-8)}`)
    await page.keyboard.press('Enter')
    const found = await calls(`from:*${wanted!.from.slice(-8)}`)
    await rowsAre(
      page,
      found.map(({ callId }) => callId),
    )
    await page.getByRole('button', { name: /Time range/ }).click()
    await page.getByRole('button', { name: 'Last 15 minutes' }).click()
    await page.waitForFunction(() => location.search.includes('from=-15m'))
    await page.locator(ROW, { hasText: 'failed' }).first().click()
    await page.waitForSelector('.verdict')
    expect(await page.textContent('.verdict')).toContain('failed')
    await page.goBack()
    await page.waitForSelector(`${ROW}[data-chosen=true]`)
    expect(new URL(page.url()).searchParams.get('from')).toBe('-15m')
  })

  test('completes fields, words and values that were seen', async () => {
    const [{ from }] = (await calls('method:INVITE')) as [CallRow]
    const page = await open('/')
    await page.click('#q')
    await page.keyboard.type('outc')
    await page.getByRole('option', { name: /^outcome:/ }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('com')
    await page.getByRole('option', { name: 'completed' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.inputValue('#q')).toBe('outcome:completed ')
    await page.keyboard.type(`from:${from.slice(0, -2)}`)
    await page.getByRole('option', { name: from }).click()
    expect(await page.inputValue('#q')).toBe(`outcome:completed from:${from} `)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.search.includes('outcome'))
    // What was searched before is offered in an empty box.
    await page.fill('#q', '')
    await page.getByRole('option', { name: 'searched before' }).waitFor()
  })

  test('shows a mistake at its place, with what to do', async () => {
    const page = await open('/')
    await page.fill('#q', 'from:a outcome:faild')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.query-mark mark')
    expect(await page.textContent('.query-mark mark')).toBe('faild')
    expect(await page.textContent('.query .error')).toContain('Allowed: trying')
    const [mark, typed] = await Promise.all(
      ['.query-mark', '#q'].map((selector) =>
        page.$eval(selector, (element) => {
          const { fontSize, fontFamily } = getComputedStyle(element)
          return [element.getBoundingClientRect().top, fontSize, fontFamily]
        }),
      ),
    )
    expect(mark).toEqual(typed!)
  })

  test('shows numbers whole: no setup or talk time is cut by its column', async () => {
    const page = await open(`/?q=${encodeURIComponent('setup:>99ms')}`)
    await page.waitForSelector('.table-sizer .table-row')
    const cut = await page.$$eval('.table-sizer .right', (cells) =>
      cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
    )
    expect(cut).toEqual([])
    expect(await page.locator('.table-sizer [data-column=setup]').first().textContent()).toMatch(
      /^\d.* m?s$/,
    )
    await page.close()
  })

  test('counts calls over time, and zooms to what is brushed', async () => {
    // A range that is over: what is counted here and there must be the same.
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const range = `?from=${ago(20)}&to=${ago(5)}`
    const page = await open(`/${range}`)
    await page.waitForSelector('.chart canvas')
    const counts = await ask<CallCounts>(program, `/api/v1/histogram${range}`)
    expect(counts.share).toBe(1)
    await page.waitForFunction(
      (total) => document.querySelector('.found b')?.textContent?.replace(/\D/g, '') === total,
      String(counts.total),
    )
    const box = (await page.locator('.chart .u-over').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.96, box.y + 20, { steps: 4 })
    await page.mouse.up()
    await page.waitForFunction((before) => location.search !== before, range)
    const { searchParams } = new URL(page.url())
    const seconds = ['from', 'to'].map((name) => Date.parse(searchParams.get(name)!) / 1000)
    expect(seconds[1]! - seconds[0]!).toBeWithin(50, 58)
    await page.keyboard.press('z')
    await page.waitForFunction(
      (before) => !location.search.includes(before),
      `to=${encodeURIComponent(searchParams.get('to')!)}`,
    )
    await page.goBack()
    await page.goBack()
    expect(new URL(page.url()).search).toBe(range)
  })

  test('puts selected calls into one ladder', async () => {
    const page = await open('/?q=method:INVITE')
    await page.waitForSelector(ROW)
    const [first, , third] = await shownIds(page)
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.locator(ROW).nth(2).locator('input').click()
    expect(await page.textContent('.selected')).toContain('2 selected')
    await page.getByRole('link', { name: 'One ladder' }).click()
    await page.waitForSelector('.ladder svg')
    const url = new URL(page.url())
    expect([decodeURIComponent(url.pathname), url.searchParams.get('with')]).toEqual([
      `/call/${first}`,
      third!,
    ])
    await page.goBack()
    await page.waitForSelector('.selected')
    // Shift takes all that lie between.
    await page
      .locator(ROW)
      .nth(0)
      .click({ modifiers: ['Shift'] })
    await page
      .locator(ROW)
      .nth(4)
      .click({ modifiers: ['Shift'] })
    expect(await page.textContent('.selected')).toContain('5 selected')
    await page.keyboard.press('Escape')
    await page.locator('.selected').waitFor({ state: 'detached' })
  })

  test('saves a search with its range, finds it again, and forgets it', async () => {
    const page = await open('/?q=outcome:failed&from=-1h')
    await page.waitForSelector(ROW)
    await page.getByRole('button', { name: 'Saved' }).click()
    await page.getByLabel('Name').fill('Bad ones')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved “Bad ones”').waitFor()

    const other = await open('/')
    await other.getByRole('button', { name: 'Saved' }).click()
    await other.getByRole('link', { name: /Bad ones/ }).click()
    await other.waitForFunction(() => location.search.includes('from=-1h'))
    expect(await other.inputValue('#q')).toBe('outcome:failed')
    await other.getByRole('button', { name: 'Saved' }).click()
    await other.getByRole('button', { name: 'Forget Bad ones' }).click()
    await other.getByText('No search is saved yet').waitFor()
  })

  test('is worked by keys alone, and lists them', async () => {
    const page = await open('/')
    await page.waitForSelector(ROW)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    expect(await page.textContent('dialog')).toContain('Selected calls as one ladder')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    const before = page.url()
    await page.keyboard.press('[')
    await page.waitForFunction((url) => location.href !== url, before)
    await page.keyboard.press(']')
    await page.waitForSelector(ROW)
    for (const key of ['j', 'j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.keyboard.press('m')
    await page.waitForSelector('.ladder svg')
    expect(page.url()).toContain('with=')
    await page.keyboard.press('/')
    await page.waitForSelector('#q')
  })

  test('shows the quality of media in colour, finds calls by it, and tells it in the call', async () => {
    const [worst] = (await calls('mos:<3.6')).toSorted((a, b) => a.mos! - b.mos!)
    expect(worst?.mos).toBeWithin(1, 3.6)
    const page = await open('/')
    await page.waitForSelector(ROW)
    await page.fill('#q', `callid:"${worst!.callId}" mos:<3.6`)
    await page.keyboard.press('Enter')
    await rowsAre(page, [worst!.callId])
    const cell = page.locator(`${ROW} [data-column=quality]`)
    expect(await cell.textContent()).toBe(worst!.mos!.toFixed(2))
    const color = (at: string) => page.$eval(at, (one) => getComputedStyle(one).color)
    expect(await color(`${ROW} .quality`)).not.toBe(await color(`${ROW} [data-column=from]`))
    await page.fill('#q', '-mos:>=1')
    await page.keyboard.press('Enter')
    await page.waitForFunction((id) => !document.getElementById(`row-${id}`), worst!.callId)
    await page.waitForSelector(ROW)
    expect(new Set(await cell.allTextContents())).toEqual(new Set(['']))
    await page.goto(`${program.url}/call/${encodeURIComponent(worst!.callId)}`)
    expect(await page.textContent('.facts')).toContain(`MOS ${worst!.mos!.toFixed(2)}`)
  })

  test('remembers columns, their order and their widths', async () => {
    const page = await open('/')
    await page.waitForSelector(ROW)
    const heads = () => page.locator('[role=columnheader][data-column]').allTextContents()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Call-ID' }).check()
    await page.getByRole('checkbox', { name: 'Path' }).uncheck()
    await page.getByRole('button', { name: 'Call-ID further left' }).click()
    await page.keyboard.press('Escape')
    const edge = (await page.locator('[data-column=from] .column-edge').boundingBox())!
    await page.mouse.move(edge.x + 4, edge.y + 8)
    await page.mouse.down()
    await page.mouse.move(edge.x + 64, edge.y + 8)
    await page.mouse.up()
    const shown = await heads()
    expect(shown.slice(-2)).toEqual(['Call-ID', 'User agent'])
    await page.reload()
    await page.waitForSelector(ROW)
    expect(await heads()).toEqual(shown)
    const width = await page.$eval(`${ROW} [data-column=from]`, (cell) => cell.clientWidth)
    expect(width).toBeWithin(208, 217)
  })

  test.each([
    ['dark', 1280],
    ['light', 1280],
    ['dark', 390],
    ['light', 390],
  ] as const)(
    'axe finds nothing on it in %s at %i',
    async (colorScheme, width) => {
      const page = await open('/?q=from:*', { colorScheme, viewport: { width, height: 780 } })
      await page.waitForSelector(ROW)
      await page.waitForSelector('.chart canvas')
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await checkAxe(page)
      await page.getByRole('button', { name: /Time range/ }).click()
      await checkAxe(page)
      await page.getByRole('button', { name: 'Saved' }).click()
      await checkAxe(page)
      await page.click('#q')
      await page.keyboard.type(' st')
      await page.getByRole('option', { name: /^status:/ }).waitFor()
      await checkAxe(page)
      const overflow = () =>
        page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth)
      expect(await overflow()).toBe(0)
    },
    30_000,
  )

  test('switches colours, and remembers which', async () => {
    const page = await open('/', { colorScheme: 'dark' })
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(await paper()).toBe('rgb(20, 22, 28)')
    await page.getByRole('button', { name: 'Colours: system' }).click()
    expect(await paper()).toBe('rgb(255, 255, 255)')
    await page.reload()
    expect(await paper()).toBe('rgb(255, 255, 255)')
  })

  test('paints within a second and weighs less than 250 KB of script', async () => {
    const page = await open('/')
    const paintMs = await page.evaluate(async () => {
      while (performance.getEntriesByName('first-contentful-paint').length === 0)
        await new Promise(requestAnimationFrame)
      return performance.getEntriesByName('first-contentful-paint')[0]!.startTime
    })
    expect(paintMs).toBeLessThan(1000)
    // Every page, not only the one that is open.
    for (const path of ['/overview', '/ingest', '/settings', '/call/x', '/share/x', '/login'])
      await page.goto(program.url + path)
    const scripts = new Set<string>()
    const seen = await open('/')
    seen.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.add(response.url())
    })
    await seen.reload()
    for (const path of ['/overview', '/ingest', '/settings', '/call/x', '/share/x', '/login'])
      await seen.goto(program.url + path, { waitUntil: 'networkidle' })
    const sizes = await Promise.all(
      [...scripts].map(async (url) => Bun.gzipSync(await (await fetch(url)).bytes()).length),
    )
    const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1000
    console.log(`first paint ${paintMs.toFixed(0)} ms, script ${kilobytes.toFixed(0)} KB gzip`)
    expect(scripts.size).toBeGreaterThan(1)
    expect(kilobytes).toBeLessThan(250)
  })

  test('looks as the README shows it', async () => {
    const page = await open('/?from=-1h&to=-3m', { colorScheme: 'dark' })
    await page.waitForSelector(ROW)
    await page.waitForSelector('.chart canvas')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    expect(await page.locator('.legend button').count()).toBeGreaterThan(1)
    if (pictures) await page.screenshot({ path: join(pictures, 'search.png') })
  })
})

/** An hour of calls, as their agents would have sent them meanwhile. */
function lastHour(): Buffer[] {
  const nowUs = Date.now() * 1000
  const startUs = nowUs - 55 * 60_000_000
  const frames: Buffer[] = []
  for (const { packet } of generateTraffic({
    startUs,
    startsPerSecond: 0.8,
    starts: 2700,
    seed: 5,
  }))
    if (packet.atUs <= nowUs) frames.push(Buffer.from(encodeHep(packet)))
  return frames
}

/** Fails with what axe says, and where. */
async function checkAxe(page: Page): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
    )
  })
  expect(found).toEqual([])
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}
