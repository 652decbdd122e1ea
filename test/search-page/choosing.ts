// Of the search page: choosing calls by mouse and by keys, and what it keeps for the next time.
import { expect, test } from 'bun:test'
import { ROW, type SearchScreen, shownIds } from './screen.ts'

export function choosingAndKeeping({ open }: SearchScreen): void {
  test('puts selected calls into one ladder', async () => {
    const page = await open('/?q=method:INVITE')
    await page.waitForSelector(ROW)
    const [first, , third] = await shownIds(page)
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.locator(ROW).nth(2).locator('input').click()
    expect(await page.textContent('.selected')).toContain('2 selected')
    await page.getByRole('link', { name: 'One ladder' }).click()
    await page.waitForSelector('.ladder svg')
    const url = new URL(page.url())
    expect([decodeURIComponent(url.pathname), url.searchParams.get('with')]).toEqual([
      `/call/${first}`,
      third!,
    ])
    await page.goBack()
    await page.waitForSelector('.selected')
    // Shift takes all that lie between.
    await page
      .locator(ROW)
      .nth(0)
      .click({ modifiers: ['Shift'] })
    await page
      .locator(ROW)
      .nth(4)
      .click({ modifiers: ['Shift'] })
    expect(await page.textContent('.selected')).toContain('5 selected')
    await page.keyboard.press('Escape')
    await page.locator('.selected').waitFor({ state: 'detached' })
  })

  test('saves a search with its range, finds it again, and forgets it', async () => {
    const page = await open('/?q=outcome:failed&from=-1h')
    await page.waitForSelector(ROW)
    await page.getByRole('button', { name: 'Saved' }).click()
    await page.getByLabel('Name').fill('Bad ones')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved “Bad ones”').waitFor()

    const other = await open('/')
    await other.getByRole('button', { name: 'Saved' }).click()
    await other.getByRole('link', { name: /Bad ones/ }).click()
    await other.waitForFunction(() => location.search.includes('from=-1h'))
    expect(await other.inputValue('#q')).toBe('outcome:failed')
    await other.getByRole('button', { name: 'Saved' }).click()
    await other.getByRole('button', { name: 'Forget Bad ones' }).click()
    await other.getByText('No search is saved yet').waitFor()
  })

  test('is worked by keys alone, and lists them', async () => {
    const page = await open('/')
    await page.waitForSelector(ROW)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    expect(await page.textContent('dialog')).toContain('Selected calls as one ladder')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    const before = page.url()
    await page.keyboard.press('[')
    await page.waitForFunction((url) => location.href !== url, before)
    await page.keyboard.press(']')
    await page.waitForSelector(ROW)
    for (const key of ['j', 'j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.keyboard.press('m')
    await page.waitForSelector('.ladder svg')
    expect(page.url()).toContain('with=')
    await page.keyboard.press('/')
    await page.waitForSelector('#q')
  })

  test('remembers columns, their order and their widths', async () => {
    const page = await open('/')
    await page.waitForSelector(ROW)
    const heads = () => page.locator('[role=columnheader][data-column]').allTextContents()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Call-ID' }).check()
    await page.getByRole('checkbox', { name: 'Path' }).uncheck()
    await page.getByRole('button', { name: 'Call-ID further left' }).click()
    await page.keyboard.press('Escape')
    const edge = (await page.locator('[data-column=from] .column-edge').boundingBox())!
    await page.mouse.move(edge.x + 4, edge.y + 8)
    await page.mouse.down()
    await page.mouse.move(edge.x + 64, edge.y + 8)
    await page.mouse.up()
    const shown = await heads()
    expect(shown.slice(-2)).toEqual(['Call-ID', 'User agent'])
    await page.reload()
    await page.waitForSelector(ROW)
    expect(await heads()).toEqual(shown)
    const width = await page.$eval(`${ROW} [data-column=from]`, (cell) => cell.clientWidth)
    expect(width).toBeWithin(208, 217)
  })
}
