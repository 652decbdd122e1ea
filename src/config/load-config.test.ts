import { expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explainConfig, hidePassword } from './explain.ts'
import { UsageError } from './flags.ts'
import { loadConfig } from './load-config.ts'
import { SETTINGS } from './settings.ts'

const file = (name: string, text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'calliope-config-')), name)
  writeFileSync(path, text)
  return path
}

const problemsOf = async (argv: string[], env: Record<string, string> = {}) => {
  try {
    await loadConfig(argv, env)
  } catch (error) {
    if (error instanceof UsageError)
      return error.problems.map(({ where, message }) => `${where}: ${message}`)
    throw error
  }
  return []
}

test('loadConfig takes the file before the default, the environment before the file, flags before all', async () => {
  const toml = file('calliope.toml', '[spool]\nbytes_max = "1GB"\nflush = "20ms"\nsync = "1s"\n')
  const { config, origins } = await loadConfig(['--config', toml, '--spool-flush', '40ms'], {
    CALLIOPE_SPOOL_FLUSH: '30ms',
    CALLIOPE_SPOOL_SYNC: '2s',
  })
  expect(config['spool.bytes_max']).toBe(1e9)
  expect(config['spool.sync']).toBe(2000)
  expect(config['spool.flush']).toBe(40)
  expect(config['spool.file_bytes_max']).toBe(64 * 2 ** 20)
  expect(origins.get('spool.bytes_max')).toBe(toml)
  expect(origins.get('spool.sync')).toBe('CALLIOPE_SPOOL_SYNC')
  expect(origins.get('spool.flush')).toBe('--spool-flush')
  expect(origins.get('node')).toBe('default')
})

test('loadConfig lists every problem at once, each with its place, value and what is allowed', async () => {
  const toml = file('calliope.toml', '[spool]\nbytes_mx = 1\n[intake]\nshards = 0\n')
  const problems = await problemsOf(
    ['--config', toml, '--http', 'nowhere', '--drain-wait', 'soon', '--htp', '1', '--hep-udp'],
    { CALLIOPE_INTAKE_ALLOW: '10.0.0.0/40', CALLIOPE_SPOL_SYNC: '1s' },
  )
  const expected = [
    '--htp: no such flag; did you mean --http?',
    '--hep-udp: needs a value: HOST:PORT',
    'spool.bytes_mx: no such setting; did you mean spool.bytes_max?',
    'CALLIOPE_SPOL_SYNC: no such setting; did you mean CALLIOPE_SPOOL_SYNC?',
    "--http: 'nowhere' is not allowed; give HOST:PORT, [IPv6]:PORT, :PORT or off",
    "intake.shards: '0' is not allowed; give a whole number from 1 to 64",
    "CALLIOPE_INTAKE_ALLOW: '10.0.0.0/40' is not allowed; give a list in which each item is an address",
    "--drain-wait: 'soon' is not allowed; give a time such as 500ms, 4s, 10m, 2h or 7d",
  ]
  expect(problems).toHaveLength(expected.length)
  for (const [i, part] of expected.entries()) expect(problems[i]).toContain(part)
})

test('loadConfig refuses settings that clash, beside all other problems', async () => {
  const argv = ['--http', ':9080', '--hep-tls', ':9062', '--hep-tls-key', 'a.pem', '--shards', '0']
  expect(await problemsOf(argv)).toEqual([
    "--shards: '0' is not allowed; give a whole number from 1 to 64",
    "http.listen: '0.0.0.0:9080' is open to other machines, so it needs a login: set http.token (CALLIOPE_HTTP_TOKEN), or listen on 127.0.0.1",
    'hep.tls_cert: is needed with hep.tls: the name of a PEM file',
  ])
  expect(await problemsOf(['--http', ':9080', '--http-token', 'x'])).toEqual([])
  for (const host of ['127.0.0.1', '127.1.2.3', '[::1]', 'localhost'])
    expect(await problemsOf(['--http', `${host}:9080`])).toEqual([])
})

test('loadConfig lets be what Kubernetes sets for a service named calliope', async () => {
  const names = [
    ...['CALLIOPE_SERVICE_HOST', 'CALLIOPE_SERVICE_PORT', 'CALLIOPE_SERVICE_PORT_HTTP'],
    ...['CALLIOPE_PORT', 'CALLIOPE_PORT_9060_UDP', 'CALLIOPE_PORT_9060_UDP_ADDR'],
    ...['CALLIOPE_CAPTURE_SERVICE_HOST', 'CALLIOPE_CAPTURE_PORT_9080_TCP'],
  ]
  expect(
    await problemsOf([], Object.fromEntries(names.map((name) => [name, 'tcp://10.0.0.1']))),
  ).toEqual([])
  expect(await problemsOf([], { CALLIOPE_HEP_UDP_PORTS: '1' })).toHaveLength(1)
})

test('loadConfig resolves secret references and never prints what they held', async () => {
  const password = file('password', 'hunter2-very-secret\n')
  const json = file('db.json', '{"password":"p@ss","port":5432}')
  const { config, ...rest } = await loadConfig(
    [
      '--database',
      `postgres://calliope:\${secret:file:${json}#password}@db:\${secret:file:${json}#port}/c`,
    ],
    {
      CALLIOPE_HTTP_TOKEN: `\${secret:file:${password}}`,
      CALLIOPE_INTAKE_KEYS: '${secret:env:HEP_KEY}',
      HEP_KEY: 'x',
    },
  )
  expect(config.database).toBe('postgres://calliope:p%40ss@db:5432/c')
  expect(config['http.token']).toBe('hunter2-very-secret')
  const shown = explainConfig({ config, ...rest })
  expect(shown).not.toContain('hunter2')
  expect(shown).not.toMatch(/p(@|%40)ss/)
})

test('loadConfig names the secret reference that cannot be read, and what sources there are', async () => {
  const problems = await problemsOf([
    '--http-token',
    '${secret:vault:x}',
    '--node',
    '${secret:file:/nowhere/x}',
    '--data-dir',
    '${secret:file:/}',
    '--database',
    'mysql://root:topsecret@h/db',
  ])
  expect(problems.join('\n')).toContain("no source 'vault'; there are file, env")
  expect(problems.join('\n')).toContain('/nowhere/x}: cannot be read: there is no such file; check')
  expect(problems.join('\n')).toContain('it is a directory; name a file in it')
  expect(problems.join('\n')).not.toContain('topsecret')
})

test('loadConfig takes a made-up password whole, whatever signs it has, into a URL', async () => {
  const password = 'p@ss:w/rd?#1%'
  const { config } = await loadConfig(
    ['--database', 'postgres://calliope:${secret:env:DATABASE_PASSWORD}@db:5432/c'],
    { DATABASE_PASSWORD: password },
  )
  expect(decodeURIComponent(new URL(config.database).password)).toBe(password)
})

test('loadConfig refuses a secret from the environment that is not there', async () => {
  const problems = await problemsOf(['--http-token', '${secret:env:ABSENT_IN_TEST}'])
  expect(problems.join()).toContain('the environment has no ABSENT_IN_TEST')
})

test('loadConfig takes addresses with IPv6, without a host, and off', async () => {
  const argv = ['--hep-udp', '[::1]:9', '--hep-tcp', 'off', '--http', ':80', '--http-token', 'x']
  const { config } = await loadConfig(argv, {})
  expect(config['hep.udp']).toEqual({ host: '::1', port: 9 })
  expect(config['hep.tcp']).toBeUndefined()
  expect(config['http.listen']).toEqual({ host: '0.0.0.0', port: 80 })
})

test('hidePassword blanks passwords in URLs and in parameters', () => {
  expect(hidePassword('postgres://u:se@cret@h:1/d?sslmode=on')).toBe(
    'postgres://u:***@h:1/d?sslmode=on',
  )
  expect(hidePassword('postgres://h/d?user=u&password=x')).toBe(
    'postgres://h/d?user=u&password=***',
  )
})

test('every setting has a default that its own kind accepts, and a sentence of help', () => {
  for (const [key, { kind, byDefault, help }] of Object.entries(SETTINGS)) {
    expect(help.length, key).toBeGreaterThan(10)
    const raw =
      typeof byDefault === 'object' && byDefault !== null && 'port' in byDefault
        ? `${byDefault.host}:${byDefault.port}`
        : (byDefault ?? 'off')
    expect(kind.parse(raw), key).toEqual({ value: byDefault } as never)
  }
})
