// The search in a real Chromium over the real program and real traffic: what Kamailio sent, and calls
// of `calliope load`. The journeys of somebody with a number and a rough time; axe on what they see.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes the picture that the README shows
import { describe, expect, test } from 'bun:test'
import type { CallCounts, CallRow } from '#contract'
import { withoutBrowser } from './browser.ts'
import { ask } from './program.ts'
import { choosingAndKeeping } from './search-page/choosing.ts'
import { looks } from './search-page/looks.ts'
import { ROW, rowsAre, SearchScreen } from './search-page/screen.ts'

describe.skipIf(withoutBrowser)('the search page over the real program', () => {
  const screen = new SearchScreen()
  const { calls, open } = screen

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
    const { program } = screen
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

  test('shows the quality of media in colour, finds calls by it, and tells it in the call', async () => {
    const { program } = screen
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

  choosingAndKeeping(screen)
  looks(screen)
})
