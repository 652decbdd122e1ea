// What the meter says about itself, in memory that the main thread reads without asking it.
import { SharedFigures } from '#shared-figures'

const NAMES = [
  'frames', // looked at since the thread began first
  'lost', // that the spool could not give back, or that were passed over because too many waited
  'series', // sets of labels there are
  'refused', // sets of labels counted as 'other'
  'lagSeconds', // age of the oldest frame not looked at
  'starts', // of the thread
] as const

export type MeterSignal = (typeof NAMES)[number]

export class MeterSignals extends SharedFigures<MeterSignal> {
  constructor(memory?: SharedArrayBuffer) {
    super(NAMES, memory)
  }
}
