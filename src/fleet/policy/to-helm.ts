// A policy as values of the Helm chart. What Kubernetes has words for is said in them (CPU, memory,
// packets per pod); every other rule becomes a query that answers with the pods it wants (promql.ts),
// which the HPA gets through prometheus-adapter and KEDA asks for itself.
import { behaviorOf } from './behavior.ts'
import type {
  AdapterRule,
  HelmScaling,
  HpaMetric,
  HpaScaling,
  KedaScaling,
  KedaTrigger,
} from './deployed.ts'
import { metricOf } from './metrics.ts'
import type { Policy, Rule, TargetRule } from './policy.ts'
import { alarmQuery, forecastQuery, outOnlyQuery, totalQuery } from './promql.ts'

/** How far a predictive rule looks back; each is a metric of its own, the larger one counts. */
const BACK = { day: 24, week: 168 } as const
const POLLING_SECONDS = 15

export function toHelm(policy: Policy, engine: 'hpa' | 'keda'): HelmScaling {
  const { capacity } = policy
  const isSpot = capacity.kind === 'spot'
  return {
    autoscaling: engine === 'hpa' ? hpaOf(policy) : kedaOf(policy),
    spot: {
      enabled: isSpot,
      onDemandWeight: isSpot ? capacity.onDemandWeight : 1,
      spotWeight: isSpot ? capacity.spotWeight : 0,
    },
  }
}

const bothOf = (policy: Policy) => ({
  policy: policy.name,
  policyJson: JSON.stringify(policy),
  minReplicas: policy.nodesMin,
  maxReplicas: policy.nodesMax,
  behavior: behaviorOf(policy),
})

function hpaOf(policy: Policy): HpaScaling {
  const asked = policy.rules.flatMap(queriesOf)
  const plain = policy.rules.filter(isPlain)
  return {
    engine: 'hpa',
    ...bothOf(policy),
    metrics: [...plain.map(plainMetric), ...asked.map(({ name }) => externalMetric(name))],
    triggers: [],
    adapterRules: {
      rules: plain.flatMap(podsRule),
      externalRules: asked.map(({ name, query }) => externalRule(name, query)),
    },
  }
}

function kedaOf(policy: Policy): KedaScaling {
  return {
    engine: 'keda',
    ...bothOf(policy),
    metrics: [],
    adapterRules: {},
    triggers: [
      ...policy.rules.filter(isPlain).map(plainTrigger),
      ...policy.rules.flatMap(queriesOf).map(
        ({ name, query }): KedaTrigger => ({
          ...{ type: 'prometheus', name, metricType: 'AverageValue' },
          metadata: { query, threshold: '1' },
        }),
      ),
    ],
    pollingIntervalSeconds: POLLING_SECONDS,
  }
}

/** Target tracking both ways: what an HPA is made for. */
const isPlain = (rule: Rule): rule is TargetRule => rule.kind === 'target' && rule.scaleIn

interface NamedQuery {
  readonly name: string
  readonly query: string
}

function queriesOf(rule: Rule): NamedQuery[] {
  const { name } = rule
  switch (rule.kind) {
    case 'target':
      return rule.scaleIn ? [] : [{ name, query: outOnlyQuery(rule) }]
    case 'step':
    case 'simple':
      return [{ name, query: alarmQuery(rule) }]
    case 'predictive':
      return Object.entries(BACK).map(([back, hours]) => ({
        name: `${name}-${back}`,
        query: forecastQuery(rule, hours),
      }))
  }
}

function plainMetric({ metric, target }: TargetRule): HpaMetric {
  const { resource, prometheus } = metricOf(metric)
  if (resource !== undefined)
    return {
      type: 'Resource',
      resource: { name: resource, target: { type: 'Utilization', averageUtilization: target } },
    }
  return {
    type: 'Pods',
    pods: {
      metric: { name: prometheus! },
      target: { type: 'AverageValue', averageValue: String(target) },
    },
  }
}

/** What an External metric of the HPA is called; names have no underscores, so it can be undone. */
export const externalName = (rule: string): string => `calliope_rule_${rule.replaceAll('-', '_')}`

const externalMetric = (rule: string): HpaMetric => ({
  type: 'External',
  external: {
    metric: { name: externalName(rule) },
    target: { type: 'AverageValue', averageValue: '1' },
  },
})

const podsRule = ({ metric }: TargetRule): AdapterRule[] => {
  const { resource, prometheus } = metricOf(metric)
  if (resource !== undefined || prometheus === undefined) return []
  return [
    {
      seriesQuery: `${prometheus}{namespace!="",pod!=""}`,
      resources: {
        overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } },
      },
      name: { as: prometheus },
      metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)',
    },
  ]
}

const externalRule = (rule: string, query: string): AdapterRule => ({
  seriesQuery: metricOf('packetsPerSecond').prometheus!,
  resources: { namespaced: false },
  name: { as: externalName(rule) },
  metricsQuery: query,
})

function plainTrigger({ name, metric, target }: TargetRule): KedaTrigger {
  const { resource } = metricOf(metric)
  if (resource !== undefined)
    return { type: resource, name, metricType: 'Utilization', metadata: { value: String(target) } }
  return {
    ...{ type: 'prometheus', name, metricType: 'AverageValue' },
    metadata: { query: totalQuery(metric), threshold: String(target) },
  }
}
