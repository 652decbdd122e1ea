// The page of a call in a real Chromium over the real program: from the verdict to its evidence, from a
// message to what differs, to a file, to a good call, to somebody else.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes the picture that the docs show
import { describe, expect, test } from 'bun:test'
import { withoutBrowser } from './browser.ts'
import { growing } from './call-page/growing.ts'
import { looks } from './call-page/looks.ts'
import { passingOn } from './call-page/passing-on.ts'
import { reports } from './call-page/reports.ts'
import { CallScreen } from './call-page/screen.ts'

const KAMAILIO = '1-25361@127.0.0.101'

describe.skipIf(withoutBrowser)('the page of a call', () => {
  const screen = new CallScreen()
  const { addressHas, arrows, chosen, complaints, openCall } = screen

  test('leads from the words of the verdict to the messages they rest on', async () => {
    const { page } = screen
    await openCall('bad-b@sbc')
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
    const { page } = screen
    await openCall('bad-a@sbc')
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
    const { page } = screen
    await openCall('bad-a@sbc')
    await page.click('.evidence-link >> text=passed on from 10.9.0.3')
    await addressHas('message=')
    expect(await page.textContent('.pane .path')).toContain('10.9.0.3:5060 → 10.9.0.1:5060')
  })

  test('takes a leg out and puts it back, and the address says so', async () => {
    const { page } = screen
    await openCall('bad-a@sbc')
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
    const { page } = screen
    await openCall('bad-a@sbc')
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
    const { page } = screen
    await openCall('bad-a@sbc')
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

  test('shows the course of a call and the quality its ends reported', async () => {
    const { page } = screen
    await openCall('good@sbc')
    const phases = await page.locator('.timeline b').allTextContents()
    expect(phases).toEqual([...['setup', 'ringing', 'early media', 'talk', 'hold', 'talk']])
    await page.click('[role=tab] >> text=Media')
    await page.waitForSelector('.chart canvas')
    expect(await page.textContent('.streams')).toContain('9.4 %')
    expect(await page.textContent('.end-report')).toContain('packets lost')
  })

  test('puts several calls into one ladder and says which are not stored', async () => {
    const { page } = screen
    await openCall('bad-a@sbc', '?with=good%40sbc,gone')
    await page.waitForSelector('.legs >> text=added by you')
    expect(await page.textContent('.call > .error')).toContain('Not stored: gone')
    await page.click('.legs >> text=remove')
    await page.waitForFunction(() => !location.search.includes('good'))
  })

  test('shows what Kamailio sent, with every tap and its delay', async () => {
    const { page } = screen
    await openCall(KAMAILIO, '?message=2')
    expect(await page.locator('.columns span').count()).toBe(4)
    expect(await page.textContent('.pane .taps')).toMatch(
      /captured by 1 *.*captured by 102 \+\d+ µs/,
    )
  })

  test('says what to check when a Call-ID is not known', async () => {
    const { page, program } = screen
    await page.goto(`${program.url}/call/never-seen`)
    await page.waitForSelector('text=This Call-ID is not known')
    // The browser itself says in its console that the server answered 404.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404') as never])
  })

  passingOn(screen)
  reports(screen)
  growing(screen)
  looks(screen)
})
