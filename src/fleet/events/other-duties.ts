// The smaller duties: one task per host, metrics every 20 seconds, tasks within the connections the
// database has. Each compares and changes one number, or nothing.
import { CloudError, type TaskLimits } from './cloud.ts'
import type { ConnectionsConfig, FastMetricsConfig, PerHostConfig } from './config.ts'
import { change, type Duty, keep } from './duty.ts'
import { requireService } from './spot-duty.ts'

/** Desired count = container instances that are ACTIVE, for clusters without DAEMON scheduling. */
export const perHostDuty = ({
  service,
  most,
}: PerHostConfig): Duty<{ hosts: number; desired: number }> => ({
  name: 'per-host',
  callsMax: () => 2,
  concerns: ({ kind }) => kind === 'hosts-changed' || kind === 'tick',
  describe: async (cloud) => ({
    hosts: await cloud.activeHosts(),
    desired: requireService(await cloud.services([service]), service).desired,
  }),
  compare: ({ hosts, desired }) => {
    const to = Math.min(hosts, most)
    const why = `${hosts} hosts are active${hosts > most ? `, at most ${most} tasks are allowed` : ''}`
    return to === desired ? keep(why) : change(why, { kind: 'desired', service, from: desired, to })
  },
})

const FAST_METRICS = ['CPUUtilization', 'MemoryUtilization']
const FAST_SECONDS = 20
// Changing the resolution replaces every task. Should that fail and be rolled back, the deployment that
// is then primary was touched lately: trying again at once would replace them for ever.
const UNDISTURBED_MS = 3_600_000

export interface FastMetricsFacts {
  readonly inProgress: boolean
  readonly touchedAtMs: number
  readonly resolutions: ReadonlyMap<string, number>
}

/** 20-second metrics, which Terraform's provider cannot ask for yet. `atOnce`: a person asked. */
export const fastMetricsDuty = (
  { service }: FastMetricsConfig,
  { atOnce = false } = {},
): Duty<FastMetricsFacts> => ({
  name: 'fast-metrics',
  callsMax: () => 2,
  concerns: ({ kind }) => kind === 'tick',
  describe: async (cloud) => {
    const { deployment } = requireService(await cloud.services([service]), service)
    const { revisionArn, ...state } = deployment
    const resolutions = revisionArn ? await cloud.resolutions(revisionArn) : new Map()
    return { ...state, resolutions }
  },
  compare: ({ inProgress, touchedAtMs, resolutions }, _event, nowMs) => {
    if (FAST_METRICS.every((metric) => resolutions.get(metric) === FAST_SECONDS))
      return keep(`metrics come every ${FAST_SECONDS} s`)
    if (inProgress) return keep('a deployment is under way: not disturbed')
    if (!atOnce && nowMs - touchedAtMs < UNDISTURBED_MS)
      return keep('the last deployment is younger than an hour: not disturbed')
    const made = { metrics: FAST_METRICS, seconds: FAST_SECONDS }
    return change('metrics come every minute', { kind: 'resolution', service, ...made })
  },
})

/** Autoscaling may not start more tasks than the database can serve; `standIns` are tasks too. */
export const connectionsDuty = (
  { service, available, reserved, perTask, most }: ConnectionsConfig,
  standIns = 0,
): Duty<TaskLimits> => ({
  name: 'connections',
  callsMax: () => 1,
  concerns: ({ kind }) => kind === 'tick',
  describe: async (cloud) => {
    const limits = await cloud.taskLimits(service)
    if (limits) return limits
    throw new CloudError(
      'FLEET_TARGET_MISSING',
      `Autoscaling does not know the service ${service}; register it, or leave out connections.`,
    )
  },
  compare: (from) => {
    const affordable = Math.floor((available - reserved) / perTask) - standIns
    const to = Math.max(1, Math.min(most, affordable))
    const why = `${available} connections, ${reserved} of them reserved, ${perTask} for each task`
    if (to === from.most) return keep(why)
    const limits = { least: Math.min(from.least, to), most: to }
    return change(why, { kind: 'task-limits', service, from, to: limits })
  },
})
