// A call that went well, two that failed and what Kamailio sent, in the real program; and one page to look
// at them, which the tests share.
import { afterAll, beforeAll, expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { failedCall, goodCall, sendScenes } from '../call-traffic.ts'
import { readFixture } from '../fixtures/pcap.ts'
import { settledLedger } from '../program.ts'
import { ProgramScreen } from '../program-screen.ts'
import { SEND } from '../senders.ts'
import { reportedCall } from './reported-call.ts'

const SECOND_US = 1_000_000
const ALIASES = [
  { address: '10.9.0.1', name: 'Border' },
  { address: '10.9.0.3', name: 'PBX Munich' },
  { address: '10.20.0.0/16', name: 'Office' },
]

export class CallScreen extends ProgramScreen {
  /** The page that most tests look at. */
  page!: Page

  constructor() {
    super(['--store-retention', '36500d'])
    beforeAll(async () => {
      const sent = await this.#sendCalls()
      await settledLedger(this.program, sent)
      await fetch(`${this.program.url}/api/v1/settings/aliases`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ aliases: ALIASES }),
      })
      this.page = await this.newPage()
    }, 60_000)
    afterAll(() => expect(this.complaints).toEqual([]))
  }

  async #sendCalls(): Promise<number> {
    const nowUs = Date.now() * 1000
    const sent = await sendScenes(this.program.udp, [
      { startUs: nowUs - 1800 * SECOND_US, lines: goodCall('good') },
      { startUs: nowUs - 600 * SECOND_US, lines: failedCall('bad') },
      { startUs: nowUs - 300 * SECOND_US, lines: failedCall('bad-too') },
      { startUs: nowUs - 200 * SECOND_US, lines: reportedCall('told') },
    ])
    const fixture = readFixture().map(({ hep }) => hep)
    await SEND.udp(this.program, fixture)
    return sent + fixture.length
  }

  /** Opens a call in the page, or in another one. */
  readonly openCall = async (callId: string, query = '', at = this.page): Promise<void> => {
    await at.goto(`${this.program.url}/call/${encodeURIComponent(callId)}${query}`)
    await at.waitForSelector('.verdict')
  }

  /** The labels of the arrows, from top to bottom. */
  readonly arrows = (at = this.page) => at.locator('.arrow .label').allTextContents()

  /** Waits until the address has this after its `?`. */
  readonly addressHas = (text: string) =>
    this.page.waitForFunction((part) => location.search.includes(part), text)

  /** The label of the arrow that is chosen. */
  readonly chosen = () => this.page.locator('.arrow.chosen .label').textContent()
}
