// The journey of an installation that other people use, in a real Chromium over the real program: the
// first user, logging in, a viewer from whom numbers are hidden, what that viewer sees and exports, and
// being logged out by somebody else.
//   CALLIOPE_TEST_PICTURES=docs/images   also takes pictures
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { CallPage } from '#contract'
import { encodeHep } from '#hep'
import { launchBrowser, withoutBrowser } from './browser.ts'
import { run } from './commands.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from './program.ts'

const pictures = process.env.CALLIOPE_TEST_PICTURES
const ADMIN = { name: 'anna', password: 'nine blue elephants' }
const VIEWER = { name: 'vera', password: 'a different sentence' }

describe.skipIf(withoutBrowser)('people log in', () => {
  let program: Program
  let directory: ReturnType<typeof temporaryDirectory>
  let browser: Browser
  let admin: Page
  let viewer: Page
  let real: CallPage['calls'][number]
  const errors: string[] = []

  const open = async (): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 760 } })
    const page = await context.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    return page
  }
  beforeAll(async () => {
    directory = temporaryDirectory()
    ;[program, browser] = await Promise.all([
      startProgram(['--data-dir', directory.path]),
      launchBrowser(),
    ])
    const { host, port } = program.udp
    const load = ['load', '--rate', '500', '--to', `${host}:${port}`, '--count', '400', '--check']
    const loaded = await run(load, { env: { CALLIOPE_URL: program.url } })
    expect(loaded.code).toBe(0)
    const q = encodeURIComponent('method:INVITE')
    const { calls } = await ask<CallPage>(program, `/api/v1/calls?limit=50&q=${q}`)
    real = calls.find(({ from }) => /\d{6}/.test(from))!
    ;[admin, viewer] = [await open(), await open()]
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await program.stop()
    directory[Symbol.dispose]()
    expect(errors).toEqual([])
  })

  const picture = async (page: Page, name: string) => {
    if (!pictures) return
    await page.screenshot({ path: join(pictures, `${name}.png`) })
    await page.setViewportSize({ width: 390, height: 760 })
    await page.screenshot({ path: join(pictures, `${name}-390.png`), fullPage: true })
    await page.setViewportSize({ width: 1280, height: 760 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.screenshot({ path: join(pictures, `${name}-dark.png`) })
    await page.emulateMedia({ colorScheme: 'light' })
  }
  const logIn = async (page: Page, { name, password }: typeof ADMIN) => {
    await page.getByLabel('User', { exact: true }).fill(name)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }
  const addUser = async ({ name, password }: typeof ADMIN) => {
    await admin.getByLabel('User', { exact: true }).fill(name)
    await admin.getByLabel('Password', { exact: true }).fill(password)
    await admin.getByRole('button', { name: 'Add user' }).click()
  }

  test('the first user is an administrator, and from then on everybody has to log in', async () => {
    await admin.goto(`${program.url}/settings/users`)
    await admin.getByText('There are no users').waitFor()
    await addUser({ name: ADMIN.name, password: 'short' })
    await admin.getByText('at least 12 characters').waitFor()
    await addUser(ADMIN)
    await admin.waitForURL(/\/login/)
    await picture(admin, 'login')
    await logIn(admin, { ...ADMIN, password: 'not the password' })
    await admin.getByText('The user or the password is not right').waitFor()
    await logIn(admin, ADMIN)
    await admin.waitForURL(/\/settings\/users/)
    await admin.locator('.rows tbody tr', { hasText: 'anna' }).waitFor()
    expect((await fetch(`${program.url}/api/v1/calls`)).status).toBe(401)
  })

  test('an administrator adds a viewer and hides numbers from viewers', async () => {
    await addUser(VIEWER)
    await admin.locator('.rows tbody tr', { hasText: 'vera' }).waitFor()
    await picture(admin, 'settings-users')
    await admin.getByRole('tab', { name: 'Masking' }).click()
    const role = admin.locator('fieldset', { hasText: 'viewer' }).first()
    await role.getByLabel('Masked').check()
    await role.getByText('+4989xxxx56').waitFor()
    await picture(admin, 'settings-masking')
    await admin.getByRole('button', { name: 'Save' }).click()
    await admin.getByText('Masking is saved and in force').waitFor()
  })

  test('every other part of the settings is there', async () => {
    for (const [name, word] of [
      ['API tokens', 'Make token'],
      ['Aliases', 'The most exact one counts'],
      ['Retention', 'In force'],
      ['Agent keys', 'Make key'],
      ['Audit', 'user-added'],
    ] as const) {
      await admin.getByRole('tab', { name }).click()
      await admin.getByText(word).first().waitFor()
      await picture(admin, `settings-${name.toLowerCase().replace(' ', '-')}`)
    }
    await admin.getByRole('tab', { name: 'API tokens' }).click()
    await admin.getByLabel('Name').fill('ci')
    await admin.getByRole('button', { name: 'Make token' }).click()
    const token = await admin.locator('.secret code').textContent()
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${program.url}/api/v1/calls`, { headers })).status).toBe(200)
    await admin.keyboard.press('Escape')
  })

  test('the viewer finds the call with its numbers masked, opens and exports it masked', async () => {
    await viewer.goto(program.url)
    await viewer.waitForURL(/\/login/)
    await logIn(viewer, VIEWER)
    await viewer.waitForURL((url) => url.pathname === '/')
    await viewer.getByText('masked', { exact: true }).waitFor()
    const api = (path: string) =>
      viewer.evaluate(async (path) => {
        const response = await fetch(path)
        return { status: response.status, text: await response.text() }
      }, path)
    const found = await api(`/api/v1/calls?q=${encodeURIComponent(`from:${real.from}`)}`)
    const { calls } = JSON.parse(found.text) as CallPage
    expect(calls.length).toBeGreaterThan(0)
    expect(calls[0]!.from).toMatch(/x{4}/)
    expect(found.text).not.toContain(real.from)
    const probe = await api(
      `/api/v1/calls?q=${encodeURIComponent(`from:${real.from.slice(0, -3)}*`)}`,
    )
    expect(probe.status).toBe(400)
    const path = `/calls/${encodeURIComponent(calls[0]!.callId)}`
    await viewer.goto(`${program.url}/call/${encodeURIComponent(calls[0]!.callId)}`)
    await viewer.waitForSelector('.ladder svg')
    expect(await viewer.content()).not.toContain(real.from)
    await picture(viewer, 'masked-call')
    for (const form of ['text', 'pcap']) {
      const exported = await api(`/api/v1${path}/${form}`)
      expect(exported.status).toBe(200)
      expect(exported.text).toContain('INVITE')
      expect(exported.text).not.toContain(real.from)
    }
    expect((await api('/api/v1/users')).status).toBe(403)
  })

  test('the administrator sees who did what, and logs the viewer out', async () => {
    await admin.getByRole('tab', { name: 'Audit' }).click()
    await admin.locator('.rows tr', { hasText: 'export' }).first().waitFor()
    await admin.getByRole('tab', { name: 'Users' }).click()
    const row = admin.locator('.rows tr', { hasText: 'vera' })
    await row.getByRole('button', { name: 'Log out everywhere' }).click()
    await row.getByRole('button', { name: 'sure?' }).click()
    await admin.getByText('vera is logged out everywhere').waitFor()
    await viewer.goto(program.url)
    await viewer.waitForURL(/\/login/)
  })

  test('calliope user tells, adds and removes people while the program runs', async () => {
    const users = async (...words: string[]) => {
      const child = Bun.spawn(
        [
          process.execPath,
          join(import.meta.dir, '../src/main.ts'),
          'user',
          ...words,
          '--data-dir',
          directory.path,
        ],
        { stdin: new Blob([`${VIEWER.password}\n`]), stdout: 'pipe', stderr: 'pipe' },
      )
      const out =
        (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
      return { code: await child.exited, out }
    }
    expect((await users('list')).out).toMatch(/anna +admin +password/)
    expect(await users('add', 'emil', '--role', 'engineer')).toEqual({
      ...{ code: 0, out: 'user added: emil\n' },
    })
    expect((await users('remove', 'anna')).out).toContain('only administrator')
    expect((await users('remove', 'emil')).code).toBe(0)
    expect((await users('frobnicate')).code).toBe(2)
  })
})

const sip = 'OPTIONS sip:a@b SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n'
const frame = {
  ...{ srcIp: '127.0.0.1', srcPort: 5060, dstIp: '127.0.0.1', dstPort: 5061, protocolType: 1 },
  ...{ atUs: Date.now() * 1000, captureId: 1, payload: Buffer.from(sip) },
}

test('an agent key made in the settings counts at once, and no longer once it is revoked', async () => {
  using directory = temporaryDirectory()
  const program = await startProgram([
    ...['--data-dir', directory.path, '--intake-keys', 'configured'],
  ])
  try {
    const make = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${program.url}/api/v1/settings/agent-keys${path}`, {
        ...{ method, headers: { 'content-type': 'application/json' } },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      return (await response.json()) as { id: string; key: string }
    }
    const { id, key } = await make('POST', '', { name: 'edge' })
    const keyed = encodeHep({ ...frame, authKey: key })
    const send = async () =>
      (await fetch(`${program.url}/hep`, { method: 'POST', body: new Uint8Array(keyed) })).status
    await until(send, (status) => status === 200)
    await make('DELETE', `/${id}`)
    await until(send, (status) => status === 403)
  } finally {
    await program.stop()
  }
}, 60_000)
