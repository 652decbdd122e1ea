// What one step of a pipeline at one rate showed, of us or of a peer.
import { isTooSlow, reachedRate } from './capture.ts'
import type { StepOutcome } from './ramp.ts'
import type { Sent } from './sender.ts'
import { count, type Row } from './table.ts'

/** Longer than a batch waits and is stored, far shorter than a step. */
export const KEPT_UP_MS = 3_000

/** What one step at one rate showed. */
export interface Step {
  readonly row: Row
  readonly outcome: StepOutcome
  readonly reachedRate: number
  readonly bytesPerMessage: number
  readonly lost: number
  /** All was stored soon after the last message: the rate can go on for ever. */
  readonly hasKeptUp: boolean
  /** CPU per message of the server under test, and of all processes together. */
  readonly captureUs: number
  readonly machineUs: number
}

/** The rate asked for, and the one that was reached where the sender could not. */
export const rateText = (rate: number, sent: Sent): string =>
  isTooSlow(sent, rate)
    ? `${count(rate)}/s, sent ${count(reachedRate(sent))}/s`
    : `${count(rate)}/s`
