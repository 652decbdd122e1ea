import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMF_METRICS } from '#fleet'
import { cloudwatchDashboard } from './cloudwatch.ts'
import { dashboardFiles } from './dashboard-files.ts'
import { grafanaDashboard } from './grafana.ts'
import { LEFT_OUT, ROWS } from './panels.ts'
import { metricsManual, registeredMetrics, sipMetrics } from './registered.ts'

const known = new Set([...registeredMetrics, ...sipMetrics].map(({ name }) => name))
const queries = ROWS.flatMap(({ panels }) => panels).flatMap((panel) => panel.queries)
const shown = new Set(
  queries
    .flatMap(({ expr }) => expr.match(/\b(?:calliope|heplify|horaclifix)_\w+/g) ?? [])
    .map((name) => name.replace(/_bucket$/, '')),
)

test('every query of the Grafana dashboard names metrics that there are', () => {
  expect(known.size).toBeGreaterThan(40)
  expect([...shown].filter((name) => !known.has(name))).toEqual([])
})

test('every metric is on the Grafana dashboard or listed with the reason why not', () => {
  const ours = [...known].filter((name) => name.startsWith('calliope_'))
  expect(ours.filter((name) => !shown.has(name) && !(name in LEFT_OUT)).sort()).toEqual([])
  expect(Object.keys(LEFT_OUT).filter((name) => shown.has(name) || !known.has(name))).toEqual([])
})

test('panels of the Grafana dashboard neither overlap nor leave its width, and ids differ', () => {
  const { panels } = grafanaDashboard() as { panels: readonly GrafanaPanel[] }
  const flat = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])])
  expect(new Set(flat.map(({ id }) => id)).size).toBe(flat.length)
  for (const [at, { gridPos: a }] of flat.entries()) {
    expect(a.x + a.w).toBeLessThanOrEqual(24)
    for (const { gridPos: b } of flat.slice(at + 1))
      expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(
        true,
      )
  }
})

interface GrafanaPanel {
  readonly id: number
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly panels?: readonly GrafanaPanel[]
}

test('the CloudWatch dashboard shows every metric that nodes publish, and none that they do not', () => {
  const text = JSON.stringify(cloudwatchDashboard())
  const named = [...text.matchAll(/\["Calliope","(\w+)"/g)].map(([, name]) => name!)
  const published = [...EMF_METRICS.map(({ name }) => name), 'FramesDropped']
  expect([...new Set(named)].sort()).toEqual([...published].sort())
})

test('the files are printed from the tables as they are now: npm run manual', async () => {
  for (const { path, text } of dashboardFiles()) expect(await Bun.file(path).text()).toBe(text)
})

test('docs/metrics.md has every metric with its help text: npm run manual', async () => {
  const text = await Bun.file(new URL('../../docs/metrics.md', import.meta.url)).text()
  expect(metricsManual(text)).toBe(text)
  for (const name of known) expect(text).toContain(`\`${name}\``)
})

test('the CloudWatch dashboard is a template with four gaps', () => {
  const { text } = dashboardFiles()[1]!
  const gaps = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
  expect([...new Set(gaps)].sort()).toEqual(['cluster', 'load_balancer', 'region', 'service'])
  expect(text).not.toMatch(/%\{/)
})

test.if(Bun.which('terraform') !== null)(
  "Terraform's templatefile makes a dashboard of the template",
  async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'dashboard-'))
    const values = 'region="eu-central-1",cluster="voice",service="capture",load_balancer="net/x/1"'
    const file = dashboardFiles()[1]!.path
    const ask = `jsonencode(jsondecode(templatefile("${file}",{${values}})).widgets[1].properties)\n`
    const console = Bun.spawn(['terraform', 'console'], {
      ...{ cwd, stdin: new Blob([ask]), stdout: 'pipe', stderr: 'pipe' },
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    })
    const properties = JSON.parse(JSON.parse(await new Response(console.stdout).text()))
    rmSync(cwd, { recursive: true })
    expect(properties.region).toBe('eu-central-1')
    expect(properties.metrics[0].slice(0, 6)).toEqual([
      ...['Calliope', 'PacketsPerSecond', 'ClusterName', 'voice', 'ServiceName', 'capture'],
    ])
  },
  20_000,
)
