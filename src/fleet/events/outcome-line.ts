// An outcome for the log: flat, with the change in words.
import { describeChange } from './duty.ts'
import type { Outcome } from './reconciler.ts'

export interface OutcomeLine {
  readonly msg: string
  readonly event: string
  readonly duty: string | undefined
  readonly change: string | undefined
  readonly why: string
  readonly calls: number
}

const WORDS: Readonly<Record<Outcome['done'], string>> = {
  changed: 'fleet changed',
  'would-change': 'fleet would be changed',
  kept: 'fleet kept',
  ignored: 'event ignored',
  conflict: 'fleet not changed: somebody else was quicker, the next tick looks again',
}

export const outcomeLine = ({ done, event, duty, change, why, calls }: Outcome): OutcomeLine => ({
  msg: WORDS[done],
  event,
  duty,
  change: change && describeChange(change),
  why,
  calls,
})
