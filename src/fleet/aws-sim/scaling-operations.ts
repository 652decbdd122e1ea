// Application Auto Scaling on the wire: targets, policies, and what was done.
import { arn } from './arn.ts'
import { AwsFault } from './fault.ts'
import { type Json, type OperationTable, page } from './operations.ts'
import type { ScalingWorld, SimActivity, SimTarget } from './scaling.ts'
import { policyOf, type SimPolicy } from './scaling-policy.ts'

interface TargetInput {
  readonly ResourceId: string
  readonly MinCapacity?: number
  readonly MaxCapacity?: number
}
interface ListInput {
  readonly ResourceId?: string
  readonly ResourceIds?: readonly string[]
  readonly NextToken?: string
  readonly MaxResults?: number
}

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' }

export const scalingOperations = (world: ScalingWorld): OperationTable => ({
  service: 'autoscaling',
  operations: {
    RegisterScalableTarget: (input: TargetInput) => registerTarget(world, input),
    DeregisterScalableTarget: ({ ResourceId }: TargetInput) => {
      if (!world.targets.delete(ResourceId)) throw noTarget(ResourceId)
      return {}
    },
    DescribeScalableTargets: (input: ListInput) => {
      const { ResourceIds } = input
      const all = [...world.targets.values()].filter(
        ({ resourceId }) => !ResourceIds || ResourceIds.includes(resourceId),
      )
      const { items, next } = listed(all, input)
      return { ScalableTargets: items.map(targetView), ...next }
    },
    PutScalingPolicy: (policy: Omit<SimPolicy, 'PolicyARN'>) => putPolicy(world, policy),
    DeleteScalingPolicy: ({ ResourceId, PolicyName }: SimPolicy) => {
      if (!world.policies.delete(`${ResourceId} ${PolicyName}`))
        throw new AwsFault('ObjectNotFoundException', `No scaling policy ${PolicyName}.`)
      return {}
    },
    DescribeScalingPolicies: (input: ListInput) => {
      const all = [...world.policies.values()].filter(({ ResourceId }) =>
        isAsked(input, ResourceId),
      )
      const { items, next } = listed(all, input)
      return {
        ScalingPolicies: items.map((policy) => ({ ...policy, CreationTime: 0 })),
        ...next,
      }
    },
    DescribeScalingActivities: (input: ListInput) => {
      const all = world.activities.filter(({ resourceId }) => isAsked(input, resourceId))
      const { items, next } = listed(all, input)
      return { ScalingActivities: items.map(activityView), ...next }
    },
  },
})

const isAsked = ({ ResourceId }: ListInput, resourceId: string): boolean =>
  ResourceId === undefined || ResourceId === resourceId

function listed<Item>(all: readonly Item[], { NextToken, MaxResults }: ListInput) {
  const { items, nextToken } = page(all, { nextToken: NextToken, maxResults: MaxResults }, 50)
  return { items, next: nextToken ? { NextToken: nextToken } : {} }
}

const noTarget = (resourceId: string): AwsFault =>
  new AwsFault(
    'ObjectNotFoundException',
    `No scalable target registered for service namespace: ecs, resource ID: ${resourceId}`,
  )

function registerTarget(world: ScalingWorld, input: TargetInput): Json {
  const { ResourceId, MinCapacity, MaxCapacity } = input
  const known = world.targets.get(ResourceId)
  const least = MinCapacity ?? known?.least
  const most = MaxCapacity ?? known?.most
  if (least === undefined || most === undefined)
    throw new AwsFault('ValidationException', 'MinCapacity and MaxCapacity are required.')
  if (least > most)
    throw new AwsFault('ValidationException', 'Maximum capacity cannot be less than minimum.')
  if (known) Object.assign(known, { least, most })
  else {
    const createdAtMs = world.ecs.clock.nowMs
    world.targets.set(ResourceId, {
      ...{ resourceId: ResourceId, createdAtMs, least, most, state: undefined },
    })
  }
  return { ScalableTargetARN: targetArn(ResourceId) }
}

const targetArn = (resourceId: string): string =>
  arn('application-autoscaling', `scalable-target/${resourceId}`)

function putPolicy(world: ScalingWorld, input: Omit<SimPolicy, 'PolicyARN'>): Json {
  const { ResourceId, PolicyName } = input
  if (!world.targets.has(ResourceId)) throw noTarget(ResourceId)
  const id = `resource/ecs/${ResourceId}:policyName/${PolicyName}`
  const PolicyARN = arn('autoscaling', `scalingPolicy:${id}`)
  const policy = { ...input, PolicyARN }
  policyOf(PolicyName, { least: 0, most: 1 }, [policy], []) // refuses what is not simulated
  world.policies.set(`${ResourceId} ${PolicyName}`, policy)
  return { PolicyARN, Alarms: [] }
}

const targetView = ({ resourceId, least, most, createdAtMs }: SimTarget): Json => ({
  ...ECS,
  ResourceId: resourceId,
  MinCapacity: least,
  MaxCapacity: most,
  RoleARN: arn('iam', 'role/aws-service-role/AWSServiceRoleForApplicationAutoScaling_ECSService'),
  CreationTime: createdAtMs / 1000,
  ScalableTargetARN: targetArn(resourceId),
})

const activityView = ({ id, resourceId, cause, description, atMs }: SimActivity): Json => ({
  ActivityId: id,
  ...ECS,
  ResourceId: resourceId,
  Description: description,
  Cause: cause,
  StartTime: atMs / 1000,
  EndTime: atMs / 1000,
  StatusCode: 'Successful',
})
