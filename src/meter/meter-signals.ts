// What the meter says about itself, in memory that the main thread reads without asking it.

const NAMES = [
  'frames', // looked at since the thread began first
  'lost', // that the spool could not give back, or that were passed over because too many waited
  'series', // sets of labels there are
  'refused', // sets of labels counted as 'other'
  'lagSeconds', // age of the oldest frame not looked at
  'starts', // of the thread
] as const

export type MeterSignal = (typeof NAMES)[number]

const PLACE = new Map<MeterSignal, number>(NAMES.map((name, place) => [name, place]))

export class MeterSignals {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory = new SharedArrayBuffer(NAMES.length * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  set(name: MeterSignal, value: number): void {
    this.#slots[PLACE.get(name)!] = value
  }

  add(name: MeterSignal, value: number): void {
    this.#slots[PLACE.get(name)!]! += value
  }

  get(name: MeterSignal): number {
    return this.#slots[PLACE.get(name)!]!
  }
}
