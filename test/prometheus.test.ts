// Our queries as Prometheus itself understands them: the rules of policies give the pods that the simulator
// computes, and every graph of the dashboard is a query.
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { metricOf, type Policy, PRESETS, type Sample, toHelm } from '#fleet'
import { forecast } from '../src/fleet/policy/forecast.ts'
import { wantedByQuery } from '../src/fleet/policy/query-wish.ts'
import { anyPolicy } from '../src/fleet/policy/test-policies.ts'
import { ROWS } from '../tools/dashboards/panels.ts'

const hasPromtool = Bun.which('promtool') !== null
if (!hasPromtool)
  console.warn(
    '\nNOT TESTED: queries in Prometheus. On Debian, as root: apt-get install prometheus\n',
  )

async function promtool(command: readonly string[], files: Record<string, unknown>) {
  const cwd = mkdtempSync(join(tmpdir(), 'promtool-'))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(cwd, name), JSON.stringify(content)) // JSON is YAML
  const run = Bun.spawn(['promtool', ...command], { cwd, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
  ])
  rmSync(cwd, { recursive: true })
  return { code: await run.exited, text: out + err }
}

const SECONDS = 2 * 3600
const STEP_SECONDS = 15
const METRICS_USED = ['cpuPercent', 'memoryPercent', 'packetsPerSecond', 'spoolAgeSeconds'] as const
const DROPS_USED = ['dropsPerSecond', 'shortDropsPerSecond'] as const
const MORE_USED = ['behindSeconds', ...DROPS_USED, 'skew', 'usedPercent'] as const
const names = [...METRICS_USED, ...MORE_USED]

/** A fleet that says the same for two hours: values by metric and pod. */
interface Fleet {
  readonly policy: Policy
  readonly pods: readonly number[]
}

// Some values beyond each threshold, some not: they go up to what thresholds may be.
const fleets = fc.sample(
  fc.record({
    policy: fc.oneof(anyPolicy, fc.constantFrom(...Object.values(PRESETS))),
    pods: fc.array(fc.nat(1500), { minLength: 1, maxLength: 12 }),
  }),
  { seed: 11, numRuns: 40 },
)

const queriesOf = (policy: Policy): { readonly name: string; readonly query: string }[] => {
  const { autoscaling } = toHelm(policy, 'keda')
  return autoscaling.triggers.flatMap(({ name, metadata }) =>
    metadata.query === undefined
      ? []
      : [{ name, query: metadata.query.replaceAll('{{ .Release.Namespace }}', 'voice') }],
  )
}

function expected({ policy, pods }: Fleet, name: string): number {
  const atMs = SECONDS * 1000
  const average = pods.reduce((sum, value) => sum + value, 0) / pods.length
  const spread = { average, maximum: Math.max(...pods), nodes: pods.length }
  const values = Object.fromEntries(names.map((metric) => [metric, spread]))
  const samples: Sample[] = Array.from({ length: SECONDS / 5 }, (_, at) => ({
    ...{ atMs: at * 5000, nodes: pods.length, values },
  }))
  const rule = policy.rules.find((one) => one.name === name)
  if (rule?.kind === 'step' || rule?.kind === 'simple')
    return wantedByQuery(rule, pods.length, samples, atMs)!.pods
  const total = average * pods.length
  if (rule?.kind === 'target' && !rule.scaleIn)
    return average > rule.target ? Math.ceil(total / rule.target) : 0
  // Nothing is known of yesterday.
  return rule === undefined ? 0 : total
}

test.if(hasPromtool)(
  'rules of policies, asked of Prometheus, want the pods that the simulator computes',
  async () => {
    const tests = fleets.map((fleet) => ({
      interval: `${STEP_SECONDS}s`,
      input_series: names.flatMap((metric) =>
        fleet.pods.map((value, pod) => ({
          series: `${metricOf(metric).prometheus}{namespace="voice",pod="p${pod}"}`,
          values: `${value}x${SECONDS / STEP_SECONDS}`,
        })),
      ),
      promql_expr_test: queriesOf(fleet.policy).map(({ name, query }) => ({
        ...{ expr: query, eval_time: `${SECONDS}s` },
        exp_samples: [{ labels: '{}', value: expected(fleet, name) }],
      })),
    }))
    const asked = tests.flatMap(({ promql_expr_test }) => promql_expr_test)
    expect(asked.length).toBeGreaterThan(60)
    const { code, text } = await promtool(['test', 'rules', 'tests.yml'], {
      'tests.yml': { evaluation_interval: '15s', tests },
    })
    expect(code, text).toBe(0)
  },
  30_000,
)

test.if(hasPromtool)(
  'the forecast of a policy, asked of Prometheus, is what the same hour needed yesterday',
  async () => {
    const policy = PRESETS['calliope-forecast']!
    const rule = policy.rules.find((one) => one.kind === 'predictive')!
    // A sample a minute: 100 packets, but 60,000 on each of two pods for an hour of yesterday.
    const hours = '100x539 60000x59 100x1440'
    const { query } = queriesOf(policy).find(({ name }) => name === 'forecast-day')!
    const peaks = [{ hour: 9, load: 120_000 }]
    const at = (hour: number) => ({
      ...{ expr: query, eval_time: `${hour * 60}m` },
      exp_samples: [{ labels: '{}', value: Math.max(1, forecast(rule, peaks, hour * 3_600_000)) }],
    })
    const input_series = ['a', 'b'].map((pod) => ({
      ...{ series: `calliope_packets_per_second{namespace="voice",pod="${pod}"}`, values: hours },
    }))
    // From ten minutes before the hour until its end is out of the window.
    const asked = [at(32), { ...at(33), eval_time: `${33 * 60 - 9}m` }, at(33), at(36)]
    const { code, text } = await promtool(['test', 'rules', 'tests.yml'], {
      'tests.yml': { tests: [{ interval: '1m', input_series, promql_expr_test: asked }] },
    })
    expect(code, text).toBe(0)
  },
  20_000,
)

test.if(hasPromtool)(
  'every graph of the Grafana dashboard is a query Prometheus can parse',
  async () => {
    const rules = ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)).map(
      ({ expr }, at) => ({
        record: `graph:number${at}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(namespace|instance)/g, '.*'),
      }),
    )
    const { code, text } = await promtool(['check', 'rules', 'rules.yml'], {
      'rules.yml': { groups: [{ name: 'graphs', rules }] },
    })
    expect(code, text).toBe(0)
    expect(text).toContain(`${rules.length} rules found`)
  },
)
