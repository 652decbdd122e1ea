// Scaling and capacity as terraform plans them, for each kind of compute and for the presets; and every
// word that AWS takes from a list, held against the AWS SDK's own lists.
import { beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import * as scalingSdk from '@aws-sdk/client-application-auto-scaling'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as ecs from '@aws-sdk/client-ecs'
import { shapeFaults } from '../../src/fleet/aws-sim/shapes.ts'
import type { Plan } from '../../tools/tf-schema-provider/plan.ts'
import { hasTerraform } from '../../tools/tf-schema-provider/terraform.ts'
import { type CapturePlans, capturePlans, containerOf, PLANNING_MS_MAX } from './plans.ts'

describe.if(hasTerraform())('the capture module scales', () => {
  let plans: CapturePlans
  beforeAll(async () => {
    plans = await capturePlans()
  }, PLANNING_MS_MAX)

  test('by source 0 exactly: memory 80, CPU 60, 1 to 10 tasks, 60 s out and 300 s in', () => {
    const plan = plans.source0
    expect(plan.one('aws_appautoscaling_target', 'service')).toMatchObject({
      ...{ min_capacity: 1, max_capacity: 10, service_namespace: 'ecs' },
      ...{
        scalable_dimension: 'ecs:service:DesiredCount',
        resource_id: 'service/calliope/calliope',
      },
    })
    const targets = plan.all('aws_appautoscaling_policy').map(({ index, values }) => {
      const [target] = values.target_tracking_scaling_policy_configuration
      return [
        index,
        target.predefined_metric_specification[0].predefined_metric_type,
        ...[target.target_value, target.scale_out_cooldown, target.scale_in_cooldown],
      ]
    })
    expect(targets).toEqual([
      ['cpu', 'ECSServiceAverageCPUUtilization', 60, 60, 300],
      ['memory', 'ECSServiceAverageMemoryUtilization', 80, 60, 300],
    ])
    expect(strategyOf(plan)).toEqual([{ capacity_provider: 'FARGATE', base: 0, weight: 1 }])
    expect(plan.one('aws_ecs_task_definition', 'node')).toMatchObject({
      cpu: '512',
      memory: '1024',
    })
    expect(plan.one('aws_ecs_service', 'capture').enable_execute_command).toBe(true)
    expect(plan.one('aws_lb_target_group', 'udp').health_check).toMatchObject([
      { interval: 30, healthy_threshold: 3, unhealthy_threshold: 2 },
    ])
  })

  test('with ours: an on-demand base, spot beyond it, and a service that stands in for spot', () => {
    expect(strategyOf(plans.spot)).toEqual([
      { capacity_provider: 'FARGATE', base: 2, weight: 0 },
      { capacity_provider: 'FARGATE_SPOT', base: 0, weight: 1 },
    ])
    const standIn = plans.spot.one('aws_ecs_service', 'stand_in')
    expect(standIn).toMatchObject({ name: 'calliope-stand-in', desired_count: 0 })
    expect(strategyOf(plans.spot, 'stand_in')).toEqual([
      { capacity_provider: 'FARGATE', base: 0, weight: 1 },
    ])
    const targetsOf = (service: { load_balancer: { target_group_arn: string }[] }) =>
      service.load_balancer.map(({ target_group_arn }) => target_group_arn)
    expect(targetsOf(standIn)).toEqual(targetsOf(plans.spot.one('aws_ecs_service', 'capture')))
    expect(plans.source0.all('aws_ecs_service', 'stand_in')).toEqual([])
  })

  test('custom metrics carry the dimensions that nodes publish', () => {
    const ours = [
      ...plans.spot
        .all('aws_cloudwatch_metric_alarm', 'step')
        .map(({ values }) => values.dimensions),
      ...plans.spot
        .all('aws_appautoscaling_policy', 'target')
        .flatMap(({ values }) =>
          values.target_tracking_scaling_policy_configuration[0].customized_metric_specification.map(
            ({ dimensions }: { dimensions: { name: string; value: string }[] }) =>
              Object.fromEntries(dimensions.map(({ name, value }) => [name, value])),
          ),
        ),
    ]
    expect(ours.length).toBeGreaterThan(2)
    for (const dimensions of ours)
      expect(dimensions).toEqual({ ClusterName: 'calliope', ServiceName: 'calliope' })
  })

  test('on machines of its own: hosts follow the tasks, protected while tasks run on them', () => {
    const { ec2 } = plans
    expect(strategyOf(ec2).map(({ capacity_provider }) => capacity_provider)).toEqual([
      ...['calliope-hosts', 'calliope-hosts-spot'],
    ])
    expect(
      ec2.one('aws_ecs_capacity_provider', 'hosts').auto_scaling_group_provider[0],
    ).toMatchObject({
      ...{ managed_draining: 'ENABLED', managed_termination_protection: 'ENABLED' },
      managed_scaling: [{ status: 'ENABLED', target_capacity: 90 }],
    })
    expect(ec2.one('aws_autoscaling_group', 'hosts').protect_from_scale_in).toBe(true)
    const start = atob(ec2.one('aws_launch_template', 'hosts').user_data)
    expect(spawnSync('sh', ['-n'], { input: start }).status).toBe(0)
    expect(start).toContain('net.core.rmem_max=268435456')
    expect(start).toMatch(/ECS_CLUSTER=calliope\n.*ECS_ENABLE_SPOT_INSTANCE_DRAINING=true/)
    expect(start).toContain('ECS_CONTAINER_STOP_TIMEOUT=120s')
    expect(ec2.all('aws_ecs_service').map(({ values }) => values.launch_type)).not.toContain('EC2')
  })

  test('on two levels as source 2 does: tasks at 80, hosts at 30 by a policy of their own', () => {
    const { twoLevel } = plans
    const [tasks] = twoLevel.all('aws_appautoscaling_policy')
    expect(tasks!.values.target_tracking_scaling_policy_configuration[0].target_value).toBe(80)
    expect(
      twoLevel.one('aws_autoscaling_policy', 'hosts').target_tracking_configuration[0],
    ).toMatchObject({
      target_value: 30,
      predefined_metric_specification: [{ predefined_metric_type: 'ASGAverageCPUUtilization' }],
    })
    // Two masters would pull the group apart.
    const [provider] = twoLevel.one(
      'aws_ecs_capacity_provider',
      'hosts',
    ).auto_scaling_group_provider
    expect(provider.managed_scaling[0].status).toBe('DISABLED')
    expect(twoLevel.one('aws_autoscaling_group', 'hosts')).toMatchObject({
      min_size: 1,
      max_size: 10,
    })
  })

  test('not as a daemon: one task on every host is what there is', () => {
    const service = plans.daemon.one('aws_ecs_service', 'capture')
    expect(service).toMatchObject({
      ...{ scheduling_strategy: 'DAEMON', launch_type: 'EC2', capacity_provider_strategy: [] },
      ...{ deployment_maximum_percent: 100, desired_count: null },
    })
    expect(plans.daemon.resources.filter(({ type }) => type.startsWith('aws_appauto'))).toEqual([])
  })

  test('on managed instances: roles that ECS may pass, on demand and spot', () => {
    const { managed } = plans
    const options = managed
      .all('aws_ecs_capacity_provider')
      .map(({ values }) => values.managed_instances_provider[0].instance_launch_template[0])
      .map(({ capacity_option_type }) => capacity_option_type)
    expect(options.sort()).toEqual(['ON_DEMAND', 'SPOT'])
    // ECS refuses to attach them to the cluster they were made in.
    expect(managed.all('aws_ecs_cluster_capacity_providers')).toEqual([])
    expect(managed.one('aws_iam_role', 'managed_instance').name).toStartWith('ecsInstanceRole')
    expect(managed.one('aws_ecs_task_definition', 'node').requires_compatibilities).toEqual([
      'MANAGED_INSTANCES',
    ])
  })

  test('in a cluster of the estate: nothing of the cluster is made or changed', () => {
    const types = new Set(plans.ownCluster.resources.map(({ type }) => type))
    expect(types.has('aws_ecs_cluster')).toBe(false)
    expect(types.has('aws_ecs_cluster_capacity_providers')).toBe(false)
    expect(plans.ownCluster.one('aws_appautoscaling_target', 'service').resource_id).toBe(
      'service/voip/calliope',
    )
  })

  test('a forecast has a load metric, which is the sum of what the scaling metric averages', () => {
    const [{ metric_specification, mode }] = plans.forecast.one(
      ...(['aws_appautoscaling_policy', 'predictive'] as const),
    ).predictive_scaling_policy_configuration
    const statOf = (
      specification: { metric_data_query: { metric_stat: { stat: string }[] }[] }[],
    ) => specification[0]!.metric_data_query[0]!.metric_stat[0]!.stat
    expect(mode).toBe('ForecastAndScale')
    expect(statOf(metric_specification[0].customized_scaling_metric_specification)).toBe('Average')
    expect(statOf(metric_specification[0].customized_load_metric_specification)).toBe('Sum')
  })

  test('every word from a list of AWS is in the list of the AWS SDK', () => {
    for (const [name, plan] of Object.entries(plans))
      for (const [where, word, list] of words(plan))
        expect(Object.values<string>(list), `${name}: ${where}`).toContain(word)
  })

  test('containers have the members that the AWS SDK knows', () => {
    for (const plan of Object.values(plans))
      expect(shapeFaults(ecs.ContainerDefinition$ as never, containerOf(plan))).toEqual([])
  })
})

interface Share {
  readonly capacity_provider: string
  readonly base: number
  readonly weight: number
}

const strategyOf = (plan: Plan, name = 'capture'): Share[] =>
  [...plan.one('aws_ecs_service', name).capacity_provider_strategy].sort((a, b) => b.base - a.base)

type Word = readonly [where: string, word: string, list: Readonly<Record<string, string>>]

/** Whatever in a plan has to be one of a list. */
function words(plan: Plan): Word[] {
  const of = (type: string, read: (values: never) => (readonly [unknown, object])[]): Word[] =>
    plan.all(type).flatMap(({ address, values }) =>
      read(values as never)
        .filter(([word]) => word !== null && word !== undefined)
        .map(([word, list]) => [address, word, list] as Word),
    )
  // biome-ignore lint/suspicious/noExplicitAny: shapes of AWS, read member by member
  type Any = any
  return [
    ...of('aws_ecs_service', (s: Any) => [
      [s.scheduling_strategy, ecs.SchedulingStrategy],
      [s.propagate_tags, ecs.PropagateTags],
      [s.availability_zone_rebalancing, ecs.AvailabilityZoneRebalancing],
    ]),
    ...of('aws_ecs_task_definition', (t: Any) => [
      ...t.requires_compatibilities.map((one: string) => [one, ecs.Compatibility] as const),
      [t.network_mode, ecs.NetworkMode],
      [t.runtime_platform[0].cpu_architecture, ecs.CPUArchitecture],
      [t.runtime_platform[0].operating_system_family, ecs.OSFamily],
    ]),
    ...of('aws_ecs_capacity_provider', (p: Any) => [
      [p.auto_scaling_group_provider[0]?.managed_draining, ecs.ManagedDraining],
      [p.auto_scaling_group_provider[0]?.managed_scaling[0].status, ecs.ManagedScalingStatus],
      [p.managed_instances_provider[0]?.instance_launch_template[0].capacity_option_type, ecs.CapacityOptionType], // biome-ignore format: a table
      [p.managed_instances_provider[0]?.instance_launch_template[0].monitoring, ecs.ManagedInstancesMonitoringOptions], // biome-ignore format: a table
    ]),
    ...of('aws_appautoscaling_policy', (p: Any) => [
      [p.policy_type, scalingSdk.PolicyType],
      [p.scalable_dimension, scalingSdk.ScalableDimension],
      [p.step_scaling_policy_configuration[0]?.adjustment_type, scalingSdk.AdjustmentType],
      [p.step_scaling_policy_configuration[0]?.metric_aggregation_type, scalingSdk.MetricAggregationType], // biome-ignore format: a table
      [p.predictive_scaling_policy_configuration[0]?.mode, scalingSdk.PredictiveScalingMode],
      [p.target_tracking_scaling_policy_configuration[0]?.predefined_metric_specification[0]?.predefined_metric_type, scalingSdk.MetricType], // biome-ignore format: a table
      [p.target_tracking_scaling_policy_configuration[0]?.customized_metric_specification[0]?.statistic, scalingSdk.MetricStatistic], // biome-ignore format: a table
    ]),
    ...of('aws_cloudwatch_metric_alarm', (a: Any) => [
      [a.comparison_operator, cloudwatch.ComparisonOperator],
      [a.statistic, cloudwatch.Statistic],
    ]),
  ]
}
