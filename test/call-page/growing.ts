// Of the page of a call: one that grows while it is looked at, and one of thousands of messages.
import { expect, test } from 'bun:test'
import { failedCall, type Line, packetOf, sendScenes } from '../call-traffic.ts'
import { ask, settledLedger } from '../program.ts'
import { SEND } from '../senders.ts'
import type { CallScreen } from './screen.ts'

export function growing(screen: CallScreen): void {
  const { chosen, openCall } = screen

  test('grows while it is looked at: what is chosen and the place in the ladder stay', async () => {
    const { page, program } = screen
    const startUs = (Date.now() - 60_000) * 1000
    const send = async (lines: readonly Line[]) => {
      const { received } = await ask<{ received: number }>(program, '/api/v1/ledger')
      const sent = await sendScenes(program.udp, [{ startUs, lines }])
      await settledLedger(program, received + sent)
    }
    const lines = failedCall('late')
    await send(lines.filter(({ callId }) => callId === 'late-a@sbc'))
    await openCall('late-a@sbc', '?message=2&diff=0')
    expect(await chosen()).toBe('503 Service Unavailable')
    await send(lines.filter(({ callId }) => callId === 'late-b@sbc'))
    await page.waitForFunction(() => document.querySelectorAll('.arrow').length === 10)
    expect(await chosen()).toBe('503 Service Unavailable')
    expect(await page.textContent('.pane .path')).toContain('10.9.0.1:5060 → 10.20.0.5:5060')
    expect(new URL(page.url()).search).toBe('?message=6&diff=0')

    const info = (i: number): Line => ({
      ...{ ms: i * 10, from: 'alice', to: 'sbc', what: 'INFO', callId: 'long@sbc' },
      cseq: `${i + 1} INFO`,
    })
    await send(Array.from({ length: 60 }, (_, i) => info(i)))
    await openCall('long@sbc')
    const scrolled = () => page.locator('.ladder').evaluate((ladder) => ladder.scrollTop)
    await page.locator('.ladder').evaluate((ladder) => {
      ladder.scrollTop = 700
    })
    await send(Array.from({ length: 20 }, (_, i) => info(60 + i)))
    await page.waitForSelector('.facts dd >> text=80')
    expect(await scrolled()).toBe(700)
  }, 30_000)

  test('draws a call of thousands of messages at once and scrolls through it', async () => {
    const { page, program } = screen
    const callId = 'many@sbc'
    const startUs = (Date.now() - 3_600_000) * 1000
    const lines = Array.from({ length: 4_000 }, (_, i) => ({
      ...{ ms: i * 10, from: 'alice' as const, to: 'sbc' as const, what: 'INFO', callId },
      cseq: `${i + 1} INFO`,
    }))
    const { received } = await ask<{ received: number }>(program, '/api/v1/ledger')
    // Over a connection: nothing is lost however slow the machine is.
    await SEND.tcp(
      program,
      lines.map((line) => packetOf(line, startUs)),
    )
    await settledLedger(program, received + lines.length)
    const begin = performance.now()
    await openCall(callId)
    await page.waitForSelector('.arrow')
    expect(performance.now() - begin).toBeLessThan(5_000)
    expect(await page.locator('.arrow').count()).toBeLessThan(200)
    await page.locator('.ladder').evaluate((ladder) => {
      ladder.scrollTop = ladder.scrollHeight
    })
    await page.waitForSelector('#arrow-3999')
    expect(await page.locator('.arrow').count()).toBeLessThan(200)
  }, 60_000)
}
