// What the README says, done: a fresh clone started with its first command, a first call within a
// minute, and every command in it, run or at least held against the flags there are.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallPage } from '#contract'
import { run } from './commands.ts'
import { network } from './peers/kamailio.ts'
import { temporaryDirectory, until } from './program.ts'

const root = join(import.meta.dir, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const hasGit = Bun.which('git') !== null && existsSync(join(root, '.git'))
if (!hasGit)
  console.warn('\nNOT TESTED: a fresh clone, because there is no git, or this is no repository\n')

/** Every command line in the README, as words: fenced, in running text, and in the table. */
function commandLines(): string[][] {
  const fences = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, body]) =>
    body!.split('\n'),
  )
  const inline = [...readme.matchAll(/`((?:npm|calliope) [^`]+)`/g)].map(([, line]) => line!)
  return [...fences, ...inline]
    .map((line) => line.replace(/ +# .*/, '').trim())
    .filter(Boolean)
    .map((line) =>
      [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!),
    )
}

/** The words after `calliope` where a command line runs it. */
const calliopeWords = (words: readonly string[]): string[] | undefined => {
  const text = words.join(' ')
  if (words[0] === 'calliope') return words.slice(1)
  if (text.startsWith('npm run calliope -- ')) return words.slice(4)
  return text.startsWith('npm start') ? ['up', ...words.slice(3)] : undefined
}

test('every command in the README exists, with every flag', async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const lines = commandLines()
  expect(lines.length).toBeGreaterThan(8)
  const flags = new Map<string, string>()
  for (const words of lines) {
    if (words[0] === 'npm') {
      const script = words[1] === 'run' ? words[2]! : words[1]!
      expect([script, script in scripts]).toEqual([script, true])
    }
    const [command, ...rest] = calliopeWords(words) ?? []
    if (command === undefined) continue
    if (!flags.has(command)) flags.set(command, (await run([command, '--help'])).out)
    const help = flags.get(command)!
    expect(help).toStartWith(`calliope ${command}`)
    for (const flag of rest.filter((word) => word.startsWith('--')))
      expect(help).toMatch(new RegExp(`^ {2}${flag}\\b`, 'm'))
  }
}, 30_000)

test('every file the README points to exists', () => {
  const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path!)
  expect(targets.length).toBeGreaterThan(6)
  expect(targets.filter((path) => !/^https?:/.test(path) && !existsSync(join(root, path)))).toEqual(
    [],
  )
})

test.skipIf(Bun.which('kamailio') === null)(
  'Kamailio takes the lines the README gives it',
  async () => {
    using directory = temporaryDirectory()
    const [, lines] = /^In Kamailio:|In Kamailio:\n\n```\n([\s\S]*?)^```/m.exec(readme)!
    const modules = ['tm', 'sl', 'rr', 'pv'].map((name) => `loadmodule "${name}.so"`)
    const address = `${network()}.10:5060`
    const config = [`listen=udp:${address}`, ...modules, lines!, 'request_route { exit; }\n']
    const file = join(directory.path, 'kamailio.cfg')
    await Bun.write(file, config.join('\n'))
    const check = Bun.spawnSync(['kamailio', '-c', '-f', file])
    expect([check.exitCode, check.stderr.toString()]).toEqual([
      0,
      expect.stringContaining('config file ok') as never,
    ])
  },
)

describe.skipIf(!hasGit)('a fresh clone', () => {
  let directory: ReturnType<typeof temporaryDirectory>
  let clone: string
  let url = ''
  let npm: ReturnType<typeof start>
  let startedAt = 0
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  const inClone = (words: readonly string[]) =>
    run(words, {
      ...{ cwd: clone, program: ['npm', 'run', '--silent', 'calliope', '--'] },
      env: { CALLIOPE_URL: url },
    })
  const start = () =>
    Bun.spawn(
      [
        // Ports alone are told, for others may be taken here; data goes where it goes by default.
        ...['npm', 'start', '--', '--http', '127.0.0.1:0'],
        ...['--hep-udp', '127.0.0.1:0', '--hep-tcp', '127.0.0.1:0'],
      ],
      {
        cwd: clone,
        // Registries are asked only for what no cache has.
        env: { ...process.env, npm_config_prefer_offline: 'true' },
        ...{ stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
      },
    )

  beforeAll(() => {
    startedAt = performance.now()
    directory = temporaryDirectory()
    clone = join(directory.path, 'clone')
    const cloned = Bun.spawnSync([
      'git',
      'clone',
      '--quiet',
      '--depth',
      '1',
      `file://${root}`,
      clone,
    ])
    expect([cloned.exitCode, cloned.stderr.toString()]).toEqual([0, ''])
  })
  afterAll(() => directory[Symbol.dispose]())

  test('says where to send HEP and what to open, after npm start alone', async () => {
    npm = start()
    let said = ''
    for await (const chunk of npm.stdout) {
      said += new TextDecoder().decode(chunk)
      if (/ open +http.*\n/.test(said)) break
    }
    url = / open +(http\S+)/.exec(said)?.[1] ?? ''
    if (url === '') throw new Error(`it ended: ${said}${await new Response(npm.stderr).text()}`)
    expect(said).toMatch(/HEP +udp 127\.0\.0\.1:\d+ +tcp 127\.0\.0\.1:\d+/)
    expect(said).toMatch(/data +PostgreSQL \d+/)
    expect((await fetch(url)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  }, 120_000)

  test('shows a first call within a minute, and the terminal commands work on it', async () => {
    const { hep } = (await (await fetch(`${url}/api/v1/about`)).json()) as {
      hep: { transport: string; address: string }[]
    }
    const { address } = hep.find(({ transport }) => transport === 'udp')!
    const load = inClone(['load', '--to', address, '--rate', '200', '--for', '4s', '--check'])
    const { calls } = await until(
      async () => (await (await fetch(`${url}/api/v1/calls`)).json()) as CallPage,
      (page) => page.calls.length > 0,
    )
    console.log(`fresh clone to first call: ${seconds()} s`)
    expect(Number(seconds())).toBeLessThan(60)
    const { code, out } = await load
    expect([code, out]).toEqual([0, expect.stringContaining('0 never arrived') as never])

    const { callId } = calls[0]!
    for (const words of commandLines().flatMap((line) => [calliopeWords(line) ?? []])) {
      if (words[0] !== 'search' && !(words[0] === 'call' && words[1] === 'CALL-ID')) continue
      const given = words.map((word) => (word === 'CALL-ID' ? callId : word))
      const ended = await inClone(given)
      expect([given.join(' '), ended.code]).toEqual([given.join(' '), 0])
    }
  }, 60_000)

  test('ends when npm is told to end, and npm returns when it has, with its exit code', async () => {
    npm.kill('SIGTERM')
    expect(await npm.exited).toBe(0)
    const answers = fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    )
    expect(await answers).toBe(false)
    const data = join(clone, 'calliope-data', 'postgres', 'data')
    expect(existsSync(join(data, 'PG_VERSION'))).toBe(true)
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
  })
})
