// Everything the reconciler may do in an AWS account, by part: least privilege, held by tests from
// both sides (nothing else is called; Terraform's policy grants exactly this).

export interface Grant {
  readonly part: 'spot' | 'perHost' | 'fastMetrics' | 'connections'
  readonly action: string
  /** What it is done to. `instances` and `tasks` are limited by the condition ecs:cluster. */
  readonly on:
    | 'service'
    | 'cluster'
    | 'instances'
    | 'tasks'
    | 'service-revision'
    | 'scalable-target'
    | 'any'
}

/** Grants by part of the configuration; a part that is left out needs none of its own. */
export const RECONCILER_GRANTS: readonly Grant[] = [
  { part: 'spot', action: 'ecs:DescribeServices', on: 'service' },
  { part: 'spot', action: 'ecs:ListTasks', on: 'instances' },
  { part: 'spot', action: 'ecs:DescribeTasks', on: 'tasks' },
  { part: 'spot', action: 'ecs:ListContainerInstances', on: 'cluster' },
  { part: 'spot', action: 'ecs:UpdateService', on: 'service' },
  { part: 'perHost', action: 'ecs:ListContainerInstances', on: 'cluster' },
  { part: 'perHost', action: 'ecs:DescribeServices', on: 'service' },
  { part: 'perHost', action: 'ecs:UpdateService', on: 'service' },
  { part: 'fastMetrics', action: 'ecs:DescribeServices', on: 'service' },
  { part: 'fastMetrics', action: 'ecs:DescribeServiceRevisions', on: 'service-revision' },
  { part: 'fastMetrics', action: 'ecs:UpdateService', on: 'service' },
  { part: 'connections', action: 'application-autoscaling:DescribeScalableTargets', on: 'any' },
  {
    part: 'connections',
    action: 'application-autoscaling:RegisterScalableTarget',
    on: 'scalable-target',
  },
]

/** Every action once, sorted. */
export const RECONCILER_ACTIONS: readonly string[] = [
  ...new Set(RECONCILER_GRANTS.map(({ action }) => action)),
].sort()
