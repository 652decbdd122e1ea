// What the reconciler needs to know of the cloud and may change in it: nothing else is ever called.
// Each method is one API call (two where it says so), for up to 100 tasks or hosts; more cost a call
// for each further hundred.

export interface ServiceFacts {
  readonly name: string
  readonly active: boolean
  readonly desired: number
  readonly running: number
  readonly pending: number
  /** The scheduler's own words, newest first. */
  readonly notes: readonly { readonly atMs: number; readonly text: string }[]
  /** The newest deployment. */
  readonly deployment: {
    readonly inProgress: boolean
    readonly touchedAtMs: number
    readonly revisionArn: string | undefined
  }
}

export interface FleetCloud {
  /** Those of the named services that exist. ecs:DescribeServices */
  services(names: readonly string[]): Promise<readonly ServiceFacts[]>
  /** Tasks that are meant to live; not those told to stop. ecs:ListTasks, ecs:DescribeTasks if `waiting`. */
  livingTasks(service: string, options: { readonly waiting: boolean }): Promise<LivingTasks>
  /** Of them, those on one machine. ecs:ListContainerInstances, and ecs:ListTasks if it is ours. */
  tasksOnHost(service: string, ec2InstanceId: string): Promise<number>
  /** Container instances that take tasks. ecs:ListContainerInstances */
  activeHosts(): Promise<number>
  /** Seconds between two values, for each metric that is not at the usual 60. ecs:DescribeServiceRevisions */
  resolutions(revisionArn: string): Promise<ReadonlyMap<string, number>>
  /** What autoscaling may do with the service. application-autoscaling:DescribeScalableTargets */
  taskLimits(service: string): Promise<TaskLimits | undefined>

  /** ecs:UpdateService */
  setDesired(service: string, desired: number): Promise<void>
  /** ecs:UpdateService; starts a deployment. */
  setResolution(service: string, metrics: readonly string[], seconds: number): Promise<void>
  /** application-autoscaling:RegisterScalableTarget */
  setTaskLimits(service: string, limits: TaskLimits): Promise<void>

  /** API calls made so far, retries included. */
  readonly calls: number
}

export interface LivingTasks {
  readonly count: number
  /** Since when each of them waits that does not run yet; empty unless asked for. */
  readonly waitingSinceMs: readonly number[]
}

export interface TaskLimits {
  readonly least: number
  readonly most: number
}

/** An error the reconciler can act on; `conflict` means: somebody else was quicker, look again. */
export class CloudError extends Error {
  readonly code: string
  readonly conflict: boolean

  constructor(code: string, message: string, { conflict = false, cause }: CloudErrorOptions = {}) {
    super(message, { cause })
    this.code = code
    this.conflict = conflict
  }
}

interface CloudErrorOptions {
  readonly conflict?: boolean
  readonly cause?: unknown
}
