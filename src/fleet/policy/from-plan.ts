// The policy that a Terraform plan or state deploys, read from the resources themselves, so that a fleet
// can be simulated as it is and not as somebody remembers it.
import type { PolicyReading } from './deployed.ts'
import { METRICS, type MetricName, metricOf } from './metrics.ts'
import {
  at,
  items,
  type Json,
  numberAt,
  type PlannedResource,
  plannedResources,
  textAt,
} from './planned.ts'
import type { Alarm, Capacity, HostLevel, Policy, Rule, Step } from './policy.ts'

/** Thrown when there is nothing that could be a policy. */
export class NoPolicy extends Error {
  readonly code = 'no_policy'
}

export function fromPlan(document: Json): PolicyReading {
  const resources = plannedResources(document)
  const target = resources.find(({ type }) => type === 'aws_appautoscaling_target')
  if (target === undefined)
    throw new NoPolicy(
      `no aws_appautoscaling_target among ${resources.length} resources: give the JSON of a plan of the capture module ('terraform show -json plan.out') or of a state ('terraform show -json')`,
    )
  const differences: string[] = []
  const rules = resources
    .filter(({ type }) => type === 'aws_appautoscaling_policy')
    .flatMap((resource) => {
      const rule = ruleOf(resource, resources)
      if (typeof rule !== 'string') return [rule]
      differences.push(`${resource.address}: ${rule}`)
      return []
    })
  const hosts = hostsOf(resources, target)
  const policy: Policy = {
    name: textAt(target.values, 'tags', 'calliope-policy') ?? 'deployed',
    nodesMin: numberAt(target.values, 'min_capacity') ?? 1,
    nodesMax: numberAt(target.values, 'max_capacity') ?? 1,
    rules: rules.sort((a, b) => (a.name < b.name ? -1 : 1)),
    capacity: capacityOf(resources, target),
    ...(hosts ? { hosts } : {}),
  }
  return { policy, differences }
}

/** The rule, or why it is none of ours. */
function ruleOf(resource: PlannedResource, all: readonly PlannedResource[]): Rule | string {
  const { values } = resource
  const name = typeof resource.index === 'string' ? resource.index : resource.name
  switch (textAt(values, 'policy_type')) {
    case 'TargetTrackingScaling':
      return targetOf(name, at(values, 'target_tracking_scaling_policy_configuration', 0))
    case 'StepScaling':
      return stepOf(name, resource, at(values, 'step_scaling_policy_configuration', 0), all)
    case 'PredictiveScaling':
      return predictiveOf(name, at(values, 'predictive_scaling_policy_configuration', 0))
    default:
      return `policy_type ${textAt(values, 'policy_type') ?? '(none)'} is not known here`
  }
}

function targetOf(name: string, values: Json | undefined): Rule | string {
  const type = textAt(values, 'predefined_metric_specification', 0, 'predefined_metric_type')
  const custom = at(values, 'customized_metric_specification', 0)
  const metric = type ? metricBy(({ predefined }) => predefined === type) : metricIn(custom)
  const target = numberAt(values, 'target_value')
  if (metric === undefined || target === undefined)
    return `tracks ${type ?? textAt(custom, 'metric_name') ?? 'nothing'}, which no policy does`
  return {
    ...{ kind: 'target', name, metric, target },
    // What AWS takes when nothing is said.
    outCooldownSeconds: numberAt(values, 'scale_out_cooldown') ?? 300,
    inCooldownSeconds: numberAt(values, 'scale_in_cooldown') ?? 300,
    scaleIn: at(values, 'disable_scale_in') !== true,
  }
}

function stepOf(
  name: string,
  { name: kind, index }: PlannedResource,
  values: Json | undefined,
  all: readonly PlannedResource[],
): Rule | string {
  const ringing = all.find(
    (other) =>
      other.type === 'aws_cloudwatch_metric_alarm' && other.name === kind && other.index === index,
  )
  const alarm = ringing && alarmOf(ringing.values)
  if (alarm === undefined) return 'has no alarm of its own key that a policy could have'
  const steps = items(at(values, 'step_adjustment')).flatMap((step) => stepIn(step, alarm.when))
  const [first] = steps.sort((a, b) => a.from - b.from)
  if (first === undefined) return 'has no steps'
  const unit = textAt(values, 'adjustment_type') === 'ChangeInCapacity' ? 'nodes' : 'percent'
  const both = { name, ...alarm, unit, cooldownSeconds: numberAt(values, 'cooldown') ?? 0 } as const
  return kind === 'simple'
    ? { kind: 'simple', ...both, change: first.change }
    : { kind: 'step', ...both, steps }
}

function alarmOf(values: Json): Alarm | undefined {
  const metric = metricIn(values)
  const threshold = numberAt(values, 'threshold')
  const operator = textAt(values, 'comparison_operator')
  if (metric === undefined || threshold === undefined || operator === undefined) return undefined
  return {
    metric,
    statistic: textAt(values, 'statistic') === 'Maximum' ? 'maximum' : 'average',
    when: operator.startsWith('Less') ? 'below' : 'above',
    threshold,
    periodSeconds: numberAt(values, 'period') ?? 60,
    periods: numberAt(values, 'evaluation_periods') ?? 1,
  }
}

function stepIn(step: Json, when: Alarm['when']): Step[] {
  const change = numberAt(step, 'scaling_adjustment')
  const near = numberAt(
    step,
    when === 'above' ? 'metric_interval_lower_bound' : 'metric_interval_upper_bound',
  )
  return change === undefined ? [] : [{ from: Math.abs(near ?? 0), change }]
}

function predictiveOf(name: string, values: Json | undefined): Rule | string {
  const metrics = at(values, 'metric_specification', 0)
  const pair = textAt(metrics, 'predefined_metric_pair_specification', 0, 'predefined_metric_type')
  const query = at(metrics, 'customized_scaling_metric_specification', 0, 'metric_data_query', 0)
  const metric = pair
    ? (
        {
          ECSServiceCPUUtilization: 'cpuPercent',
          ECSServiceMemoryUtilization: 'memoryPercent',
        } as const
      )[pair]
    : metricIn(at(query, 'metric_stat', 0, 'metric', 0))
  const target = numberAt(metrics, 'target_value')
  if (metric === undefined || target === undefined) return 'forecasts what no policy does'
  const leadSeconds = numberAt(values, 'scheduling_buffer_time') ?? 300
  return { kind: 'predictive', name, metric, target, leadSeconds }
}

const metricBy = (fits: (metric: ReturnType<typeof metricOf>) => boolean): MetricName | undefined =>
  (Object.keys(METRICS) as MetricName[]).find((name) => fits(metricOf(name)))

const metricIn = (values: Json | undefined): MetricName | undefined =>
  metricBy(
    ({ cloudwatch }) =>
      cloudwatch.name === textAt(values, 'metric_name') &&
      cloudwatch.namespace === textAt(values, 'namespace'),
  )

function capacityOf(all: readonly PlannedResource[], target: PlannedResource): Capacity {
  // The stand-in service is on-demand whatever the mix is; the policy's own has the strategy.
  const services = all.filter(({ type, name }) => type === 'aws_ecs_service' && name !== 'stand_in')
  const strategy = services.flatMap(({ values }) => items(at(values, 'capacity_provider_strategy')))
  const isSpot = (item: Json) => /spot/i.test(textAt(item, 'capacity_provider') ?? '')
  const spot = strategy.find(isSpot)
  const onDemand = strategy.find((item) => !isSpot(item))
  if (spot === undefined) return { kind: 'on-demand' }
  return {
    kind: 'spot',
    onDemandBase: numberAt(onDemand, 'base') ?? 0,
    onDemandWeight: numberAt(onDemand, 'weight') ?? 0,
    spotWeight: numberAt(spot, 'weight') ?? 0,
    standInsMax: numberAt(target.values, 'tags', 'calliope-stand-ins-max') ?? 0,
  }
}

function hostsOf(all: readonly PlannedResource[], target: PlannedResource): HostLevel | undefined {
  const of = (type: string) =>
    all.find((each) => each.type === type && each.name === 'hosts')?.values
  const cpuTarget = numberAt(
    of('aws_autoscaling_policy'),
    'target_tracking_configuration',
    0,
    'target_value',
  )
  const group = of('aws_autoscaling_group')
  if (cpuTarget === undefined || group === undefined) return undefined
  const tag = (name: string) => numberAt(target.values, 'tags', `calliope-${name}`)
  return {
    hostsMin: numberAt(group, 'min_size') ?? 1,
    hostsMax: numberAt(group, 'max_size') ?? 1,
    nodesPerHost: tag('nodes-per-host') ?? 1,
    cpuTarget,
    outCooldownSeconds: tag('hosts-out-cooldown') ?? 300,
    inCooldownSeconds: tag('hosts-in-cooldown') ?? 300,
  }
}
