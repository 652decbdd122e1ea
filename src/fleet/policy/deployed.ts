// What a policy compiles to, as types: the contract with deploy/terraform and deploy/helm.
// Both are written so that the deployed resources alone say what the policy was (fromPlan, fromHelm).
import type { Policy } from './policy.ts'

// Terraform: the module's variable `scaling`. Every map becomes a `for_each`, so that the key (the
// rule's name) stands in the address of the planned resource. The module has these resources:
//
//   aws_appautoscaling_target.service            min/max_capacity, tags = { calliope-policy = scaling.policy }
//   aws_appautoscaling_policy.target[key]        TargetTrackingScaling, for target_tracking
//   aws_appautoscaling_policy.step[key]          StepScaling, for step_scaling  + aws_cloudwatch_metric_alarm.step[key]
//   aws_appautoscaling_policy.simple[key]        StepScaling, for simple_scaling + aws_cloudwatch_metric_alarm.simple[key]
//   aws_appautoscaling_policy.predictive[key]    PredictiveScaling, for predictive_scaling
//   aws_ecs_service.*.capacity_provider_strategy on-demand provider (base, weight), spot provider (weight)
//   aws_autoscaling_group.hosts, aws_autoscaling_policy.hosts   when hosts is not null
//
// Dimensions are the module's to add: ClusterName and ServiceName, for namespace AWS/ECS and for ours.

export interface TerraformScaling {
  readonly policy: string
  readonly nodes_min: number
  readonly nodes_max: number
  readonly target_tracking: { readonly [rule: string]: TerraformTarget }
  readonly step_scaling: { readonly [rule: string]: TerraformStep }
  /** ECS has no simple scaling: runs there as step scaling with one step. */
  readonly simple_scaling: { readonly [rule: string]: TerraformStep }
  readonly predictive_scaling: { readonly [rule: string]: TerraformPredictive }
  readonly capacity: TerraformCapacity
  readonly hosts: TerraformHosts | null
}

export interface TerraformTarget {
  /** One of the two is null. */
  readonly predefined_metric: string | null
  readonly custom_metric: TerraformMetric | null
  readonly target_value: number
  readonly scale_out_cooldown: number
  readonly scale_in_cooldown: number
  readonly disable_scale_in: boolean
}

export interface TerraformMetric {
  readonly namespace: string
  readonly metric_name: string
  readonly statistic: 'Average' | 'Maximum'
}

export interface TerraformStep {
  readonly alarm: TerraformMetric & {
    readonly comparison_operator: 'GreaterThanThreshold' | 'LessThanThreshold'
    readonly threshold: number
    readonly period: number
    /** Also datapoints_to_alarm. */
    readonly evaluation_periods: number
    readonly treat_missing_data: 'notBreaching'
  }
  readonly adjustment_type: 'PercentChangeInCapacity' | 'ChangeInCapacity'
  /** 1 for percentages, else null. */
  readonly min_adjustment_magnitude: number | null
  readonly metric_aggregation_type: 'Average' | 'Maximum'
  readonly cooldown: number
  /** Relative to the threshold; null = open. Terraform's provider wants the bounds as strings. */
  readonly steps: readonly {
    readonly lower: number | null
    readonly upper: number | null
    readonly adjustment: number
  }[]
}

export interface TerraformPredictive {
  /** Null for metrics of our own: their load and scaling metric are custom. */
  readonly predefined_metric_pair: string | null
  readonly custom_metric: TerraformMetric | null
  readonly target_value: number
  /** scheduling_buffer_time */
  readonly lead: number
  readonly mode: 'ForecastAndScale'
}

export interface TerraformCapacity {
  readonly on_demand_base: number
  readonly on_demand_weight: number
  /** 0: no spot provider in the strategy. */
  readonly spot_weight: number
  /** Tag calliope-stand-ins-max on aws_appautoscaling_target.service, and for the reconciler. */
  readonly stand_ins_max: number
}

export interface TerraformHosts {
  readonly hosts_min: number
  readonly hosts_max: number
  /** Tag calliope-nodes-per-host on aws_appautoscaling_target.service. */
  readonly nodes_per_host: number
  readonly cpu_target: number
  /** Tags calliope-hosts-out-cooldown and -in-: target tracking of EC2 groups has no cooldowns. */
  readonly scale_out_cooldown: number
  readonly scale_in_cooldown: number
}

// Helm: the part `autoscaling` of values.yaml. `metrics`, `behavior`, `triggers` and `adapterRules` are the
// shapes of Kubernetes, KEDA and prometheus-adapter themselves. The chart prints them through
// `tpl (toYaml …) $` (queries hold `{{ .Release.Namespace }}`) and adds nothing but `serverAddress`, from its own
// value `prometheusAddress`, to triggers of type prometheus. For engine hpa it prints `adapterRules` into a
// ConfigMap with the data key `config.yaml`, for prometheus-adapter: { rules, externalRules }.
// `policyJson` goes into the annotation `calliope/policy` of the HPA or ScaledObject: it holds what
// Kubernetes cannot say (a cooldown per rule, the spot mix). Where annotation and spec differ, the spec wins.

export interface HelmScaling {
  readonly autoscaling: HpaScaling | KedaScaling
  /** Preferred node affinity by these weights when enabled; the chart knows the platform's labels. */
  readonly spot: {
    readonly enabled: boolean
    readonly onDemandWeight: number
    readonly spotWeight: number
  }
}

interface BothScaling {
  readonly policy: string
  readonly policyJson: string
  readonly minReplicas: number
  readonly maxReplicas: number
  /** HPA: `spec.behavior`; KEDA: `spec.advanced.horizontalPodAutoscalerConfig.behavior`. */
  readonly behavior: HpaBehavior
}

export interface HpaScaling extends BothScaling {
  readonly engine: 'hpa'
  readonly metrics: readonly HpaMetric[]
  readonly triggers: readonly []
  readonly adapterRules: {
    readonly rules: readonly AdapterRule[]
    readonly externalRules: readonly AdapterRule[]
  }
}

export interface KedaScaling extends BothScaling {
  readonly engine: 'keda'
  /** Empty, so that no HPA's metrics of an earlier choice stay among the values. */
  readonly metrics: readonly []
  readonly adapterRules: Readonly<Record<string, never>>
  readonly triggers: readonly KedaTrigger[]
  readonly pollingIntervalSeconds: number
}

export interface HpaBehavior {
  readonly scaleUp: HpaDirection
  readonly scaleDown: HpaDirection
}

export interface HpaDirection {
  readonly stabilizationWindowSeconds: number
  readonly selectPolicy: 'Max' | 'Min'
  readonly policies: readonly {
    readonly type: 'Percent' | 'Pods'
    readonly value: number
    readonly periodSeconds: number
  }[]
  /** Kubernetes 1.35 and later; only where a rule changes fewer nodes than the usual 10 % lets through. */
  readonly tolerance?: string
}

export type HpaMetric =
  | {
      readonly type: 'Resource'
      readonly resource: {
        readonly name: 'cpu' | 'memory'
        readonly target: { readonly type: 'Utilization'; readonly averageUtilization: number }
      }
    }
  | {
      readonly type: 'Pods'
      readonly pods: {
        readonly metric: { readonly name: string }
        readonly target: { readonly type: 'AverageValue'; readonly averageValue: string }
      }
    }
  | {
      /** Its value is the number of pods the rule wants: averageValue is always 1. */
      readonly type: 'External'
      readonly external: {
        readonly metric: { readonly name: string }
        readonly target: { readonly type: 'AverageValue'; readonly averageValue: '1' }
      }
    }

export interface AdapterRule {
  readonly seriesQuery: string
  readonly resources: {
    readonly namespaced?: boolean
    readonly overrides?: { readonly [label: string]: { readonly resource: string } }
  }
  readonly name: { readonly as: string }
  readonly metricsQuery: string
}

export interface KedaTrigger {
  readonly type: 'cpu' | 'memory' | 'prometheus'
  /** The rule's name. */
  readonly name: string
  readonly metricType: 'Utilization' | 'AverageValue'
  /** cpu, memory: { value }; prometheus: { query, threshold }. */
  readonly metadata: { readonly [key: string]: string }
}

/** A policy read back from what is deployed, and what there was not understood. */
export interface PolicyReading {
  readonly policy: Policy
  /** Sentences: what is deployed and no policy would have said, or annotation and spec disagree. */
  readonly differences: readonly string[]
}
