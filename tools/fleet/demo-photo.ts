// A picture of the fleet page for the documentation, taken while the fleet is at its busiest.
import { launchBrowser, withoutBrowser } from '../../test/browser.ts'

const [WIDTH, HEIGHT] = [1280, 1080]

/** Writes the page as PNG; without a Chromium says so and writes nothing. */
export async function photographFleet(url: string, file: string): Promise<void> {
  if (withoutBrowser) {
    process.stderr.write('no picture of the page: there is no chromium here\n')
    return
  }
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } })
    await page.goto(`${url}/fleet?range=5m`)
    await page.waitForSelector('.fleet .uplot canvas')
    await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined)
    await page.screenshot({ path: file })
  } finally {
    await browser.close()
  }
}
