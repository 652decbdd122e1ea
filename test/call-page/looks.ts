// Of the page of a call: what axe says of it, a phone, and its picture.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { axeFinds } from '../axe.ts'
import type { CallScreen } from './screen.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES

export function looks(screen: CallScreen): void {
  const { newPage, openCall } = screen

  test('has nothing that axe complains of, dark and light, wide and narrow', async () => {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      const at = await newPage({ viewport })
      for (const colorScheme of ['light', 'dark'] as const) {
        await at.emulateMedia({ colorScheme })
        for (const [callId, query] of [
          ...[
            ['bad-a@sbc', '?message=2&diff=0'],
            ['good@sbc', '?message=5'],
          ],
          ...[
            ['told@sbc', '?view=media'],
            ['bad-a@sbc', '?view=compare'],
          ],
          ...[
            ['bad-a@sbc', '?view=similar'],
            ['told@sbc', '?view=events'],
          ],
        ] as [string, string][]) {
          await openCall(callId, query, at)
          await at.waitForLoadState('networkidle')
          const found = await axeFinds(at)
          expect([viewport.width, colorScheme, callId, query, found]).toEqual([
            ...[viewport.width, colorScheme, callId, query],
            [],
          ])
        }
      }
      await at.context().close()
    }
  }, 120_000)

  test('fits a phone: nothing is wider than the screen, a message is a sheet that closes', async () => {
    const phone = await newPage({ viewport: { width: 390, height: 844 } })
    await openCall('bad-a@sbc', '', phone)
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      390,
    )
    expect(await phone.locator('.pane').isVisible()).toBeFalse()
    await phone.locator('.arrow .label').nth(5).click()
    await phone.waitForSelector('.pane', { state: 'visible' })
    await phone.click('.pane .close')
    await phone.waitForSelector('.pane', { state: 'hidden' })
    await phone.context().close()
  })

  test('stands as a picture in the docs', async () => {
    const { page } = screen
    if (!pictures) return
    await openCall('bad-a@sbc', '?message=5')
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(pictures, 'call.png') })
  })
}
