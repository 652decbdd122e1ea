// What the chart refuses, and that its printed files are printed from values.yaml as it is now.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { parse } from 'yaml'
import { chartFiles } from './chart-files.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { CHART, type ChartValues, LEAST_VALUES, manifestOf, renderChart } from './render-chart.ts'
import { readValues } from './values-schema.ts'

const tools = await kubernetesTools()

/** Helm's words about values that must not render. */
const refusal = (values: ChartValues): Promise<string> =>
  renderChart(values).then(
    () => 'it rendered',
    (error: Error) => error.message,
  )

// What is wrong, the values on top of the least ones, and what helm has to say.
const WRONG: readonly (readonly [string, ChartValues, RegExp])[] = [
  ['a misspelt value', { capture: { replica: 3 } }, /\/capture.*'replica' not allowed/s],
  ['a misspelt part', { captures: {} }, /'captures' not allowed/],
  ['a text for a number', { capture: { replicas: 'two' } }, /\/capture\/replicas.*want integer/s],
  [
    'a kind there is not',
    { capture: { kind: 'CronJob' } },
    /'Deployment', 'StatefulSet', 'DaemonSet'/,
  ],
  ['a port there is not', { capture: { ports: { udp: 99999 } } }, /maximum.*65/s],
  ['a digest that is none', { image: { digest: 'latest' } }, /\/image\/digest.*pattern/s],
  ['a size without a unit Kubernetes has', { capture: { spool: { size: '12GB' } } }, /spool\/size/],
  ['a setting there is not', { config: { store: { retentoin: '7d' } } }, /'retentoin' not allowed/],
  ['a section there is not', { capture: { config: { spol: {} } } }, /'spol' not allowed/],
  ['a setting the chart writes', { config: { http: { listen: ':80' } } }, /'listen' not allowed/],
  [
    'a password among the values',
    { config: { database: 'postgres://x' } },
    /'database' not allowed/,
  ],
  ['no database key', { secrets: { keys: { databaseUrl: '' } } }, /databaseUrl.*minLength/s],
  [
    'two sources of secrets',
    { secrets: { csi: { enabled: true } } },
    /exactly one.*existingSecret, secrets\.csi/,
  ],
  ['no source of secrets', { secrets: { existingSecret: '' } }, /exactly one.*chosen: none/],
  [
    'TLS without a certificate',
    { capture: { ports: { tls: 9062 } } },
    /capture\.tlsSecret must name/,
  ],
  [
    'a DaemonSet that is scaled',
    { capture: { kind: 'DaemonSet' } },
    /a DaemonSet .* cannot be scaled/,
  ],
  [
    'fewer at most than at least',
    { autoscaling: { maxReplicas: 1 } },
    /minReplicas \(2\) is above/,
  ],
  [
    'an HPA with KEDA’s triggers',
    { autoscaling: { triggers: [{ type: 'cpu' }] } },
    /belong to KEDA/,
  ],
  [
    'KEDA that does not know Prometheus',
    {
      autoscaling: {
        engine: 'keda',
        metrics: [],
        triggers: [{ type: 'prometheus', metadata: {} }],
      },
    },
    /prometheusAddress is empty/,
  ],
]

/** `more` over `values`, maps into maps. */
function merged(values: ChartValues, more: ChartValues): ChartValues {
  const isMap = (value: unknown): value is ChartValues =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = Object.entries(more).map(([key, value]) => {
    const before = values[key]
    return [key, isMap(before) && isMap(value) ? merged(before, value) : value]
  })
  return { ...values, ...Object.fromEntries(entries) }
}

describe.skipIf(!tools)('values of the chart', () => {
  test.each(WRONG)('%s is refused with a sentence', async (_, values, words) => {
    expect(await refusal(merged(LEAST_VALUES, values))).toMatch(words)
  })

  test('every value may be given as it is by default', async () => {
    const defaults = parse(await Bun.file(join(CHART, 'values.yaml')).text()) as ChartValues
    expect(await renderChart(merged(defaults, LEAST_VALUES))).toEqual(await renderChart())
  })

  test('what a chart’s user knows of a setting is what the program knows', async () => {
    const config = {
      store: { retention: '30d', merge_cpu: 5, discard_methods: ['OPTIONS', 'x"y'] },
    }
    const manifests = await renderChart(merged(LEAST_VALUES, { config }))
    const toml = manifestOf(manifests, 'ConfigMap', 'capture').data!['calliope.toml']!
    expect(Bun.TOML.parse(toml)).toMatchObject(config)
  })
})

test('values.schema.json and the table in README.md are what `npm run manual` prints', async () => {
  for (const { path, text } of await chartFiles())
    expect([path, await Bun.file(path).text()]).toEqual([path, text])
})

test('readValues takes no value without a description', () => {
  expect(() => readValues('# What it is.\na: 1\nb:\n  c: 2\n')).toThrow('b.c has no description')
  const { schema, rows } = readValues('# What it is. @min 1 @max 3\na: 1\n')
  expect(rows).toEqual([{ path: 'a', byDefault: '1', help: 'What it is.' }])
  expect(schema.properties).toMatchObject({
    a: { type: 'integer', minimum: 1, maximum: 3, description: 'What it is.' },
  })
})
