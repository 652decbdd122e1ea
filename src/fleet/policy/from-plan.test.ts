// The real module's plans are read in test/policy-round-trip.test.ts; here is what others may hand in.
import { expect, test } from 'bun:test'
import { fromPlan } from './from-plan.ts'
import { type Json, plannedResources } from './planned.ts'

const resource = (type: string, name: string, values: Json, index?: string | number): Json => ({
  ...{ mode: 'managed', type, name, values, address: `module.capture.${type}.${name}` },
  ...(index === undefined ? {} : { index }),
})

const target = resource('aws_appautoscaling_target', 'ecs', { min_capacity: 2, max_capacity: 9 })
const cpu = resource(
  'aws_appautoscaling_policy',
  'cpu',
  {
    policy_type: 'TargetTrackingScaling',
    target_tracking_scaling_policy_configuration: [
      {
        ...{ target_value: 55, scale_in_cooldown: null, disable_scale_in: false },
        predefined_metric_specification: [
          { predefined_metric_type: 'ECSServiceAverageCPUUtilization' },
        ],
      },
    ],
  },
  0,
)

test('fromPlan makes a policy of a service that nobody here deployed, with what AWS takes by default', () => {
  const state: Json = {
    values: {
      root_module: {
        child_modules: [{ resources: [target], child_modules: [{ resources: [cpu] }] }],
      },
    },
  }
  expect(fromPlan(state)).toEqual({
    policy: {
      ...{ name: 'deployed', nodesMin: 2, nodesMax: 9, capacity: { kind: 'on-demand' } },
      rules: [
        {
          ...{ kind: 'target', name: 'cpu', metric: 'cpuPercent', target: 55, scaleIn: true },
          ...{ outCooldownSeconds: 300, inCooldownSeconds: 300 },
        },
      ],
    },
    differences: [],
  })
})

test('fromPlan names the resource it could make no rule of', () => {
  const requests = resource('aws_appautoscaling_policy', 'requests', {
    policy_type: 'TargetTrackingScaling',
    target_tracking_scaling_policy_configuration: [
      {
        target_value: 100,
        predefined_metric_specification: [{ predefined_metric_type: 'ALBRequestCountPerTarget' }],
      },
    ],
  })
  const lonely = resource('aws_appautoscaling_policy', 'lonely', { policy_type: 'StepScaling' })
  const plan: Json = { planned_values: { root_module: { resources: [target, requests, lonely] } } }
  expect(fromPlan(plan).differences).toEqual([
    'module.capture.aws_appautoscaling_policy.requests: tracks ALBRequestCountPerTarget, which no policy does',
    'module.capture.aws_appautoscaling_policy.lonely: has no alarm of its own key that a policy could have',
  ])
})

test('fromPlan says what it needs when there is no scaling in what it was given', () => {
  for (const nothing of [{}, [], null, 'text', { values: { root_module: 7 } }] as Json[])
    expect(() => fromPlan(nothing)).toThrow("'terraform show -json plan.out'")
})

test('plannedResources leaves out what is read only, and what goes away', () => {
  const change = (mode: string, after: Json): Json => ({
    ...{ mode, type: 'aws_lb', name: 'x', address: 'aws_lb.x', change: { after } },
  })
  const plan: Json = {
    resource_changes: [
      change('managed', { a: 1 }),
      change('data', { a: 2 }),
      change('managed', null),
    ],
  }
  expect(plannedResources(plan).map(({ values }) => values)).toEqual([{ a: 1 }])
})
