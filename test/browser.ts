// A real Chromium for tests of the page: one per file, headless, without anything it does by itself.
import { type Browser, chromium } from 'playwright-core'

/** Whether there is a Chromium; `npm test` installs it and says so when it could not. */
export const withoutBrowser = Bun.which('chromium') === null

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: Bun.which('chromium')!,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
