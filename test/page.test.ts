// The page in a real Chromium, over a real API: the journey of a user, by mouse and by keys, live
// calls, errors at their place, and payloads that would like to be code.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Api, type ApiOptions, startApi } from '#api'
import { parseSip, type TracedMessage } from '#sip'
import { buildPage } from '#web'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { fixtureMessages, MemoryStore } from './memory-store.ts'

const store = new MemoryStore()
const rows = store.rows()
const call = rows.find(({ method, messageCount }) => method === 'INVITE' && messageCount > 20)!
let browser: Browser
let api: Api
let files: Awaited<ReturnType<typeof buildPage>>
/** Everything the console of any page said, and every script error. */
const complaints: string[] = []

const start = (options: Partial<ApiOptions> = {}): Promise<Api> =>
  startApi({
    ...{ store, files, hostname: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, missing: [] }),
    about: () => ({ version: '0', hep: [{ transport: 'udp', address: '0.0.0.0:9060' }] }),
    ...options,
  })

async function open(
  path: string,
  { at = api, ...options }: Parameters<Browser['newPage']>[0] & { at?: Api } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(at.url + path)
  return page
}

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents()
const chosenRow = (page: Page) => page.locator('tr[aria-selected=true] .callid').textContent()
const openCall = `/call/${encodeURIComponent(call.callId)}`

describe.skipIf(withoutBrowser)('the page', () => {
  beforeAll(async () => {
    files = await buildPage()
    api = await start()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await api.close()
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    // Chromium itself writes a line for every answer that is an error; nothing else may be there.
    const others = complaints
      .splice(0)
      .filter((text) => !text.startsWith('Failed to load resource'))
    expect(others).toEqual([])
  })

  test('goes from search to call to ladder to message and back', async () => {
    const page = await open('/')
    await page.waitForSelector('tbody tr')
    expect(await page.locator('tbody tr').count()).toBe(50)
    await page.fill('#q', call.callId)
    await page.click('button.primary')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    expect(new URL(page.url()).searchParams.get('q')).toBe(call.callId)

    await page.click('tbody tr')
    await page.waitForSelector('.ladder svg')
    const detail = (await store.readCall(call.callId, { correlate: true, messagesMax: 5000 }))!
    expect(await page.locator('.arrow').count()).toBe(detail.messages.length)
    expect(await texts(page, '.columns span')).toEqual(
      detail.ladder.columns.map(({ label }) => label),
    )
    expect(await page.textContent('.verdict')).toContain('answered after')
    expect(await page.textContent('.raw')).toContain('INVITE sip:')

    await page.locator('.arrow').nth(5).click()
    await page.waitForFunction(() => location.search.includes('message=5'))
    expect(await page.textContent('.pane h2')).toBe(detail.messages[5]!.label)
    await page.reload()
    await page.waitForSelector('.arrow[aria-selected=true]')
    expect(await page.textContent('.pane h2')).toBe(detail.messages[5]!.label)

    await page.goBack()
    await page.waitForSelector('tbody tr')
    expect(await page.inputValue('#q')).toBe(call.callId)
  })

  test('is worked by keys alone', async () => {
    const page = await open('/')
    await page.waitForSelector('tbody tr')
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key)
    expect(await chosenRow(page)).toBe(rows[1]!.callId)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.ladder svg')
    expect(new URL(page.url()).pathname).toBe(`/call/${encodeURIComponent(rows[1]!.callId)}`)
    await page.keyboard.press('j')
    await page.waitForFunction(() => location.search.includes('message=1'))
    await page.keyboard.press('Escape')
    await page.waitForSelector('tbody tr')
    expect(await chosenRow(page)).toBe(rows[1]!.callId)

    await page.keyboard.press('/')
    await page.keyboard.type('jk')
    expect(await page.inputValue('#q')).toBe('jk')
    await page.keyboard.press('Escape')
    await page.keyboard.press('k')
    expect(await page.inputValue('#q')).toBe('jk')
    expect(await chosenRow(page)).toBe(rows[0]!.callId)
    await page.keyboard.press('/')
    await page.keyboard.type(call.callId)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    expect(await page.textContent('td.callid')).toBe(call.callId)
  })

  test('leaves a call that was opened by its address without leaving the page', async () => {
    const page = await open(openCall)
    await page.waitForSelector('.ladder svg')
    await page.keyboard.press('Escape')
    await page.waitForSelector('tbody tr')
    expect(page.url()).toBe(`${api.url}/`)
  })

  test('loads older calls page by page until the last', async () => {
    const page = await open('/')
    await page.waitForSelector('.more')
    while ((await page.locator('.more').count()) > 0) {
      const before = await page.locator('tbody tr').count()
      await page.click('.more')
      await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length > n, before)
    }
    expect(await texts(page, 'td.callid')).toEqual(rows.map(({ callId }) => callId))
  })

  test('shows errors where they belong', async () => {
    const page = await open('/?q=ab%20frm:x')
    await page.waitForSelector('.bar .error')
    expect(await page.textContent('.query-mark mark')).toBe('frm')
    expect(await page.textContent('.error')).toContain('Known fields: callid.')
    expect(await page.getAttribute('#q', 'aria-invalid')).toBe('true')

    await page.goto(`${api.url}/?from=yesterday`)
    await page.waitForSelector('.bar .error')
    expect(await page.getAttribute('input[aria-label=From]', 'aria-invalid')).toBe('true')
    expect(await page.getAttribute('input[aria-label=Until]', 'aria-invalid')).toBe('false')

    await page.goto(`${api.url}/?call=nobody`)
    await page.waitForSelector('.call .error')
    expect(await page.textContent('.error')).toContain('No call with the Call-ID "nobody"')

    await page.goto(`${api.url}/?q=nobody-has-this`)
    await page.waitForSelector('.empty')
    expect(await page.textContent('.empty')).toContain('No call matches')
    await page.click('.empty button')
    await page.waitForSelector('tbody tr')
  })

  test('says that the server is away, and goes on by itself when it is back', async () => {
    const other = await start()
    const page = await open('/', { at: other })
    await page.waitForSelector('tbody tr')
    await other.close()
    await page.click('button.primary')
    await page.waitForSelector('.list .error')
    expect(await page.textContent('.list .error')).toContain('Calliope does not answer')
    expect(await page.locator('tbody tr').count()).toBe(0)
    await using _again = await start({ port: other.port })
    await page.waitForSelector('tbody tr')
  })

  test('shows calls as they are stored while live is on, in order, and what passed by', async () => {
    const live = new MemoryStore()
    await using other = await start({ store: live })
    const page = await open('/', { at: other })
    await page.waitForSelector('tbody tr')
    await page.click('.toggle')
    await page.waitForSelector('.toggle.on')
    live.emit({
      kind: 'call',
      call: { ...rows[0]!, callId: 'fresh', startedAt: '2027-01-01T00:00:00.000000Z' },
    })
    live.emit({ kind: 'call', call: { ...rows[1]!, from: 'somebody else' } })
    live.emit({ kind: 'skipped', count: 12 })
    await page.waitForFunction(() => document.querySelector('td.callid')?.textContent === 'fresh')
    await page.waitForSelector('.live small')
    expect(await page.textContent('.live small')).toContain('12 passed by')
    expect((await texts(page, 'td.from'))[2]).toBe('somebody else')
    expect((await texts(page, 'td.callid')).filter((id) => id === rows[1]!.callId)).toHaveLength(1)
    await page.click('.toggle')
    await page.waitForSelector('.toggle.off')
    while (live.watching > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('says where to send HEP when there is nothing yet, and shows the first call', async () => {
    const young = new MemoryStore([])
    await using other = await start({ store: young })
    const page = await open('/', { at: other })
    await page.waitForSelector('.ends code')
    expect(await page.textContent('.ends')).toBe('UDP127.0.0.1:9060')
    expect(await page.textContent('.empty')).toContain('sip:127.0.0.1:9060')
    young.add(fixtureMessages()[0]!)
    await page.waitForSelector('tbody tr')
  })

  test('shows the ledger, and says so when it does not add up', async () => {
    const page = await open('/')
    await page.waitForSelector('.balanced')
    expect(await page.textContent('.ledger')).toContain(
      `received ${(await store.ledger()).received}`,
    )
    expect(await page.textContent('.ledger')).toContain('not hep 2')
    const odd = new MemoryStore()
    const ledger = { ...(await odd.ledger()), balanced: false }
    await using other = await start({ store: Object.assign(odd, { ledger: async () => ledger }) })
    const second = await open('/', { at: other })
    await second.waitForSelector('.ledger .bad')
    expect(await second.textContent('.ledger')).toContain('does not add up')
  })

  test('shows hostile text as text, wherever it stands', async () => {
    const evil = `"><script>document.title='hacked'</script><img src=x onerror="document.title='hacked'">`
    await using other = await start({ store: new MemoryStore(hostileCall(evil)) })
    const page = await open('/', { at: other })
    await page.waitForSelector('tbody tr')
    expect(await page.textContent('td.callid')).toBe(evil)
    await page.click('tbody tr')
    await page.waitForSelector('.ladder svg')
    expect(await page.textContent('.crumbs code')).toBe(evil)
    expect(await page.textContent('.raw')).toContain(`From: "${evil}" <sip:`)
    await page.locator('.arrow').nth(1).click()
    expect(await page.textContent('.pane h2')).toBe(`200 ${evil}`)
    for (const link of ['PCAP', 'Text']) {
      const href = await page.locator('.exports a', { hasText: link }).getAttribute('href')
      expect((await fetch(new URL(href!, other.url))).status).toBe(200)
    }
    await page.goto(`${other.url}/?q=${encodeURIComponent(evil)}&from=${encodeURIComponent(evil)}`)
    await page.waitForSelector('.error')
    expect(await page.title()).toBe('Calliope')
    expect(await page.locator('img, script:not([src])').count()).toBe(0)
  })

  test('its content policy stops what is not its own, should it ever get in', async () => {
    const page = await open('/')
    await page.waitForSelector('tbody tr')
    const stopped = await page.evaluate(async () => {
      const violated = new Promise((resolve) =>
        document.addEventListener('securitypolicyviolation', (event) =>
          resolve(event.effectiveDirective),
        ),
      )
      const script = document.createElement('script')
      script.textContent = "document.title = 'hacked'"
      document.body.append(script)
      return [await violated, document.title]
    })
    expect(stopped).toEqual(['script-src-elem', 'Calliope'])
    expect(complaints.splice(0).join()).toContain('Content Security Policy')
  })

  test('works behind a login, live included', async () => {
    const guarded = new MemoryStore()
    await using other = await start({ store: guarded, token: 'open sesame' })
    const page = await open('/?live=1', {
      at: other,
      httpCredentials: { username: 'me', password: 'open sesame' },
    })
    await page.waitForSelector('tbody tr')
    await page.waitForSelector('.toggle.on')
  })

  test.each(['light', 'dark'] as const)(
    'fits a phone and is readable in %s',
    async (colorScheme) => {
      const page = await open('/', { colorScheme, viewport: { width: 390, height: 844 } })
      await page.waitForSelector('tbody tr')
      const overflow = () =>
        page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth)
      expect(await overflow()).toBe(0)
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 22, 28)',
      )
      await page.goto(api.url + openCall)
      await page.waitForSelector('.ladder svg')
      expect(await overflow()).toBe(0)
      expect(await page.locator('.pane').isVisible()).toBe(false)
      await page.locator('.arrow').nth(1).click()
      expect(await page.locator('.pane').isVisible()).toBe(true)
      await page.click('.pane .close')
      expect(await page.locator('.pane').isVisible()).toBe(false)
    },
  )
})

/** A call in which every text that can be anything is `evil`. */
function hostileCall(evil: string): TracedMessage[] {
  const [sample] = fixtureMessages()
  return [`INVITE sip:bob@example.com SIP/2.0`, `SIP/2.0 200 ${evil}`].map((first, i) => {
    const payload = Buffer.from(
      `${first}\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: "${evil}" <sip:a@example.com>;tag=1\r\n` +
        `To: <sip:${evil}@example.com>\r\nCall-ID: ${evil}\r\nCSeq: 1 INVITE\r\nUser-Agent: ${evil}\r\n\r\n${evil}`,
    )
    const sip = parseSip(payload)
    if (sip.kind === 'malformed') throw new Error('the hostile call is not SIP any more')
    return {
      ...sample!,
      atUs: sample!.atUs + i,
      captureNode: evil,
      payload,
      sip: { ...sip, callId: evil },
    }
  })
}
