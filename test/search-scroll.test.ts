// 100,000 calls in the list, from a real store: they load as one scrolls, and scrolling stays smooth.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { CallCounts } from '#contract'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { run } from './commands.ts'
import { ask, type Program, startProgram, temporaryDirectory } from './program.ts'

const PACKETS = 210_000
const ROWS = 100_000
const TIMES_MAX = 5

describe.skipIf(withoutBrowser)('a long list', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      startProgram(['--data-dir', directory.path]),
      launchBrowser(),
    ])
    const to = `${program.tcp.host}:${program.tcp.port}`
    // Pings are calls of two messages: the most calls for the least traffic.
    const words = ['--mix', 'options', '--rate', '0', '--count', String(PACKETS), '--check']
    const { code, out, err } = await run(['load', '--transport', 'tcp', '--to', to, ...words], {
      env: { CALLIOPE_URL: program.url },
    })
    expect([code, out, err]).toEqual([0, expect.anything(), expect.anything()])
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
  })

  test('loads 100,000 calls page by page and scrolls through them without a stutter', async () => {
    const counts = await ask<CallCounts>(program, '/api/v1/histogram?from=-1h')
    console.log(
      `${counts.total} calls, ${counts.share === 1 ? 'counted' : `share ${counts.share}`}`,
    )
    // All of them came within seconds of an hour: where there is no time to count, an estimate of that is
    // rough, and says that it is one.
    expect(counts.total).toBeGreaterThan(counts.share === 1 ? ROWS : 0)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(100_000)
    await page.goto(`${program.url}/?from=-1h`)
    await page.waitForSelector('.table-sizer .table-row')
    const startedMs = performance.now()
    await page.waitForFunction(
      (rows) => {
        const table = document.querySelector('.table')!
        table.scrollTop = table.scrollHeight
        return Number(table.firstElementChild!.getAttribute('aria-rowcount')) > rows
      },
      ROWS,
      { polling: 50 },
    )
    console.log(`loaded in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    // 60 a second where the machine is quiet. No graphics card leaves some room; other tests only ever
    // add to it, so the best of some times is what the page itself needs.
    let best = { p50: Number.POSITIVE_INFINITY, p95: Number.POSITIVE_INFINITY }
    for (let time = 0; time < TIMES_MAX && (best.p50 >= 25 || best.p95 >= 60); time++) {
      const frames = await frameTimes(page)
      const at = (share: number) => frames[Math.floor(frames.length * share)]!
      console.log(`frames: p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`)
      if (at(0.95) < best.p95) best = { p50: at(0.5), p95: at(0.95) }
    }
    expect(best.p50).toBeLessThan(25)
    expect(best.p95).toBeLessThan(60)
    expect(await page.locator('.table-sizer .table-row').count()).toBeLessThan(80)
  }, 120_000)
})

/** Milliseconds between frames, sorted, while the list is scrolled: by some rows, and by leaps. */
const frameTimes = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const table = document.querySelector('.table')!
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const times: number[] = []
    table.scrollTop = 0
    let last = await frame()
    for (let i = 0; i < 300; i += 1) {
      table.scrollTop += i % 30 === 29 ? table.scrollHeight / 12 : 170
      const now = await frame()
      times.push(now - last)
      last = now
    }
    return times.sort((a, b) => a - b)
  })
