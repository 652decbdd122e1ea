// The page in a real Chromium over the real program: a user sends traffic, finds a call, opens it,
// reads a message and goes back. The details are in page.test.ts, over a store in
// memory, and in search-page.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { CallDetail, CallPage, Ledger } from '#contract'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { run, startCommand } from './commands.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from './program.ts'

if (withoutBrowser)
  console.warn('\nNOT TESTED: the page, because there is no chromium. apt-get install chromium\n')

describe.skipIf(withoutBrowser)('the page over the real program', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  let page: Page
  const complaints: string[] = []
  const load = ['load', '--rate', '500', '--to']
  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      startProgram(['--data-dir', directory.path]),
      launchBrowser(),
    ])
    page = await browser.newPage({ viewport: { width: 1280, height: 680 } })
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
  })
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
    expect(complaints).toEqual([])
  })

  const texts = (selector: string) => page.locator(selector).allTextContents()
  const ROW = '.table-sizer .table-row'
  const rowId = (callId: string) => `row-${encodeURIComponent(callId)}`
  const shownIds = () => page.$$eval(ROW, (rows) => rows.map(({ id }) => id))

  test('shows the first calls by itself once traffic comes', async () => {
    await page.goto(program.url)
    await page.waitForSelector('.ends code')
    const { host, port } = program.udp
    expect(await page.textContent('.ends')).toContain(`${host}:${port}`)
    const { code, out } = await run([...load, `${host}:${port}`, '--count', '2500', '--check'], {
      env: { CALLIOPE_URL: program.url },
    })
    expect([code, out]).toEqual([0, expect.stringContaining('0 never arrived') as never])
    await page.waitForSelector(ROW)
    const ledger = await ask<Ledger>(program, '/api/v1/ledger')
    expect(ledger.stored).toBe(2500)
    await page.waitForFunction(() =>
      /received2500stored2500pending0/.test(
        document.querySelector('.ledger')?.textContent?.replace(/\s/g, '') ?? '',
      ),
    )
    expect(await page.locator('.ledger .balanced').count()).toBe(1)
  })

  test('finds a call, opens its ladder, shows a message, and goes back to the list', async () => {
    // A call of two legs, joined by what their servers say of each other.
    const q = 'outcome:answered|completed -callid:b2b-*'
    const found = await ask<CallPage>(program, `/api/v1/calls?limit=50&q=${encodeURIComponent(q)}`)
    const details = await Promise.all(
      found.calls.map(({ callId }) =>
        ask<CallDetail>(program, `/api/v1/calls/${encodeURIComponent(callId)}`),
      ),
    )
    const detail = details.find(({ legs }) => legs.length === 2)!
    const { callId } = detail

    await page.fill('#q', q)
    await page.keyboard.press('Enter')
    // The list before may have as many rows: wait for these.
    const ids = found.calls.map((call) => rowId(call.callId)).slice(0, 10)
    await until(shownIds, (shown) => shown.slice(0, 10).join() === ids.join())

    await page.evaluate((row) => document.getElementById(row)?.click(), rowId(callId))
    await page.waitForSelector('.ladder svg')
    expect(await page.textContent('.verdict')).toContain(detail.verdict.replace(/^\w+: /, ''))
    expect(await texts('.columns span')).toEqual(detail.ladder.columns.map(({ label }) => label))
    expect(await page.locator('.arrow').count()).toBe(detail.ladder.arrows.length)

    const answer = detail.messages.findIndex(({ label }) => label === '200 OK')
    await page.locator('.arrow').nth(answer).click()
    await page.waitForFunction((i) => location.search.includes(`message=${i}`), answer)
    expect(await page.textContent('.pane h2')).toContain('200 OK')

    await page.goBack()
    await page.waitForSelector(ROW)
    expect(await page.inputValue('#q')).toBe(q)
  })

  test('shows calls live while they come in', async () => {
    await page.goto(`${program.url}/?live=1`)
    await page.waitForSelector('.toggle.on')
    await page.waitForSelector(ROW)
    const [first] = await shownIds()
    const { host, port } = program.udp
    const traffic = startCommand([...load, `${host}:${port}`, '--for', '30s', '--seed', '9'])
    await page.waitForFunction(([row, id]) => document.querySelector(row!)?.id !== id, [ROW, first])
    traffic.kill('SIGINT')
    expect(await traffic.exited).toBe(0)
  })
})
