// The page over a real API whose store is in memory, for the tests of one `describe`: one Chromium, as many
// servers as a test wants, and what one does with the list of calls.
import { afterAll, afterEach, beforeAll, expect } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Api, type ApiOptions, startApi } from '#api'
import { buildPage } from '#web'
import { launchBrowser } from './browser.ts'
import { MemoryStore } from './memory-store.ts'

type PageOptions = NonNullable<Parameters<Browser['newPage']>[0]>

/** Rows in the document: those in sight and some beyond. */
export const ROW = '.table-sizer .table-row'

export class MemoryScreen {
  readonly store = new MemoryStore()
  /** A server over that store. */
  api!: Api
  /** Everything the console of any page said, and every script error. */
  readonly complaints: string[] = []
  #browser!: Browser
  #files: Awaited<ReturnType<typeof buildPage>> = []

  /** To be made inside `describe`; pages close after each test. */
  constructor() {
    beforeAll(async () => {
      this.#files = await buildPage()
      this.api = await this.start()
      this.#browser = await launchBrowser()
    })
    afterAll(async () => {
      await this.#browser.close()
      await this.api.close()
    })
    afterEach(async () => {
      await Promise.all(this.#browser.contexts().map((context) => context.close()))
      // Chromium itself writes a line for every answer that is an error; nothing else may be there.
      const others = this.complaints
        .splice(0)
        .filter((text) => !text.startsWith('Failed to load resource'))
      expect(others).toEqual([])
    })
  }

  /** Another server; whoever starts it closes it. */
  readonly start = (options: Partial<ApiOptions> = {}): Promise<Api> =>
    startApi({
      ...{ store: this.store, files: this.#files, hostname: '127.0.0.1', port: 0 },
      readiness: () => ({ ready: true, missing: [] }),
      about: () => ({ version: '0', hep: [{ transport: 'udp', address: '0.0.0.0:9060' }] }),
      ...options,
    })

  readonly open = async (
    path: string,
    { at = this.api, ...options }: PageOptions & { at?: Api } = {},
  ): Promise<Page> => {
    const viewport = { width: 1280, height: 800 }
    const page = await this.#browser.newPage({ viewport, ...options })
    page.on('console', (message) => this.complaints.push(message.text()))
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(at.url + path)
    return page
  }
}

export const shownIds = (page: Page) =>
  page.$$eval(ROW, (rows) => rows.map(({ id }) => decodeURIComponent(id.slice('row-'.length))))

export const chosenRow = async (page: Page) =>
  decodeURIComponent((await page.getAttribute(`${ROW}[data-chosen=true]`, 'id'))!.slice(4))

/** Waits until the list is this one call. */
export const showsOnly = (page: Page, callId: string) =>
  page.waitForFunction(
    ([row, id]) => {
      const rows = document.querySelectorAll(row!)
      return rows.length === 1 && rows[0]!.id === `row-${id}`
    },
    [ROW, encodeURIComponent(callId)],
  )
