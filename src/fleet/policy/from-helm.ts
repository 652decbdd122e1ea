// The policy that rendered manifests deploy (`helm template`, or `kubectl get -o yaml`). The numbers of the
// spec count; the annotation fills in what Kubernetes has no place for, and every disagreement is named.
import { behaviorOf } from './behavior.ts'
import type { PolicyReading } from './deployed.ts'
import { NoPolicy } from './from-plan.ts'
import { METRICS, type MetricName, metricOf } from './metrics.ts'
import { parsePolicy } from './parse-policy.ts'
import { at, items, type Json, numberAt, textAt } from './planned.ts'
import type { Policy, Rule, StepRule } from './policy.ts'
import { readAlarmQuery, readForecastQuery, readOutOnlyQuery, readTotalQuery } from './promql.ts'
import { externalName } from './to-helm.ts'

/** What one metric or trigger of the spec says, as far as it says it. */
type SpecRule =
  | {
      readonly kind: 'target'
      readonly name: string | undefined
      readonly metric: MetricName
      readonly target: number
      readonly scaleIn: boolean
    }
  | { readonly kind: 'alarm'; readonly rule: StepRule }
  | { readonly kind: 'forecast'; readonly rule: Extract<Rule, { kind: 'predictive' }> }
  | { readonly kind: 'strange'; readonly what: string }

/** Reads the first HorizontalPodAutoscaler or ScaledObject among `manifests`. */
export function fromHelm(manifests: readonly Json[]): PolicyReading {
  const scaler = manifests.find((one) =>
    ['HorizontalPodAutoscaler', 'ScaledObject'].includes(textAt(one, 'kind') ?? ''),
  )
  if (scaler === undefined)
    throw new NoPolicy(
      `no HorizontalPodAutoscaler or ScaledObject among ${manifests.length} manifests: give what 'helm template' prints with autoscaling.engine hpa or keda`,
    )
  const differences: string[] = []
  const said = annotated(scaler, differences)
  const spec = at(scaler, 'spec')
  const behavior =
    at(spec, 'behavior') ?? at(spec, 'advanced', 'horizontalPodAutoscalerConfig', 'behavior')
  const rules = merge(
    specRules(scaler, manifests),
    said?.rules ?? [],
    paceOf(behavior),
    differences,
  )
  const policy: Policy = {
    name:
      said?.name ?? textAt(scaler, 'metadata', 'annotations', 'calliope/policy-name') ?? 'deployed',
    nodesMin: numberAt(spec, 'minReplicas') ?? numberAt(spec, 'minReplicaCount') ?? 1,
    nodesMax: numberAt(spec, 'maxReplicas') ?? numberAt(spec, 'maxReplicaCount') ?? 1,
    rules,
    capacity: said?.capacity ?? { kind: 'on-demand' },
    ...(said?.hosts ? { hosts: said.hosts } : {}),
  }
  for (const bound of ['nodesMin', 'nodesMax'] as const)
    if (said && said[bound] !== policy[bound])
      differences.push(`${bound} is ${policy[bound]}; the annotation says ${said[bound]}`)
  if (!Bun.deepEquals(behavior ?? null, behaviorOf(policy)))
    differences.push(`behavior is not what policy ${policy.name} compiles to`)
  return { policy, differences }
}

function annotated(scaler: Json, differences: string[]): Policy | undefined {
  const text = textAt(scaler, 'metadata', 'annotations', 'calliope/policy')
  if (text === undefined) return undefined
  try {
    const parsed = parsePolicy(JSON.parse(text))
    if (parsed.kind === 'policy') return parsed.policy
    differences.push(
      ...parsed.problems.map(({ where, message }) => `annotation: ${where}: ${message}`),
    )
  } catch {
    differences.push('the annotation calliope/policy is not JSON')
  }
  return undefined
}

function specRules(scaler: Json, manifests: readonly Json[]): SpecRule[] {
  const spec = at(scaler, 'spec')
  if (textAt(scaler, 'kind') === 'ScaledObject') return items(at(spec, 'triggers')).map(ofTrigger)
  const queries = adapterQueries(manifests)
  return items(at(spec, 'metrics')).map((metric) => ofMetric(metric, queries))
}

function ofTrigger(trigger: Json): SpecRule {
  const name = textAt(trigger, 'name')
  const [type, query] = [textAt(trigger, 'type'), textAt(trigger, 'metadata', 'query')]
  const metric = byResource(type)
  const value = numberAt(trigger, 'metadata', metric ? 'value' : 'threshold')
  if (metric && value !== undefined)
    return { kind: 'target', name, metric, target: value, scaleIn: true }
  const total = query === undefined ? undefined : readTotalQuery(query)
  if (total && value !== undefined)
    return { kind: 'target', name, metric: total, target: value, scaleIn: true }
  if (query === undefined || name === undefined)
    return { kind: 'strange', what: `trigger ${name ?? type}` }
  return ofQuery(name, query)
}

function ofMetric(metric: Json, queries: ReadonlyMap<string, string>): SpecRule {
  const resource = byResource(textAt(metric, 'resource', 'name'))
  const utilization = numberAt(metric, 'resource', 'target', 'averageUtilization')
  if (resource && utilization !== undefined)
    return { kind: 'target', name: undefined, metric: resource, target: utilization, scaleIn: true }
  const pods = byGauge(textAt(metric, 'pods', 'metric', 'name'))
  const average = numberAt(metric, 'pods', 'target', 'averageValue')
  if (pods && average !== undefined)
    return { kind: 'target', name: undefined, metric: pods, target: average, scaleIn: true }
  const external = textAt(metric, 'external', 'metric', 'name') ?? ''
  const query = queries.get(external)
  const name = external.replace(/^calliope_rule_/, '').replaceAll('_', '-')
  if (query === undefined || externalName(name) !== external)
    return { kind: 'strange', what: `metric ${external || textAt(metric, 'type')}` }
  return ofQuery(name, query)
}

function ofQuery(name: string, query: string): SpecRule {
  const alarm = readAlarmQuery(name, query, 0)
  if (alarm) return { kind: 'alarm', rule: alarm }
  const out = readOutOnlyQuery(query)
  if (out) return { kind: 'target', name, ...out, scaleIn: false }
  const forecast = readForecastQuery(name.replace(/-[a-z]+$/, ''), query)
  if (forecast) return { kind: 'forecast', rule: forecast.rule }
  return { kind: 'strange', what: `query ${name}` }
}

/** Queries by the metric they make, from the configuration of prometheus-adapter among the manifests. */
function adapterQueries(manifests: readonly Json[]): Map<string, string> {
  const configs = manifests
    .filter((one) => textAt(one, 'kind') === 'ConfigMap')
    .flatMap((one) => textAt(one, 'data', 'config.yaml') ?? [])
    .filter((text) => text.includes('externalRules'))
  const rules = configs.flatMap((text) => items(at(Bun.YAML.parse(text) as Json, 'externalRules')))
  return new Map(
    rules.flatMap((rule) => {
      const [name, query] = [textAt(rule, 'name', 'as'), textAt(rule, 'metricsQuery')]
      return name === undefined || query === undefined ? [] : [[name, query] as const]
    }),
  )
}

interface Pace {
  readonly outSeconds: number
  readonly inSeconds: number
}

const paceOf = (behavior: Json | undefined): Pace => ({
  outSeconds: numberAt(behavior, 'scaleUp', 'policies', 0, 'periodSeconds') ?? 15,
  inSeconds: numberAt(behavior, 'scaleDown', 'stabilizationWindowSeconds') ?? 300,
})

/** Spec and annotation, rule by rule: the spec decides which there are and with which numbers. */
function merge(
  spec: readonly SpecRule[],
  said: readonly Rule[],
  pace: Pace,
  differences: string[],
): Rule[] {
  const rules = new Map<string, Rule>()
  for (const one of spec) {
    if (one.kind === 'strange') differences.push(`${one.what} is none that a policy makes`)
    else {
      const partner = partnerOf(one, said)
      const rule = asRule(one, partner, pace)
      if (said.length > 0 && !Bun.deepEquals(rule, partner))
        differences.push(`rule ${rule.name} is not as the annotation says`)
      rules.set(rule.name, rule)
    }
  }
  for (const { name } of said)
    if (!rules.has(name)) differences.push(`rule ${name} of the annotation is not in the spec`)
  return [...rules.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Known = Exclude<SpecRule, { kind: 'strange' }>

function partnerOf(one: Known, said: readonly Rule[]): Rule | undefined {
  if (one.kind !== 'target') return said.find(({ name }) => name === one.rule.name)
  return said.find(
    (rule) =>
      rule.kind === 'target' &&
      (one.name === undefined
        ? rule.metric === one.metric && rule.scaleIn
        : rule.name === one.name),
  )
}

function asRule(one: Known, partner: Rule | undefined, pace: Pace): Rule {
  if (one.kind === 'forecast') return one.rule
  if (one.kind === 'target') {
    const { metric, target, scaleIn } = one
    const kept = partner?.kind === 'target' ? partner : undefined
    return {
      ...{
        kind: 'target',
        name: kept?.name ?? one.name ?? nameOf(metric),
        metric,
        target,
        scaleIn,
      },
      outCooldownSeconds: kept?.outCooldownSeconds ?? pace.outSeconds,
      inCooldownSeconds: kept?.inCooldownSeconds ?? pace.inSeconds,
    }
  }
  const { kind: _, steps, cooldownSeconds: __, ...alarm } = one.rule
  const isOut = alarm.when === 'above'
  const own =
    partner?.kind === 'step' || partner?.kind === 'simple' ? partner.cooldownSeconds : undefined
  const cooldownSeconds = own ?? (isOut ? pace.outSeconds : pace.inSeconds)
  return partner?.kind === 'simple' && steps.length === 1
    ? { kind: 'simple', ...alarm, change: steps[0]!.change, cooldownSeconds }
    : { kind: 'step', ...alarm, steps, cooldownSeconds }
}

const nameOf = (metric: MetricName): string =>
  metric.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const byResource = (name: string | undefined): MetricName | undefined =>
  metricNames.find(
    (metric) => metricOf(metric).resource !== undefined && metricOf(metric).resource === name,
  )

const byGauge = (name: string | undefined): MetricName | undefined =>
  metricNames.find((metric) => name !== undefined && metricOf(metric).prometheus === name)

const metricNames = Object.keys(METRICS) as MetricName[]
