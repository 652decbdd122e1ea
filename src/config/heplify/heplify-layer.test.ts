// heplify-server's configuration under our own: who counts when both say something, and that its words
// are understood where it would understand them.
import { expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UsageError } from '../flags.ts'
import { loadConfig } from '../load-config.ts'

const directory = mkdtempSync(join(tmpdir(), 'calliope-heplify-'))
const file = (name: string, text: string) => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const problemsOf = async (argv: string[], env: Record<string, string> = {}) =>
  loadConfig(argv, env).then(
    () => [],
    (error: UsageError) => error.problems.map(({ where, message }) => `${where}: ${message}`),
  )

const lineOf = (loaded: Awaited<ReturnType<typeof loadConfig>>, key: string) =>
  loaded.heplify.find((line) => line.key === key)!

test('loadConfig takes the heplify file before HEPLIFYSERVER_*, that before its flags, ours before all of them', async () => {
  const theirs = file(
    'order.toml',
    [
      'DBDropDays = 1',
      'DBPartSip = "1h"',
      'LogLvl = "debug"',
      'HEPAddr = ":1"',
      'HEPTCPAddr = ":1"',
    ]
      .concat('HEPWSAddr = ":1"', 'PromAddr = ""')
      .join('\n'),
  )
  const ours = file('calliope.toml', '[hep]\ntcp = ":4"\n')
  const loaded = await loadConfig(
    ['-config', theirs, '-loglvl=error', '-hepaddr', ':3', '--config', ours, '--hep-ws', ':6'],
    {
      ...{ HEPLIFYSERVER_DBPARTSIP: '6h', HEPLIFYSERVER_LOGLVL: 'warn' },
      ...{ HEPLIFYSERVER_HEPADDR: ':2', HEPLIFYSERVER_DBWORKER: '', CALLIOPE_HEP_UDP: ':5' },
    },
  )
  const { config, origins } = loaded
  expect(config['store.retention']).toBe(86_400_000)
  expect(origins.get('store.retention')).toBe(`${theirs}: DBDropDays`)
  expect(config['store.partition']).toBe(6 * 3_600_000)
  expect(origins.get('store.partition')).toBe('HEPLIFYSERVER_DBPARTSIP')
  expect(config['log.level']).toBe('error')
  expect(origins.get('log.level')).toBe('-loglvl')
  expect([config['hep.udp'], config['hep.tcp'], config['hep.ws']].map((at) => at?.port)).toEqual([
    5, 4, 6,
  ])
  expect(lineOf(loaded, 'HEPAddr')).toMatchObject({
    ...{ kind: 'ignored', value: ':3', what: 'hep.udp is given by CALLIOPE_HEP_UDP, which counts' },
  })
  expect(lineOf(loaded, 'HEPTCPAddr').what).toContain(ours)
  expect(loaded.heplify.map(({ key }) => key)).not.toContain('DBWorker')
})

test('loadConfig knows nothing of heplify-server when nothing of it is given', async () => {
  const { config, heplify } = await loadConfig([], { HEPLIFYSERVER_SERVICE_HOST: '10.0.0.1' })
  expect([heplify.length, config['hep.tcp']?.port, config['http.metrics']]).toEqual([
    0,
    9061,
    undefined,
  ])
})

test.each([
  ['--heplify-config FILE', (path: string) => ['--heplify-config', path], {}],
  ['--heplify-config=FILE', (path: string) => [`--heplify-config=${path}`], {}],
  ['-config=FILE', (path: string) => [`-config=${path}`], {}],
  ['HEPLIFYSERVER_CONFIG', () => [], 'HEPLIFYSERVER_CONFIG'],
  ['CALLIOPE_HEPLIFY_CONFIG', () => [], 'CALLIOPE_HEPLIFY_CONFIG'],
])('loadConfig finds the file by %s', async (_, argvOf, name) => {
  const path = file('found.toml', 'dbdropdays = 3\n')
  const loaded = await loadConfig(argvOf(path), typeof name === 'string' ? { [name]: path } : {})
  expect(loaded.config['store.retention']).toBe(3 * 86_400_000)
  expect(lineOf(loaded, 'Config').value).toBe(path)
})

test('loadConfig takes switches and lists as Go does, with one dash or two', async () => {
  const loaded = await loadConfig(
    ['-logstd', '--dedup=false', '--discardmethod', 'OPTIONS,NOTIFY', '-heptcpaddr', ''],
    {},
  )
  expect(loaded.config['store.discard_methods']).toEqual(['OPTIONS', 'NOTIFY'])
  expect(lineOf(loaded, 'LogStd').value).toBe('true')
  expect(lineOf(loaded, 'Dedup').value).toBe('false')
  expect(loaded.positionals).toEqual([])
})

test('loadConfig asks for the secrets in heplify keys, and shows none', async () => {
  const path = file(
    'secret.toml',
    'DBDriver="postgres"\nDBAddr="db:1"\nDBPass="${secret:env:HOMER_PW}"',
  )
  const loaded = await loadConfig(['-config', path], { HOMER_PW: 'a/b' })
  expect(loaded.config.database).toBe('postgres://root:a%2Fb@db:1/homer_data')
  expect(lineOf(loaded, 'DBPass').value).toBe('(hidden)')
})

test('loadConfig lists every problem with heplify keys at once, beside our own', async () => {
  const path = file('bad.toml', 'HEPAddr = "nowhere"\n')
  const problems = await problemsOf(
    ['-config', path, '-hepadr', ':1', '-dbdropdays', '-1', '--spool-sync', 'soon', '-dbtimer'],
    { HEPLIFYSERVER_DBDRIVER: 'oracle' },
  )
  const expected = [
    '-hepadr: no such flag; did you mean -hepaddr?',
    '-dbtimer: needs a value',
    `${path}: HEPAddr: 'nowhere' is not allowed; give HOST:PORT`,
    "HEPLIFYSERVER_DBDRIVER: 'oracle' is not allowed; give one of mysql, postgres, mock",
    "-dbdropdays: '-1' is not allowed; give a whole number",
    "--spool-sync: 'soon' is not allowed",
  ]
  for (const [i, part] of expected.entries()) expect(problems[i]).toContain(part)
  expect(problems).toHaveLength(expected.length)
})

test('loadConfig says which heplify file cannot be read, and why', async () => {
  expect(await problemsOf(['--heplify-config', '/nowhere/h.toml'])).toEqual([
    '--heplify-config /nowhere/h.toml: no such file',
  ])
  const broken = await problemsOf(['-config', file('broken.toml', 'HEPAddr = \n')])
  expect(broken.join()).toMatch(/broken\.toml: cannot be read: /)
})
