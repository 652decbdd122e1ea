// Stand-ins: tasks of an on-demand service that do the work of spot tasks which were taken away and
// cannot be had again. ECS itself waits for spot and never falls back (decision 0020).
//
//   short  = spot tasks wanted − spot tasks meant to live; those on a leaving host do not count, nor do
//            those that have waited for a place beyond all patience (on hosts of one's own ECS lets
//            tasks wait where Fargate says that there is no room)
//   up     at once, to as many as are short, when there is a sign of trouble
//   down   half of them at a time, once nothing is short and no sign was seen for a while
//
// That asymmetry is what keeps it from swinging: a raise needs trouble, a return needs quiet since the
// last trouble and since the last raise, so two turns are at least `giveBackAfterSeconds` apart.
import { CloudError, type FleetCloud, type ServiceFacts } from './cloud.ts'
import type { SpotConfig } from './config.ts'
import { change, type Duty, keep, type Verdict } from './duty.ts'
import type { FleetEvent } from './read-event.ts'

export interface SpotFacts {
  readonly wanted: number
  readonly living: number
  readonly leaving: number
  /** Since when tasks wait that are among the living. */
  readonly waitingSinceMs: readonly number[]
  readonly standIns: number
  /** When the scheduler last said that it could not place a spot task. */
  readonly troubleAtMs: number
  /** When a stand-in was last started. */
  readonly raisedAtMs: number
}

export const spotDuty = (config: SpotConfig): Duty<SpotFacts> => ({
  name: 'spot',
  callsMax: ({ kind }) => (kind === 'host-leaving' ? 5 : 3),
  concerns: ({ kind }) => ['spot-short', 'spot-steady', 'host-leaving', 'tick'].includes(kind),
  describe: (cloud, event) => describeSpot(cloud, config, event),
  compare: (facts, event, nowMs) => compareSpot(facts, event, nowMs, config),
})

async function describeSpot(
  cloud: FleetCloud,
  { service, onDemandService }: SpotConfig,
  event: FleetEvent,
): Promise<SpotFacts | undefined> {
  const leaving =
    event.kind === 'host-leaving' ? await cloud.tasksOnHost(service, event.instanceId) : 0
  if (event.kind === 'host-leaving' && leaving === 0) return undefined
  const found = await cloud.services([service, onDemandService])
  const spot = requireService(found, service)
  const standIn = requireService(found, onDemandService)
  const living = await cloud.livingTasks(service, { waiting: spot.pending > 0 })
  return {
    wanted: spot.desired,
    living: living.count,
    leaving,
    waitingSinceMs: living.waitingSinceMs,
    standIns: standIn.desired,
    troubleAtMs: newestNote(spot, /was unable to (consistently )?(place|start)/),
    raisedAtMs: newestNote(standIn, /has started \d+ tasks?/),
  }
}

/** The pure part: from what is to what ought to be. */
export function compareSpot(
  facts: SpotFacts,
  event: FleetEvent,
  nowMs: number,
  { onDemandService, least, most, giveBackAfterSeconds, patienceSeconds }: SpotConfig,
): Verdict {
  const { standIns, wanted, living, leaving } = facts
  const stuck = facts.waitingSinceMs.filter((ms) => nowMs - ms >= patienceSeconds * 1000).length
  const quietMs = nowMs - Math.max(facts.troubleAtMs, facts.raisedAtMs)
  const short = Math.max(0, wanted - (living - leaving - stuck))
  // While the autoscaler adds tasks some are missing for a moment: that alone is no trouble.
  const troubled =
    event.kind === 'spot-short' ||
    event.kind === 'host-leaving' ||
    stuck > 0 ||
    nowMs - facts.troubleAtMs < giveBackAfterSeconds * 1000
  const needed = Math.min(most, Math.max(least, troubled ? short : 0))
  const to = (count: number, why: string): Verdict =>
    change(why, { kind: 'desired', service: onDemandService, from: standIns, to: count })
  if (needed > standIns)
    return to(needed, `${short} of ${wanted} spot tasks are short, ${standIns} stand in for them`)
  if (standIns <= Math.max(least, short)) return keep(`${short} short, ${standIns} stand in`)
  if (short > 0) return keep(`${short} still short: all ${standIns} stand-ins stay`)
  if (quietMs < giveBackAfterSeconds * 1000)
    return keep(`spot is well for ${seconds(quietMs)} s of ${giveBackAfterSeconds} s`)
  return to(
    Math.max(least, Math.floor(standIns / 2)),
    `spot has all ${wanted} tasks, and no trouble was seen for ${giveBackAfterSeconds} s`,
  )
}

const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000))

const newestNote = ({ notes }: ServiceFacts, says: RegExp): number =>
  notes.find(({ text }) => says.test(text))?.atMs ?? Number.NEGATIVE_INFINITY

/** The service of this name; a CloudError says when it is not there or not active. */
export function requireService(found: readonly ServiceFacts[], name: string): ServiceFacts {
  const service = found.find((one) => one.name === name)
  if (service?.active) return service
  throw new CloudError(
    'FLEET_SERVICE_MISSING',
    `There is no active service ${name} in the cluster; check the fleet configuration.`,
  )
}
