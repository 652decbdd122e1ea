// What the pages on deployment say, done as far as it can be done without a cluster: every helm line
// renders, every calliope line has flags that exist, the sidecar is a container, links lead somewhere.
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { run } from '../../test/commands.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { unknownFields } from './check-shape.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import type { Container } from './pods.ts'
import { CHART, helm, LEAST_VALUES, parseManifests } from './render-chart.ts'

const root = join(import.meta.dir, '../..')
const PAGES = ['deploy/helm/calliope/README.md', 'docs/deploy-kubernetes.md', 'docs/image.md']
const pages = new Map(PAGES.map((page) => [page, readFileSync(join(root, page), 'utf8')]))
const tools = await kubernetesTools()

/** Every command in a fence of shell, as words, with its lines joined. */
const commands = [...pages.values()].flatMap((text) =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, body]) =>
    body!
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .flatMap((line) => line.replace(/ +# .*/, '').split(' | '))
      .map((line) => [...line.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word)),
  ),
)

test('every link of the pages on deployment leads to something', () => {
  const broken = [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('every calliope command of the pages on deployment exists, with its flags', async () => {
  const used = commands.filter(([program]) => program === 'calliope')
  expect(used.length).toBeGreaterThan(3)
  for (const [, command, ...words] of used) {
    const { code, out } = await run([command!, '--help'])
    expect([command, code]).toEqual([command, 0])
    for (const word of words.filter((word) => word.startsWith('--') && word !== '--help'))
      expect(out).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'))
  }
})

describe.skipIf(!tools)('helm', () => {
  test('renders every release that the pages on deployment install', async () => {
    const installs = commands.filter((words) => words.join(' ').startsWith('helm upgrade'))
    expect(installs.length).toBeGreaterThan(3)
    using directory = temporaryDirectory('calliope-docs-')
    const scaling = join(directory.path, 'scaling.yaml')
    await Bun.write(scaling, (await run(['policy', 'calliope', '--as', 'helm-hpa'])).out)
    for (const [, , , release, chart, ...words] of installs) {
      expect([release, chart]).toEqual(['sip', 'deploy/helm/calliope'])
      const flags = words.flatMap((word, n) =>
        /^(-f|--set)$/.test(word) ? [word, words[n + 1]!.replace('scaling.yaml', scaling)] : [],
      )
      const text = await helm(['template', 'sip', CHART, '-n', 'voice', ...flags], LEAST_VALUES)
      expect(parseManifests(text).length).toBeGreaterThan(10)
    }
  })

  test('finds in the documented Secret every key it mounts', async () => {
    const { secrets } = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as {
      secrets: { keys: Record<string, string> }
    }
    const made = commands.filter((words) => words.includes('secret') && words.includes('generic'))
    expect(made.length).toBe(2)
    for (const words of made)
      expect(
        words.flatMap((word) => /^--from-literal=([\w-]+)/.exec(word)?.[1] ?? []).sort(),
      ).toEqual(Object.values(secrets.keys).filter(Boolean).sort())
  })
})

test('the documented sidecar is a container, and its words are a configuration', async () => {
  const [, snippet] = /^```yaml\n([\s\S]*?)^```/m.exec(pages.get(PAGES[0]!)!)!
  const [container] = parse(snippet!) as [Container]
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sender' } },
    spec: { containers: [container], volumes: [{ name: 'relay', emptyDir: {} }] },
  }
  expect(await unknownFields([pod])).toEqual([])
  const [command, ...flags] = container.args!
  expect(command).toBe('relay')
  const env = Object.fromEntries(container.env!.map(({ name }) => [name, 'a token']))
  const { code, out, err } = await run(['check-config', ...flags], { env })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^relay\.token +\(hidden\) +CALLIOPE_RELAY_TOKEN$/m)
})
