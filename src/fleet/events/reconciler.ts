// One event in, at most one change out. Duties are looked at in order; the first that is not as it
// ought to be is put right, the others wait for the next tick: a storm of faults cannot become a storm
// of changes. Two rounds at most: when somebody else changed the same thing meanwhile, we look again.
import { CloudError, type FleetCloud } from './cloud.ts'
import type { FleetConfig } from './config.ts'
import { applyChange, type Change, type Duty, type DutyName, type Verdict } from './duty.ts'
import { connectionsDuty, fastMetricsDuty, perHostDuty } from './other-duties.ts'
import { type FleetEvent, type IgnoredReason, readEvent } from './read-event.ts'
import { spotDuty } from './spot-duty.ts'

const ROUNDS_MAX = 2

/** What came of one event. */
export interface Outcome {
  readonly event: FleetEvent['kind']
  readonly done: 'changed' | 'would-change' | 'kept' | 'ignored' | 'conflict'
  readonly duty: DutyName | undefined
  readonly why: string
  readonly change: Change | undefined
  /** API calls, retries included. */
  readonly calls: number
}

export interface ReconcilerOptions {
  readonly config: FleetConfig
  readonly cloud: FleetCloud
  readonly nowMs?: () => number
  /** Says what it would do and changes nothing. */
  readonly dryRun?: boolean
  /** By default every duty that is configured. */
  readonly duties?: readonly Duty[]
}

export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #duties: readonly Duty[]
  readonly #nowMs: () => number
  /** Events that were none of ours, by reason. */
  readonly ignored = new Map<IgnoredReason, number>()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#duties = options.duties ?? configuredDuties(options.config)
    this.#nowMs = options.nowMs ?? Date.now
  }

  /** Takes an event as EventBridge delivers it. Throws CloudError when AWS would not answer. */
  async handle(delivered: unknown): Promise<Outcome> {
    return this.reconcile(readEvent(delivered, this.#options.config))
  }

  async reconcile(event: FleetEvent): Promise<Outcome> {
    const callsBefore = this.#options.cloud.calls
    const outcome = await this.#look(event)
    return { ...outcome, event: event.kind, calls: this.#options.cloud.calls - callsBefore }
  }

  async #look(event: FleetEvent): Promise<Omit<Outcome, 'event' | 'calls'>> {
    if (event.kind === 'ignored') {
      this.ignored.set(event.reason, (this.ignored.get(event.reason) ?? 0) + 1)
      return { done: 'ignored', duty: undefined, why: event.reason, change: undefined }
    }
    const reasons: string[] = []
    for (const duty of this.#duties.filter((one) => one.concerns(event))) {
      const result = await this.#fulfil(duty, event)
      if (result.done !== 'kept') return { ...result, duty: duty.name }
      reasons.push(`${duty.name}: ${result.why}`)
    }
    return { done: 'kept', duty: undefined, why: reasons.join('; '), change: undefined }
  }

  async #fulfil(duty: Duty, event: FleetEvent) {
    const { cloud, dryRun } = this.#options
    for (let round = 1; ; round++) {
      const verdict = await this.#judge(duty, event)
      if (verdict.kind === 'keep')
        return { done: 'kept', why: verdict.why, change: undefined } as const
      const result = { why: verdict.why, change: verdict.change }
      if (dryRun) return { done: 'would-change', ...result } as const
      try {
        await applyChange(cloud, verdict.change)
        return { done: 'changed', ...result } as const
      } catch (error) {
        if (!(error instanceof CloudError && error.conflict)) throw error
        // The next tick finds it, if it is still so.
        if (round >= ROUNDS_MAX) return { done: 'conflict', ...result } as const
      }
    }
  }

  async #judge(duty: Duty, event: FleetEvent): Promise<Verdict> {
    const facts = await duty.describe(this.#options.cloud, event)
    if (facts === undefined) return { kind: 'keep', why: 'none of our tasks is there' }
    return duty.compare(facts, event, this.#nowMs())
  }
}

/** The duties a configuration names. */
export function configuredDuties(config: FleetConfig): readonly Duty[] {
  const { spot, perHost, fastMetrics, connections } = config
  const standIns = spot && spot.service === connections?.service ? spot.most : 0
  return [
    ...(spot ? [spotDuty(spot)] : []),
    ...(perHost ? [perHostDuty(perHost)] : []),
    ...(connections ? [connectionsDuty(connections, standIns)] : []),
    ...(fastMetrics ? [fastMetricsDuty(fastMetrics)] : []),
  ]
}

/** API calls one event may cost, without retries and conflicts: all descriptions and one change. */
export const callsMaxOf = (event: FleetEvent, duties: readonly Duty[]): number =>
  duties.filter((duty) => duty.concerns(event)).reduce((sum, duty) => sum + duty.callsMax(event), 1)
