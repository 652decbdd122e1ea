// The presets as Terraform would deploy them: put through the real SDK, the simulated AWS runs the very
// policies they were.
import { expect, test } from 'bun:test'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import type { TerraformScaling, TerraformStep } from '../policy/deployed.ts'
import type { Policy, Rule } from '../policy/policy.ts'
import { PRESETS } from '../policy/presets.ts'
import { toTerraform } from '../policy/to-terraform.ts'
import { policyOf } from './scaling-policy.ts'
import { type AwsSim, startAwsSim } from './start.ts'

const ResourceId = 'service/voip/capture'
const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const
const TARGET = { ...ECS, ResourceId }
const byName = (a: Rule, b: Rule) => (a.name < b.name ? -1 : 1)

// What a simple rule is on ECS: a step rule of one step.
const asDeployed = ({ rules }: Policy): Rule[] =>
  rules
    .map((rule): Rule => {
      if (rule.kind !== 'simple') return rule
      const { change, kind: _, ...same } = rule
      return { ...same, kind: 'step', steps: [{ from: 0, change }] }
    })
    .sort(byName)

test('policyOf: every preset put by the real SDK is the preset again', async () => {
  for (const preset of Object.values(PRESETS)) {
    const rules = preset.rules.filter(({ kind }) => kind !== 'predictive')
    await using sim = startAwsSim()
    await deploy(sim, toTerraform({ ...preset, rules }))
    const { least, most } = sim.scaling.targets.get(ResourceId)!
    const alarms = [...sim.cloudWatch.alarms.values()]
    const deployed = policyOf(
      preset.name,
      { least, most },
      sim.scaling.policiesOf(ResourceId),
      alarms,
    )
    expect(deployed.rules.toSorted(byName)).toEqual(asDeployed({ ...preset, rules }))
    expect([deployed.nodesMin, deployed.nodesMax]).toEqual([preset.nodesMin, preset.nodesMax])
  }
})

async function deploy(sim: AwsSim, scaling: TerraformScaling): Promise<void> {
  const aws = new ApplicationAutoScaling(sim.client)
  const { nodes_min: MinCapacity, nodes_max: MaxCapacity } = scaling
  await aws.registerScalableTarget({ ...TARGET, MinCapacity, MaxCapacity })
  for (const [PolicyName, rule] of Object.entries(scaling.target_tracking))
    await aws.putScalingPolicy({
      ...{ ...TARGET, PolicyName, PolicyType: 'TargetTrackingScaling' as const },
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: rule.target_value,
        ...(rule.predefined_metric
          ? {
              PredefinedMetricSpecification: {
                PredefinedMetricType: rule.predefined_metric as never,
              },
            }
          : {
              CustomizedMetricSpecification: {
                Namespace: rule.custom_metric!.namespace,
                MetricName: rule.custom_metric!.metric_name,
                Statistic: rule.custom_metric!.statistic,
              },
            }),
        ScaleOutCooldown: rule.scale_out_cooldown,
        ScaleInCooldown: rule.scale_in_cooldown,
        DisableScaleIn: rule.disable_scale_in,
      },
    })
  const steps = { ...scaling.step_scaling, ...scaling.simple_scaling }
  for (const [name, rule] of Object.entries(steps)) await deployStep(sim, aws, name, rule)
}

async function deployStep(
  sim: AwsSim,
  aws: ApplicationAutoScaling,
  PolicyName: string,
  rule: TerraformStep,
): Promise<void> {
  const { PolicyARN = '' } = await aws.putScalingPolicy({
    ...{ ...TARGET, PolicyName, PolicyType: 'StepScaling' as const },
    StepScalingPolicyConfiguration: {
      AdjustmentType: rule.adjustment_type,
      Cooldown: rule.cooldown,
      StepAdjustments: rule.steps.map(({ lower, upper, adjustment }) => ({
        ...(lower === null ? {} : { MetricIntervalLowerBound: lower }),
        ...(upper === null ? {} : { MetricIntervalUpperBound: upper }),
        ScalingAdjustment: adjustment,
      })),
    },
  })
  const { alarm } = rule
  await new CloudWatch(sim.client).putMetricAlarm({
    ...{ AlarmName: PolicyName, AlarmActions: [PolicyARN], Statistic: alarm.statistic },
    ...{ Namespace: alarm.namespace, MetricName: alarm.metric_name, Period: alarm.period },
    ...{ EvaluationPeriods: alarm.evaluation_periods, Threshold: alarm.threshold },
    ComparisonOperator: alarm.comparison_operator,
  })
}
