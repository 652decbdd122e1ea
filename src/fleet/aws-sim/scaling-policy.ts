// From what PutScalingPolicy and PutMetricAlarm were given to a Policy, so that the very engine that is
// simulated elsewhere decides here too. What our policies never say is refused, not guessed.
import { METRICS, type MetricName, metricOf } from '../policy/metrics.ts'
import type { Policy, Rule, StepRule, TargetRule } from '../policy/policy.ts'
import type { SimAlarm } from './cloudwatch-operations.ts'
import { AwsFault } from './fault.ts'

export interface TargetTracking {
  readonly TargetValue: number
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string }
  readonly CustomizedMetricSpecification?: {
    readonly Namespace: string
    readonly MetricName: string
    readonly Statistic?: string
  }
  readonly ScaleOutCooldown?: number
  readonly ScaleInCooldown?: number
  readonly DisableScaleIn?: boolean
}
export interface StepScaling {
  readonly AdjustmentType?: string
  readonly Cooldown?: number
  readonly StepAdjustments?: readonly {
    readonly MetricIntervalLowerBound?: number
    readonly MetricIntervalUpperBound?: number
    readonly ScalingAdjustment: number
  }[]
}
/** A policy as PutScalingPolicy gave it. */
export interface SimPolicy {
  readonly PolicyName: string
  readonly PolicyARN: string
  readonly ResourceId: string
  readonly PolicyType: string
  readonly TargetTrackingScalingPolicyConfiguration?: TargetTracking
  readonly StepScalingPolicyConfiguration?: StepScaling
}

const HIGH_RESOLUTION = 'HighResolution'

/** Whether a policy follows 20-second metrics. */
export const isFast = ({
  TargetTrackingScalingPolicyConfiguration: tracking,
}: SimPolicy): boolean =>
  tracking?.PredefinedMetricSpecification?.PredefinedMetricType.endsWith(HIGH_RESOLUTION) ?? false

/** The Policy that a target's bounds, policies and the alarms that call them amount to. */
export const policyOf = (
  name: string,
  bounds: { readonly least: number; readonly most: number },
  policies: readonly SimPolicy[],
  alarms: readonly SimAlarm[],
): Policy => ({
  name,
  nodesMin: bounds.least,
  nodesMax: bounds.most,
  rules: policies.flatMap((policy) => rulesOf(policy, alarms)),
  capacity: { kind: 'on-demand' },
})

function rulesOf(policy: SimPolicy, alarms: readonly SimAlarm[]): readonly Rule[] {
  const { TargetTrackingScalingPolicyConfiguration: tracking } = policy
  const { StepScalingPolicyConfiguration: stepping } = policy
  if (tracking) return [targetRule(policy.PolicyName, tracking)]
  if (!stepping) return []
  return alarms
    .filter(({ AlarmActions = [] }) => AlarmActions.includes(policy.PolicyARN))
    .map((alarm) => stepRule(policy.PolicyName, stepping, alarm))
}

function targetRule(name: string, tracking: TargetTracking): TargetRule {
  const type = tracking.PredefinedMetricSpecification?.PredefinedMetricType
  const custom = tracking.CustomizedMetricSpecification
  return {
    kind: 'target',
    name,
    metric: type ? predefinedMetric(type) : metricNamed(custom!.Namespace, custom!.MetricName),
    target: tracking.TargetValue,
    outCooldownSeconds: tracking.ScaleOutCooldown ?? 300,
    inCooldownSeconds: tracking.ScaleInCooldown ?? 300,
    scaleIn: !tracking.DisableScaleIn,
  }
}

const NAMES = Object.keys(METRICS) as MetricName[]

function predefinedMetric(type: string): MetricName {
  const plain = type.replace(HIGH_RESOLUTION, '')
  const found = NAMES.find((name) => metricOf(name).predefined === plain)
  if (!found) throw new AwsFault('ValidationException', `Metric type ${type} is not simulated.`)
  return found
}

function metricNamed(namespace: string, metric: string): MetricName {
  const found = NAMES.find((name) => {
    const { cloudwatch } = metricOf(name)
    return cloudwatch.namespace === namespace && cloudwatch.name === metric
  })
  if (!found) throw new AwsFault('ValidationException', `Metric ${metric} is not simulated.`)
  return found
}

function stepRule(name: string, stepping: StepScaling, alarm: SimAlarm): StepRule {
  const above = alarm.ComparisonOperator.startsWith('GreaterThan')
  const steps = (stepping.StepAdjustments ?? []).map((step) => ({
    // Bounds are relative to the threshold; below it they count downwards.
    from: above ? (step.MetricIntervalLowerBound ?? 0) : 0 - (step.MetricIntervalUpperBound ?? 0),
    change: step.ScalingAdjustment,
  }))
  return {
    kind: 'step',
    name,
    metric: metricNamed(alarm.Namespace, alarm.MetricName),
    statistic: alarm.Statistic === 'Maximum' ? 'maximum' : 'average',
    when: above ? 'above' : 'below',
    threshold: alarm.Threshold,
    periodSeconds: alarm.Period,
    periods: alarm.EvaluationPeriods,
    unit: stepping.AdjustmentType === 'PercentChangeInCapacity' ? 'percent' : 'nodes',
    steps: steps.sort((a, b) => a.from - b.from),
    cooldownSeconds: stepping.Cooldown ?? 300,
  }
}
