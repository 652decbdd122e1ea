// Of the page of a call: what was reported of its media and beside its signalling, whoever did so.
import { expect, test } from 'bun:test'
import type { CallScreen } from './screen.ts'

export function reports(screen: CallScreen): void {
  const { openCall, addressHas } = screen

  test('shows what everybody reported of the media, with MOS and R, said or computed', async () => {
    const { page } = screen
    await openCall('told@sbc', '?view=media')
    await page.waitForSelector('.chart canvas')
    const rows = await page.locator('.streams tbody tr').allTextContents()
    const of = (source: string) => rows.filter((row) => row.includes(source))
    // RTCP that names no call: found by the addresses of the SDP, its jitter by the clock agreed on.
    expect(of('RTCPopus')).toHaveLength(2)
    expect(of('RTCPopus')[0]).toMatch(/opus\/48000\/2.*4≈ 2\.9\d.*15\.6 %.*10\.2 ms/)
    expect(of('RTP agent')[0]).toMatch(/opus\/480003(2\.70|.*2\.70)/)
    expect(of('Border controller')).toHaveLength(2)
    expect(of('Phone, VQ-RTCPXR')[0]).toContain('3.60')
    expect(await page.textContent('.media')).toContain('computed from loss, delay and codec')
    expect(await page.locator('.end-report h2').allTextContents()).toEqual([
      ...['border-1 said by 10.9.0.1', 'VQSessionReport said by 10.20.0.5'],
    ])
    await page.click('.end-report >> nth=1 >> text=Show the message')
    await addressHas('message=')
    expect(await page.textContent('.pane h2')).toContain('PUBLISH')
    expect(await page.textContent('.pane .report')).toContain('R factor71')
  })

  test('says why a report is here that names no call', async () => {
    const { page } = screen
    await page.click('.arrow .label >> text=RTCP >> nth=0')
    await page.waitForSelector('.pane .report-note >> text=media address 10.20.0.5:40001')
    expect(await page.textContent('.pane .report')).toContain('jitter')
  })

  test('lists log lines, DNS and ISUP in order, and leads to their messages', async () => {
    const { page } = screen
    await page.click('[role=tab] >> text=Events (5)')
    const events = await page.locator('.events tbody tr').allTextContents()
    expect(events.map((text) => text.slice(0, 40))).toEqual([
      expect.stringContaining('DNS query'),
      expect.stringContaining('DNS response'),
      expect.stringContaining('Log warn'),
      expect.stringContaining('ISUP IAM'),
      expect.stringContaining('Log error'),
    ])
    await page.click('.events >> text=SRV 10 5 5060 a.pbx.example')
    await page.waitForSelector('.pane .report >> text=a.pbx.example')
  })

  test('knows in the list how bad it was', async () => {
    const answer = await fetch(`${screen.program.url}/api/v1/calls?q=callid:told@sbc`)
    const { calls } = (await answer.json()) as { calls: { mos: number }[] }
    // The worst anybody said with the call's own id: the agent's last interval.
    expect(calls[0]!.mos).toBe(2.7)
  })
}
