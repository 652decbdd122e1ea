// Of the page of a call: to a file, to a good call beside it, to those that failed alike, to somebody else.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Share } from '#contract'
import { CALLEE, CALLER } from '../call-traffic.ts'
import { ask } from '../program.ts'
import type { CallScreen } from './screen.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES

export function passingOn(screen: CallScreen): void {
  const { addressHas, arrows, complaints, newPage, openCall } = screen

  test('saves SVG, PNG, PCAP, text and JSON of what is shown', async () => {
    const { page } = screen
    await openCall('bad-a@sbc')
    const svg = await downloaded(page, 'SVG')
    expect(svg.name).toBe('bad-a@sbc.svg')
    expect(svg.bytes.toString()).toContain('503 Service Unavailable')
    const png = await downloaded(page, 'PNG')
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    const [wide, high] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]
    expect(wide).toBeGreaterThan(1_000)
    expect(high).toBeGreaterThan(800)
    expect((await downloaded(page, 'PCAP')).bytes.readUInt32LE(0)).toBe(0x0a0d0d0a)
    expect((await downloaded(page, 'Text')).bytes.toString()).toContain('# leg 2: bad-b@sbc')
    expect(JSON.parse((await downloaded(page, 'JSON')).bytes.toString()).callId).toBe('bad-a@sbc')
    await page.click('.legs >> text=unjoin')
    await addressHas('without=')
    expect((await downloaded(page, 'Text')).bytes.toString()).not.toContain('bad-b@sbc')
  })

  test('offers the last good call and marks what differs', async () => {
    const { page } = screen
    await openCall('bad-a@sbc')
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
    const { page } = screen
    await openCall('bad-a@sbc', '?view=similar')
    await page.waitForSelector('.similar li')
    expect(await page.textContent('.similar-sum')).toContain('2 other calls failed alike')
    expect(await page.locator('.similar .same').first().textContent()).toBe('same host')
  })

  test('shares a call: opened elsewhere without numbers, revoked, and then over', async () => {
    const { page, program } = screen
    await openCall('bad-a@sbc')
    await page.click('.acts >> text=Share')
    await page.check('[name=bodies]')
    await page.click('text=Make link')
    const link = await page.locator('.made input').inputValue()
    expect(link).toMatch(/\/share\/[\w-]{43}$/)
    const other = await newPage()
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
}

async function downloaded(page: Page, name: string): Promise<{ name: string; bytes: Buffer }> {
  await page.click('.menu summary')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`.menu-list >> text=${name}`),
  ])
  const bytes = Buffer.from(await Bun.file(await file.path()).arrayBuffer())
  return { name: file.suggestedFilename(), bytes }
}
