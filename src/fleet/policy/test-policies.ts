// For tests: any policy there may be, and what the chart makes of its values (tools/helm renders the real
// one; that takes a process each, these take none).
import fc from 'fast-check'
import type { HelmScaling } from './deployed.ts'
import { METRICS, type MetricName, metricOf } from './metrics.ts'
import type { Json } from './planned.ts'
import type { Alarm, Capacity, HostLevel, Policy, Rule } from './policy.ts'

const names = Object.keys(METRICS) as MetricName[]
const onNodes = names.filter((name) => metricOf(name).prometheus !== undefined)
const perNode = onNodes.filter((name) => metricOf(name).perNode)
const seconds = fc.integer({ min: 0, max: 3600 })
const amount = fc.integer({ min: 1, max: 100 })
const name = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z]{1,4})?$/).filter((one) => one.length > 0)

const targetRule = (metric: MetricName): fc.Arbitrary<Rule> =>
  fc.record({
    ...{ kind: fc.constant('target' as const), name, metric: fc.constant(metric) },
    target: fc.integer({ min: 1, max: 50_000 }),
    ...{ outCooldownSeconds: seconds, inCooldownSeconds: seconds, scaleIn: fc.boolean() },
  })

const alarm = fc
  .record({
    metric: fc.constantFrom(...onNodes),
    statistic: fc.constantFrom('average' as const, 'maximum' as const),
    when: fc.constantFrom('above' as const, 'below' as const),
    threshold: fc.integer({ min: 0, max: 1000 }),
    periodSeconds: fc.constantFrom(60, 120, 300),
    periods: fc.integer({ min: 1, max: 10 }),
  })
  .map((one): Alarm => one)

const unit = fc.constantFrom('percent' as const, 'nodes' as const)

const stepRule: fc.Arbitrary<Rule> = fc
  .tuple(
    name,
    alarm,
    unit,
    fc.array(fc.tuple(amount, amount), { minLength: 1, maxLength: 4 }),
    seconds,
  )
  .map(([one, at, unit, widths, cooldownSeconds]) => {
    const sign = at.when === 'above' ? 1 : -1
    const sums = widths.map((_, i) =>
      [0, 1].map((k) => widths.slice(0, i + 1).reduce((sum, w) => sum + w[k]!, 0)),
    )
    const steps = sums.map(([from, change], i) => ({
      from: i === 0 ? 0 : from!,
      change: sign * change!,
    }))
    return { kind: 'step', name: one, ...at, unit, steps, cooldownSeconds }
  })

const simpleRule: fc.Arbitrary<Rule> = fc
  .tuple(name, alarm, unit, amount, seconds)
  .map(([one, at, unit, size, cooldownSeconds]) => {
    const change = at.when === 'above' ? size : -size
    return { kind: 'simple', name: one, ...at, unit, change, cooldownSeconds }
  })

const predictiveRule: fc.Arbitrary<Rule> = fc.record({
  ...{ kind: fc.constant('predictive' as const), name, metric: fc.constantFrom(...perNode) },
  ...{ target: fc.integer({ min: 1, max: 50_000 }), leadSeconds: seconds },
})

const capacity: fc.Arbitrary<Capacity> = fc.oneof(
  fc.constant({ kind: 'on-demand' as const }),
  fc.record({
    kind: fc.constant('spot' as const),
    ...{ onDemandBase: fc.nat(3), onDemandWeight: fc.nat(3), standInsMax: fc.nat(4) },
    spotWeight: fc.integer({ min: 1, max: 5 }),
  }),
)

const hosts: fc.Arbitrary<HostLevel> = fc.record({
  ...{ hostsMin: fc.nat(3), hostsMax: fc.integer({ min: 10, max: 30 }) },
  ...{ nodesPerHost: fc.integer({ min: 2, max: 9 }), cpuTarget: fc.integer({ min: 1, max: 100 }) },
  ...{ outCooldownSeconds: seconds, inCooldownSeconds: seconds },
})

/** One target a metric, as autoscalers have them; other rules as many as fit. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .tuple(
    name,
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 5, max: 20 })),
    fc.subarray(perNode).chain((metrics) => fc.tuple(...metrics.map(targetRule))),
    fc.array(fc.oneof(stepRule, simpleRule, predictiveRule), { maxLength: 4 }),
    capacity,
    fc.option(hosts, { nil: undefined }),
  )
  .map(([one, [nodesMin, nodesMax], targets, others, mix, level]) => ({
    ...{ name: one, nodesMin, nodesMax, capacity: mix },
    // Names must differ, also from 'x-day' of another rule's forecast.
    rules: [...targets, ...others].map((rule, at) => ({ ...rule, name: `${rule.name}-${at}` })),
    ...(level ? { hosts: level } : {}),
  }))
  .filter(({ rules }) => rules.length > 0)

/** The manifests of these values, as the chart's capture-scaling.yaml makes them. */
export function manifestsOf({ autoscaling }: HelmScaling): Json[] {
  const rendered = JSON.parse(
    JSON.stringify(autoscaling).replaceAll('{{ .Release.Namespace }}', 'voice'),
  ) as Record<string, Json>
  const metadata = { annotations: { 'calliope/policy': autoscaling.policyJson } }
  const { minReplicas, maxReplicas, behavior, metrics, triggers, adapterRules } = rendered as {
    [key: string]: Json
  }
  if (autoscaling.engine === 'hpa')
    return [
      {
        kind: 'HorizontalPodAutoscaler',
        metadata,
        spec: {
          minReplicas: minReplicas!,
          maxReplicas: maxReplicas!,
          behavior: behavior!,
          metrics: metrics!,
        },
      },
      { kind: 'ConfigMap', data: { 'config.yaml': JSON.stringify(adapterRules) } },
    ]
  return [
    {
      kind: 'ScaledObject',
      metadata,
      spec: {
        ...{ minReplicaCount: minReplicas!, maxReplicaCount: maxReplicas!, triggers: triggers! },
        advanced: { horizontalPodAutoscalerConfig: { behavior: behavior! } },
      },
    },
  ]
}
