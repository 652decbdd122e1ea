// The fleet page in a real Chromium over a real fleet: a server on an empty database, two capture nodes
// that come, take traffic, and of which one goes.
//   CALLIOPE_TEST_PICTURES=DIR   also takes pictures of what there is to see
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Fleet } from '#contract'
import { sendTraffic } from '#fleet'
import { type TestDatabase, testDatabase } from '../src/store/postgres/test-server.ts'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from './program.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES
const axe = await Bun.file(join(import.meta.dir, '../node_modules/axe-core/axe.min.js')).text()
const RATE = 400

describe.skipIf(withoutBrowser)('the fleet page', () => {
  let database: TestDatabase
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  let screen: Program
  const nodes: Program[] = []
  const sending = new AbortController()
  const complaints: string[] = []

  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[database, browser] = await Promise.all([testDatabase(), launchBrowser()])
    screen = await startProgram(['--fleet-policy', 'calliope'], {
      ...{ command: 'serve', env: { CALLIOPE_DATABASE: database.url } },
    })
  }, 60_000)
  afterAll(async () => {
    sending.abort()
    await browser.close()
    await Promise.all([...nodes, screen].map((program) => program.stop()))
    directory[Symbol.dispose]()
    await database[Symbol.asyncDispose]()
    expect(complaints).toEqual([])
  })

  async function startNode(name: string): Promise<void> {
    const node = await startProgram(['--data-dir', join(directory.path, name), '--node', name], {
      ...{ command: 'capture', env: { CALLIOPE_DATABASE: database.url } },
    })
    nodes.push(node)
    void sendTraffic({
      ...{ source: { mix: 'calls', starts: 200 }, to: node.udp, transport: 'udp' },
      ...{ ratePerSecond: RATE, signal: sending.signal },
    })
  }

  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(screen.url + path)
    return page
  }
  const tile = (page: Page, name: string) =>
    page.locator('.tile').filter({ has: page.getByText(name, { exact: true }) })

  test('says how to begin while there is no node, and fills by itself when one comes', async () => {
    const page = await open('/fleet')
    await page.waitForSelector('.nothing-yet')
    expect(await page.textContent('.nothing-yet')).toContain('calliope capture')
    await startNode('edge-1')
    await page.waitForSelector('[data-node="edge-1"]')
    expect(await tile(page, 'Nodes').locator('b').textContent()).toBe('1')
    // One node cannot be skewed, and the page says so rather than showing a perfect 1.
    expect(await tile(page, 'Skew').textContent()).toContain('–')
    await page.close()
  })

  test('shows each node, the fleet over time, and the policy it was told', async () => {
    await startNode('edge-2')
    const page = await open('/fleet?range=5m')
    await until(
      () => ask<Fleet>(screen, '/api/v1/fleet?from=-5m'),
      ({ now, points }) => now.nodes === 2 && now.packetsPerSecond > RATE && points.length > 3,
    )
    await page.waitForFunction(
      () => document.querySelectorAll('[data-node] .badge.good').length === 2,
    )
    expect(await page.locator('[data-node="edge-2"]').textContent()).toContain('/s')
    expect(await page.locator('.fleet .uplot canvas').count()).toBeGreaterThanOrEqual(4)
    expect(await page.textContent('.fleet .policy summary')).toContain('calliope keeps 2 to 20')
    await page.click('.fleet .policy summary')
    await page.getByText('keeps packets per node').waitFor()
    expect(await page.locator('.events li[data-kind=came]').count()).toBe(2)
    await page.close()
  })

  test('shows no answer to the former address, not even until the next one is asked for', async () => {
    const page = await open('/fleet?range=5m')
    await page.waitForSelector('[data-node="edge-1"]')
    const rows = await page.evaluate(async () => {
      const tabs = [...document.querySelectorAll<HTMLElement>('[role=tab]')]
      tabs.find((tab) => tab.getAttribute('aria-selected') === 'false')!.click()
      await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))
      return [location.search, document.querySelectorAll('[data-node]').length]
    })
    expect(rows).toEqual(['?range=15m', 0])
    await page.waitForSelector('[data-node="edge-1"]')
    await page.close()
  })

  test('is worked by keys, and leads to the line of a node in the ingest doctor', async () => {
    const page = await open('/fleet?range=5m')
    await page.waitForSelector('[data-node="edge-1"]')
    await page.locator('[role=tab][aria-selected=true]').focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => location.search === '?range=15m')
    await page.getByRole('link', { name: 'edge-1' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('tr[data-node="edge-1"][aria-current]')
    expect(new URL(page.url()).pathname).toBe('/ingest/nodes')
    await page.goBack()
    await page.waitForSelector('.fleet .tiles')
    await page.close()
  })

  test('tells of what scaled the fleet and of the node that went', async () => {
    const told = await fetch(`${screen.url}/api/v1/fleet/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'scaled', nodesFrom: 2, nodesTo: 1, reason: 'quiet <b>night' }),
    })
    expect(told.status).toBe(200)
    expect(await nodes.pop()!.stop()).toBe(0)
    const page = await open('/fleet?range=5m')
    await page.waitForSelector('[data-node="edge-2"].ended')
    const events = await page.locator('.events li').allTextContents()
    expect(events.find((text) => text.includes('scaled'))).toMatch(/2 → 1 nodes quiet <b>night/)
    expect(events[0]).toMatch(/gone ?edge-2 stopped after/)
    await page.close()
  })

  test.each([1280, 390])(
    'is accessible in light and dark, and fits, at %d pixels',
    async (width) => {
      const page = await open('/fleet?range=5m', { viewport: { width, height: 844 } })
      await page.waitForSelector('[data-node="edge-1"]')
      const wider = await page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth)
      expect(wider).toBeLessThanOrEqual(0)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await violationsOf(page)).toEqual([])
        if (pictures)
          await page.screenshot({ path: join(pictures, `fleet-${colorScheme}-${width}.png`) })
      }
      await page.close()
    },
    30_000,
  )

  test('shows at once that a node fell silent', async () => {
    await nodes.pop()!.kill()
    await database.sql`update nodes set heartbeat_at = now() - interval '1 minute'
      where node = 'edge-1'`
    const page = await open('/fleet?range=5m')
    await page.waitForSelector('[data-node="edge-1"] .badge.bad')
    expect(await page.textContent('[data-node="edge-1"] .badge')).toBe('lost')
    expect(await tile(page, 'Nodes').locator('b.worse').textContent()).toBe('0')
    await page.close()
  })
})

async function violationsOf(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate(`${axe}; axe.run()`)
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] }
  return violations.map(({ id, nodes: [node] }) => `${id}: ${node?.html}`)
}
