// The search over real traffic: what Kamailio sent, an hour of calls as their agents would have sent them
// meanwhile, and calls of `calliope load`; and what one does with the list.
import { afterEach, beforeAll, expect } from 'bun:test'
import type { Page } from 'playwright-core'
import type { CallPage, CallRow } from '#contract'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import { run } from '../commands.ts'
import { truePackets } from '../fixtures/oracle.ts'
import { ask, type Program, settledLedger } from '../program.ts'
import { type PageOptions, ProgramScreen } from '../program-screen.ts'
import { SEND } from '../senders.ts'

export const ROW = '.table-sizer .table-row'

export class SearchScreen extends ProgramScreen {
  /** The traffic is there before the tests; pages close after each. */
  constructor() {
    // The fixture keeps its date, however late this runs.
    super(['--store-retention', '36500d'], { width: 1280, height: 720 })
    beforeAll(() => sendCalls(this.program), 60_000)
    afterEach(async () => {
      await Promise.all(this.browser.contexts().map((context) => context.close()))
      // Chromium itself writes a line for every answer that is an error; nothing else may be there.
      const others = this.complaints
        .splice(0)
        .filter((text) => !text.startsWith('Failed to load resource'))
      expect(others).toEqual([])
    })
  }

  override readonly open = async (path: string, options?: PageOptions): Promise<Page> => {
    const page = await this.newPage(options)
    // Shorter than the tests' own limit, so that what is missing is named.
    page.setDefaultTimeout(6_000)
    await page.goto(this.program.url + path)
    return page
  }

  /** What the API finds. */
  readonly calls = async (q: string): Promise<readonly CallRow[]> => {
    const path = `/api/v1/calls?limit=1000&q=${encodeURIComponent(q)}`
    return (await ask<CallPage>(this.program, path)).calls
  }
}

async function sendCalls(program: Program): Promise<void> {
  const frames = truePackets().flatMap(({ hep, version }) => (version === 3 ? [hep] : []))
  const past = lastHour()
  await SEND.tcp(program, [...frames, ...past])
  const to = `${program.tcp.host}:${program.tcp.port}`
  await settledLedger(program, frames.length + past.length)
  const { code, out, err } = await run(
    ['load', '--transport', 'tcp', '--rate', '400', '--count', '1000', '--check', '--to', to],
    { env: { CALLIOPE_URL: program.url } },
  )
  expect([code, out, err]).toEqual([0, expect.anything(), expect.anything()])
}

export const shownIds = (page: Page) =>
  page.$$eval(ROW, (rows) => rows.map(({ id }) => decodeURIComponent(id.slice('row-'.length))))

/** Waits until the list is these calls, in this order. */
export const rowsAre = (page: Page, ids: readonly string[]) =>
  page.waitForFunction(
    ([row, expected]) =>
      [...document.querySelectorAll(row!)].map(({ id }) => id).join(' ') === expected,
    [ROW, ids.map((id) => `row-${encodeURIComponent(id)}`).join(' ')],
  )

/** An hour of calls, as their agents would have sent them meanwhile. */
function lastHour(): Buffer[] {
  const nowUs = Date.now() * 1000
  const startUs = nowUs - 55 * 60_000_000
  const frames: Buffer[] = []
  for (const { packet } of generateTraffic({
    startUs,
    startsPerSecond: 0.8,
    starts: 2700,
    seed: 5,
  }))
    if (packet.atUs <= nowUs) frames.push(Buffer.from(encodeHep(packet)))
  return frames
}
