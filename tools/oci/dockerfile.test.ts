// The Dockerfile and the compose file cannot be run where there is no Docker and no registry. What can
// be held: the Dockerfile says of the image what the builder says, takes only files that are there, and
// compose gives the program what it takes.
import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { run } from '../../test/commands.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { LABELS, RUNTIME } from './calliope-image.ts'

const root = join(import.meta.dir, '../..')
const place = join(root, 'deploy/image')
const read = (name: string) => readFileSync(join(place, name), 'utf8')

/** [instruction, words], of the last stage or of all. */
function instructions({ ofLastStage }: { ofLastStage: boolean }): [string, string][] {
  const lines = read('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)
    .map((line): [string, string] => [line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1)])
  const last = lines.findLastIndex(([word]) => word === 'FROM')
  return ofLastStage ? lines.slice(last) : lines
}

test('the Dockerfile’s image runs as the builder’s does', () => {
  const said = new Map(instructions({ ofLastStage: true }))
  const json = (word: string) => JSON.parse(said.get(word)!) as unknown
  expect(said.get('USER')).toBe(RUNTIME.User)
  expect(json('ENTRYPOINT')).toEqual([...RUNTIME.Entrypoint])
  expect(json('CMD')).toEqual([...RUNTIME.Cmd])
  expect(said.get('ENV')!.split(' ')).toEqual([...RUNTIME.Env])
  expect(said.get('WORKDIR')).toBe(RUNTIME.WorkingDir)
  expect(said.get('EXPOSE')!.split(' ')).toEqual(Object.keys(RUNTIME.ExposedPorts))
  expect(json('VOLUME')).toEqual(Object.keys(RUNTIME.Volumes))
  expect(said.get('STOPSIGNAL')).toBe(RUNTIME.StopSignal)
  for (const [label, value] of Object.entries(LABELS))
    expect(said.get('LABEL')).toContain(`${label}="${value}"`)
})

test('the Dockerfile’s health check is a command that the program has', async () => {
  const [, command] = new Map(instructions({ ofLastStage: true })).get('HEALTHCHECK')!.split('CMD ')
  const [program, ...words] = JSON.parse(command!) as string[]
  expect([program]).toEqual([...RUNTIME.Entrypoint])
  expect((await run([...words, '--help'])).code).toBe(0)
})

test('the Dockerfile copies only what is there and what .dockerignore lets through', () => {
  const allowed = read('Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
  for (const [word, words] of instructions({ ofLastStage: false })) {
    if (word !== 'COPY' || words.includes('--from') || words.startsWith('. ')) continue
    for (const source of words.split(' ').slice(0, -1)) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true])
      expect([source, allowed.some((line) => new Bun.Glob(line.slice(1)).match(source))]).toEqual([
        ...[source, true],
      ])
    }
  }
  for (const line of allowed)
    expect([
      line,
      [...new Bun.Glob(line.slice(1)).scanSync({ cwd: root, dot: true, onlyFiles: false })].length >
        0,
    ]).toEqual([line, true])
})

interface Service {
  readonly image?: string
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly ports?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly stop_grace_period?: string
}

const compose = parse(read('compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

test('secrets.sh makes a secret of each that compose mounts, once, in a folder of the owner’s', () => {
  using directory = temporaryDirectory('calliope-secrets-')
  const script = join(directory.path, 'secrets.sh')
  Bun.spawnSync(['cp', join(place, 'secrets.sh'), script])
  const secrets = () => {
    expect(Bun.spawnSync(['sh', script]).exitCode).toBe(0)
    return Object.values(compose.secrets).map(({ file }) =>
      readFileSync(join(directory.path, file), 'utf8'),
    )
  }
  const first = secrets()
  expect(new Set(first).size).toBe(2)
  for (const secret of first) expect(secret).toMatch(/^[0-9a-f]{48}$/)
  expect(secrets()).toEqual(first)
  expect(statSync(join(directory.path, 'secrets')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(directory.path, 'secrets'))).toHaveLength(2)
})

test.each(['capture', 'serve'])(
  'compose gives %s what it takes, and no right more',
  async (name) => {
    const { command, environment, secrets, ports, ...service } = compose.services[name]!
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] } as never)
    using directory = temporaryDirectory('calliope-compose-')
    for (const secret of secrets) await Bun.write(join(directory.path, secret), 'feed')
    const env = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [
        key,
        value.replaceAll('$$', '$').replaceAll('/run/secrets/', `${directory.path}/`),
      ]),
    )
    const { code, out, err } = await run(['check-config'], { env, cwd: directory.path })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^database +postgres:\/\/calliope:\*\*\*@postgres:5432\/calliope +CALLIOPE_DATABASE$/m,
    )
    expect((await run([...command!, '--help'])).code).toBe(0)
    // The screen is for this machine; HEP is for everybody's.
    const published = ports!.filter((port) => port.endsWith(':9080'))
    expect(published).toEqual(name === 'serve' ? ['127.0.0.1:9080:9080'] : [])
  },
)

test('compose lets a capture node drain as long as it may', async () => {
  const { out } = await run(['check-config'], { cwd: '/' })
  const [, drainSeconds] = /^drain\.timeout +(\d+)s /m.exec(out)!
  const [graceSeconds] = /\d+/.exec(compose.services.capture!.stop_grace_period!)!
  expect(Number(graceSeconds)).toBeGreaterThan(Number(drainSeconds))
})
