// The screen over the real program, for the tests of one `describe`: one program and one Chromium, started
// together before them and stopped after, and everything that any page complained of.
import { afterAll, beforeAll } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { type Program, startProgram, temporaryDirectory } from './program.ts'

export type PageOptions = NonNullable<Parameters<Browser['newPage']>[0]>

export class ProgramScreen {
  program!: Program
  browser!: Browser
  directory!: string
  /** Every line in the console of any page, and every script error. */
  readonly complaints: string[] = []
  readonly #viewport: { width: number; height: number }

  /** To be made inside `describe`; `flags` are added to those of the program. */
  constructor(flags: readonly string[] = [], viewport = { width: 1280, height: 800 }) {
    this.#viewport = viewport
    let directory: ReturnType<typeof temporaryDirectory>
    beforeAll(async () => {
      directory = temporaryDirectory()
      this.directory = directory.path
      ;[this.program, this.browser] = await Promise.all([
        startProgram(['--data-dir', directory.path, ...flags]),
        launchBrowser(),
      ])
    }, 60_000)
    afterAll(async () => {
      await this.browser.close()
      await this.program.stop()
      directory[Symbol.dispose]()
    })
  }

  /** A page in a context of its own that is nowhere yet. */
  readonly newPage = async (options: PageOptions = {}): Promise<Page> => {
    const page = await this.browser.newPage({ viewport: this.#viewport, ...options })
    page.on('console', (message) => this.complaints.push(message.text()))
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    return page
  }

  /** The same, at a path of the program. */
  readonly open = async (path: string, options?: PageOptions): Promise<Page> => {
    const page = await this.newPage(options)
    await page.goto(this.program.url + path)
    return page
  }
}
