// The page in a real Chromium, over a real API: the journey of a user, by mouse and by keys, live
// calls, errors at their place, and payloads that would like to be code.
import { describe, expect, test } from 'bun:test'
import { withoutBrowser } from './browser.ts'
import { fixtureMessages } from './fixture-messages.ts'
import { hostileCall } from './hostile-call.ts'
import { chosenRow, MemoryScreen, ROW, shownIds, showsOnly } from './memory-screen.ts'
import { MemoryStore } from './memory-store.ts'

/** The fixture was captured long ago. */
const ALL = '/?from=all'

describe.skipIf(withoutBrowser)('the page', () => {
  const screen = new MemoryScreen()
  const { complaints, open, start, store } = screen
  const rows = store.rows()
  const call = rows.find(({ method, messageCount }) => method === 'INVITE' && messageCount > 20)!
  const openCall = `/call/${encodeURIComponent(call.callId)}`

  test('goes from search to call to ladder to message and back', async () => {
    const page = await open(ALL)
    await page.waitForSelector(ROW)
    expect((await shownIds(page)).slice(0, 10)).toEqual(
      rows.slice(0, 10).map(({ callId }) => callId),
    )
    await page.fill('#q', call.callId)
    await page.keyboard.press('Enter')
    await showsOnly(page, call.callId)
    expect(new URL(page.url()).searchParams.get('q')).toBe(call.callId)

    await page.click(ROW)
    await page.waitForSelector('.ladder svg')
    expect(await page.textContent('.verdict')).toContain('answered after')
    await page.locator('.ladder .arrow').nth(5).click()
    await page.waitForFunction(() => location.search.includes('message='))
    await page.reload()
    await page.waitForSelector('.ladder .arrow[aria-selected=true]')

    await page.goBack()
    await page.waitForSelector(ROW)
    expect(await page.inputValue('#q')).toBe(call.callId)
  })

  test('is worked by keys alone', async () => {
    const page = await open(ALL)
    await page.waitForSelector(ROW)
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key)
    expect(await chosenRow(page)).toBe(rows[1]!.callId)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.ladder svg')
    expect(new URL(page.url()).pathname).toBe(`/call/${encodeURIComponent(rows[1]!.callId)}`)
    await page.keyboard.press('Escape')
    await page.waitForSelector(ROW)
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
    await showsOnly(page, call.callId)
  })

  test('leaves a call that was opened by its address without leaving the page', async () => {
    const page = await open(openCall)
    await page.waitForSelector('.ladder svg')
    await page.keyboard.press('Escape')
    await page.waitForSelector(ROW)
    expect(page.url()).toBe(`${screen.api.url}/`)
  })

  test('loads older calls as one scrolls, until the last', async () => {
    const page = await open(ALL)
    await page.waitForSelector(ROW)
    await page.waitForFunction((count) => {
      const table = document.querySelector('.table')!
      table.scrollTop = table.scrollHeight
      return document.querySelector('.list-end')?.textContent === `That is all: ${count}.`
    }, rows.length)
    await page.waitForFunction(
      ([row, id]) => [...document.querySelectorAll(row!)].at(-1)?.id === id,
      [ROW, `row-${encodeURIComponent(rows.at(-1)!.callId)}`],
    )
  })

  test('shows errors where they belong', async () => {
    const page = await open('/?q=ab%20frm:x')
    await page.waitForSelector('.query .error')
    expect(await page.textContent('.query-mark mark')).toBe('frm')
    expect(await page.textContent('.error')).toContain('Known fields: callid.')
    expect(await page.getAttribute('#q', 'aria-invalid')).toBe('true')

    await page.goto(`${screen.api.url}/?from=yesterday`)
    await page.waitForSelector('.range-panel .error')
    expect(await page.getByLabel('From').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByLabel('Until').getAttribute('aria-invalid')).toBe('false')

    await page.goto(`${screen.api.url}/?q=nobody-has-this`)
    await page.waitForSelector('.empty')
    expect(await page.textContent('.empty')).toContain('No call matches')
    expect(await page.textContent('.empty')).toContain('Last 24 hours')
    await page.getByText('Around the newest call').click()
    await page.waitForFunction(() => location.search.includes('from='))
    await page.getByText('Without the words').click()
    await page.waitForSelector(ROW)
    expect((await shownIds(page))[0]).toBe(rows[0]!.callId)
  })

  test('says that the server is away, and goes on by itself when it is back', async () => {
    const other = await start()
    const page = await open(ALL, { at: other })
    await page.waitForSelector(ROW)
    await other.close()
    await page.keyboard.press('r')
    await page.waitForSelector('.list .error')
    expect(await page.textContent('.list .error')).toContain('Calliope does not answer')
    expect(await page.locator(ROW).count()).toBe(0)
    await using _again = await start({ port: other.port })
    await page.waitForSelector(ROW)
  })

  test('counts new calls until they are asked for, and shows them at once while live is on', async () => {
    const live = new MemoryStore()
    await using other = await start({ store: live })
    const page = await open(ALL, { at: other })
    await page.waitForSelector(ROW)
    while (live.watching === 0) await new Promise((resolve) => setImmediate(resolve))
    const fresh = (callId: string, second: number) =>
      live.emit({
        kind: 'call',
        call: { ...rows[0]!, callId, startedAt: `2027-01-01T00:00:0${second}.000000Z` },
      })
    fresh('fresh', 1)
    live.emit({ kind: 'call', call: { ...rows[1]!, from: 'somebody else' } })
    await page.waitForSelector('.fresh')
    expect(await page.textContent('.fresh')).toBe('↑ 1 new call')
    // What is there already changes in its place.
    await page.getByText('somebody else').waitFor()
    expect((await shownIds(page)).slice(0, 2)).toEqual([rows[0]!.callId, rows[1]!.callId])
    await page.click('.fresh')
    await page.waitForFunction((row) => document.querySelector(row)?.id === 'row-fresh', ROW)

    await page.click('.toggle')
    await page.waitForSelector('.toggle.on')
    fresh('fresher', 2)
    live.emit({ kind: 'skipped', count: 12 })
    await page.waitForFunction((row) => document.querySelector(row)?.id === 'row-fresher', ROW)
    await page.waitForSelector('.live small')
    expect(await page.textContent('.live small')).toContain('12 passed by')
    expect((await shownIds(page)).filter((id) => id === rows[1]!.callId)).toHaveLength(1)
    await page.close()
    while (live.watching > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('says where to send HEP when there is nothing yet, and shows the first call', async () => {
    const young = new MemoryStore([])
    await using other = await start({ store: young })
    const page = await open('/', { at: other })
    await page.waitForSelector('.ends code')
    expect(await page.textContent('.ends')).toBe('UDP127.0.0.1:9060')
    expect(await page.textContent('.empty')).toContain('--to 127.0.0.1:9060')
    young.add(fixtureMessages()[0]!)
    await page.waitForSelector(ROW)
  })

  test('shows the ledger, and says so when it does not add up', async () => {
    const page = await open(ALL)
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
    const page = await open(ALL, { at: other })
    await page.waitForSelector(ROW)
    expect(await shownIds(page)).toEqual([evil])
    await page.click(ROW)
    await page.waitForSelector('.ladder svg')
    expect(await page.textContent('.crumbs code')).toBe(evil)
    await page.locator('.ladder .arrow').nth(1).click()
    await page.getByText(`200 ${evil}`).first().waitFor()
    await page.goto(`${other.url}/?q=${encodeURIComponent(evil)}&from=${encodeURIComponent(evil)}`)
    await page.waitForSelector('.error')
    expect(await page.title()).toBe(`${evil} · Calliope`)
    expect(await page.locator('img, script:not([src])').count()).toBe(0)
  })

  test('its content policy stops what is not its own, should it ever get in', async () => {
    const page = await open(ALL)
    await page.waitForSelector(ROW)
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

  test('leads to the login, and remembers where one wanted to go', async () => {
    await using other = await start({ store: new MemoryStore(), token: 'open sesame' })
    const page = await open('/?q=alice', { at: other })
    await page.waitForFunction(() => location.pathname === '/login')
    expect(new URL(page.url()).searchParams.get('next')).toBe('/?q=alice')
  })

  test.each(['light', 'dark'] as const)(
    'fits a phone and is readable in %s',
    async (colorScheme) => {
      const page = await open(ALL, { colorScheme, viewport: { width: 390, height: 844 } })
      await page.waitForSelector(ROW)
      const overflow = () =>
        page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth)
      expect(await overflow()).toBe(0)
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 22, 28)',
      )
      await page.goto(screen.api.url + openCall)
      await page.waitForSelector('.ladder svg')
      expect(await overflow()).toBe(0)
    },
  )
})
