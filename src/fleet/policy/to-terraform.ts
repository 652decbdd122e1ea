// A policy as the Terraform module's variable `scaling`. Nothing is lost on the way: from-plan.ts reads
// the same policy from the planned resources, and a test runs there and back through the module.
import type {
  TerraformCapacity,
  TerraformHosts,
  TerraformMetric,
  TerraformPredictive,
  TerraformScaling,
  TerraformStep,
  TerraformTarget,
} from './deployed.ts'
import { type MetricName, metricOf } from './metrics.ts'
import type {
  Capacity,
  HostLevel,
  Policy,
  PredictiveRule,
  Rule,
  SimpleRule,
  Statistic,
  StepRule,
  TargetRule,
} from './policy.ts'

export function toTerraform({
  name,
  nodesMin,
  nodesMax,
  rules,
  capacity,
  hosts,
}: Policy): TerraformScaling {
  const byName = <Kind extends Rule['kind'], Shape>(
    kind: Kind,
    shape: (rule: Extract<Rule, { kind: Kind }>) => Shape,
  ): Record<string, Shape> =>
    Object.fromEntries(
      rules
        .filter((rule): rule is Extract<Rule, { kind: Kind }> => rule.kind === kind)
        .map((rule) => [rule.name, shape(rule)]),
    )
  return {
    policy: name,
    nodes_min: nodesMin,
    nodes_max: nodesMax,
    target_tracking: byName('target', targetOf),
    step_scaling: byName('step', (rule) => stepOf(rule, stepsOf(rule))),
    simple_scaling: byName('simple', (rule) => stepOf(rule, [openStep(rule)])),
    predictive_scaling: byName('predictive', predictiveOf),
    capacity: capacityOf(capacity),
    hosts: hosts ? hostsOf(hosts) : null,
  }
}

function targetOf(rule: TargetRule): TerraformTarget {
  const { predefined } = metricOf(rule.metric)
  return {
    predefined_metric: predefined ?? null,
    custom_metric: predefined ? null : customMetric(rule.metric, 'average'),
    target_value: rule.target,
    scale_out_cooldown: rule.outCooldownSeconds,
    scale_in_cooldown: rule.inCooldownSeconds,
    disable_scale_in: !rule.scaleIn,
  }
}

type Steps = TerraformStep['steps']

function stepOf(rule: StepRule | SimpleRule, steps: Steps): TerraformStep {
  const isPercent = rule.unit === 'percent'
  return {
    alarm: {
      ...customMetric(rule.metric, rule.statistic),
      comparison_operator: rule.when === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      threshold: rule.threshold,
      period: rule.periodSeconds,
      evaluation_periods: rule.periods,
      treat_missing_data: 'notBreaching',
    },
    adjustment_type: isPercent ? 'PercentChangeInCapacity' : 'ChangeInCapacity',
    min_adjustment_magnitude: isPercent ? 1 : null,
    metric_aggregation_type: statisticOf(rule.statistic),
    cooldown: rule.cooldownSeconds,
    steps,
  }
}

// AWS counts intervals upwards: below a threshold they are the mirror image, and negative.
const stepsOf = ({ when, steps }: StepRule): Steps =>
  steps.map(({ from, change }, at) => {
    const to = steps[at + 1]?.from ?? null
    return when === 'above'
      ? { lower: from, upper: to, adjustment: change }
      : { lower: to === null ? null : -to, upper: from === 0 ? 0 : -from, adjustment: change }
  })

const openStep = ({ when, change }: SimpleRule): Steps[number] =>
  when === 'above'
    ? { lower: 0, upper: null, adjustment: change }
    : { lower: null, upper: 0, adjustment: change }

const PAIRS: { readonly [Name in MetricName]?: string } = {
  cpuPercent: 'ECSServiceCPUUtilization',
  memoryPercent: 'ECSServiceMemoryUtilization',
}

function predictiveOf({ metric, target, leadSeconds }: PredictiveRule): TerraformPredictive {
  const pair = PAIRS[metric]
  return {
    predefined_metric_pair: pair ?? null,
    custom_metric: pair ? null : customMetric(metric, 'average'),
    target_value: target,
    lead: leadSeconds,
    mode: 'ForecastAndScale',
  }
}

function customMetric(metric: MetricName, statistic: Statistic): TerraformMetric {
  const { namespace, name } = metricOf(metric).cloudwatch
  return { namespace, metric_name: name, statistic: statisticOf(statistic) }
}

const statisticOf = (statistic: Statistic) => (statistic === 'average' ? 'Average' : 'Maximum')

const capacityOf = (capacity: Capacity): TerraformCapacity =>
  capacity.kind === 'on-demand'
    ? { on_demand_base: 0, on_demand_weight: 1, spot_weight: 0, stand_ins_max: 0 }
    : {
        on_demand_base: capacity.onDemandBase,
        on_demand_weight: capacity.onDemandWeight,
        spot_weight: capacity.spotWeight,
        stand_ins_max: capacity.standInsMax,
      }

const hostsOf = (hosts: HostLevel): TerraformHosts => ({
  hosts_min: hosts.hostsMin,
  hosts_max: hosts.hostsMax,
  nodes_per_host: hosts.nodesPerHost,
  cpu_target: hosts.cpuTarget,
  scale_out_cooldown: hosts.outCooldownSeconds,
  scale_in_cooldown: hosts.inCooldownSeconds,
})
