// A duty is one thing that ought to be so. Reconciling it is always the same four steps:
//
//   event ─▶ describe ─▶ compare ─▶ at most one change
//            asks AWS    pure       one call
//
// What ought to be follows from what is, never from what the event said: so an event that comes twice,
// late or not at all does no harm, and the next tick finds what is left to do.
import type { FleetCloud, TaskLimits } from './cloud.ts'
import type { FleetEvent } from './read-event.ts'

export type DutyName = 'spot' | 'per-host' | 'fast-metrics' | 'connections'

export type Change =
  | {
      readonly kind: 'desired'
      readonly service: string
      readonly from: number
      readonly to: number
    }
  | {
      readonly kind: 'resolution'
      readonly service: string
      readonly metrics: readonly string[]
      readonly seconds: number
    }
  | {
      readonly kind: 'task-limits'
      readonly service: string
      readonly from: TaskLimits
      readonly to: TaskLimits
    }

/** `why` is a sentence for the log. */
export type Verdict =
  | { readonly kind: 'keep'; readonly why: string }
  | { readonly kind: 'change'; readonly why: string; readonly change: Change }

export interface Duty<Facts = unknown> {
  readonly name: DutyName
  concerns(event: FleetEvent): boolean
  /** Calls of a description at most, for up to 100 tasks and hosts. */
  callsMax(event: FleetEvent): number
  /** Undefined: the event has nothing to do with us after all. */
  describe(cloud: FleetCloud, event: FleetEvent): Promise<Facts | undefined>
  compare(facts: Facts, event: FleetEvent, nowMs: number): Verdict
}

export const keep = (why: string): Verdict => ({ kind: 'keep', why })
export const change = (why: string, made: Change): Verdict => ({
  kind: 'change',
  why,
  change: made,
})

export const applyChange = (cloud: FleetCloud, made: Change): Promise<void> => {
  if (made.kind === 'desired') return cloud.setDesired(made.service, made.to)
  if (made.kind === 'task-limits') return cloud.setTaskLimits(made.service, made.to)
  return cloud.setResolution(made.service, made.metrics, made.seconds)
}

/** A change in a few words. */
export function describeChange(made: Change): string {
  if (made.kind === 'desired') return `${made.service}: desired count ${made.from} → ${made.to}`
  if (made.kind === 'resolution')
    return `${made.service}: ${made.metrics.join(' and ')} every ${made.seconds} s`
  return `${made.service}: at most ${made.from.most} → ${made.to.most} tasks`
}
