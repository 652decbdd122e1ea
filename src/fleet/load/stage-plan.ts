// Load in stages: each a rate that is held, with a straight ramp from the one before.
//
//   rate            ┌────────        asked rate at any time, and packets due by then (its integral),
//        ┌─────────╱                 so that a sender which fell behind catches up and the sum is right
//   ────╱  hold  ramp  hold

/** Packets per second over time, for a sender to follow; times in milliseconds since its beginning. */
export interface RatePlan {
  rateAt(elapsedMs: number): number
  /** Packets that should have been sent by then. */
  dueAt(elapsedMs: number): number
  readonly durationMs: number
}

export interface Stage {
  readonly ratePerSecond: number
  /** When its ramp begins, when it is reached, when it ends. */
  readonly fromMs: number
  readonly heldFromMs: number
  readonly toMs: number
  /** Packets due when its ramp begins. */
  readonly dueBefore: number
  readonly rateBefore: number
}

export const STAGES_MAX = 100

/** Stages one after another, from a standstill. */
export class StagePlan implements RatePlan {
  readonly stages: readonly Stage[]
  readonly durationMs: number

  constructor(rates: readonly number[], holdMs: number, rampMs: number) {
    const stages: Stage[] = []
    let [fromMs, dueBefore, rateBefore] = [0, 0, 0]
    for (const ratePerSecond of rates) {
      const heldFromMs = fromMs + rampMs
      const toMs = heldFromMs + holdMs
      stages.push({ ratePerSecond, fromMs, heldFromMs, toMs, dueBefore, rateBefore })
      dueBefore += (((rateBefore + ratePerSecond) / 2) * rampMs + ratePerSecond * holdMs) / 1000
      fromMs = toMs
      rateBefore = ratePerSecond
    }
    this.stages = stages
    this.durationMs = fromMs
  }

  stageAt(elapsedMs: number): Stage {
    return this.stages.find(({ toMs }) => elapsedMs < toMs) ?? this.stages.at(-1)!
  }

  rateAt(elapsedMs: number): number {
    const { fromMs, heldFromMs, ratePerSecond, rateBefore } = this.stageAt(elapsedMs)
    if (elapsedMs >= heldFromMs) return ratePerSecond
    const share = (elapsedMs - fromMs) / (heldFromMs - fromMs)
    return rateBefore + (ratePerSecond - rateBefore) * share
  }

  dueAt(elapsedMs: number): number {
    const atMs = Math.min(elapsedMs, this.durationMs)
    const { fromMs, heldFromMs, ratePerSecond, rateBefore, dueBefore } = this.stageAt(atMs)
    const rampedMs = Math.min(atMs, heldFromMs) - fromMs
    const heldMs = Math.max(0, atMs - heldFromMs)
    const ramped = ((rateBefore + this.rateAt(fromMs + rampedMs)) / 2) * rampedMs
    return dueBefore + (ramped + ratePerSecond * heldMs) / 1000
  }
}
