// Of the search page: what axe says of it, colours, its weight, and its picture.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { axeFinds } from '../axe.ts'
import { ROW, type SearchScreen } from './screen.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES
const checkAxe = async (page: Page) => expect(await axeFinds(page)).toEqual([])

export function looks(screen: SearchScreen): void {
  const { open } = screen

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
    const { program } = screen
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
}
